"""The table of the fates of parameters, from a run's verdicts, and its place in every report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.analysis.parameter_fates import tables, with_parameters
from conformance.cli import main
from conformance.core.model import JSON, Case, Exchange, Verdict
from conformance.protocol.parameters import parameters
from conformance.records import run_document
from conformance.report import markdown
from conformance.report.html import run as page
from conformance.report.parameters import text as parameters_text
from tests.support import example_runs
from tests.support.upstream_bodies import both_ends, front, plain, sent, translated, without
from tests.support.wire import CHAT, MESSAGES, RESPONSES, openai_error

GATEWAY: JSON = {"base_url": "http://gateway.test/v1", "models": {"default": "m-1"}}


def entry(endpoint: str, name: str, family: str, found: Exchange | None) -> JSON:
    case_id = f"upstream/parameters/chat[parameter={name},upstream={family}]"
    source = "https://example.org"
    case = Case(case_id, "A title", "upstream", "parameters", endpoint, "must", source, (), (), "x.yaml", 1)
    return run_document.verdict(Verdict(case, "passed", exchanges=(found,) if found else ()))


def arrived(endpoint: str, name: str, family: str, body: JSON) -> JSON:
    return entry(endpoint, name, family, both_ends(parameters()[endpoint, name], family, body))


def document(*entries: JSON) -> JSON:
    return with_parameters(run_document.document(GATEWAY, "2026-11-30T00:00:00Z", 1.0, entries))


@pytest.fixture
def run() -> JSON:
    stop, seed = parameters()[CHAT, "stop"], parameters()[CHAT, "seed"]
    return document(
        arrived(CHAT, "stop", CHAT, sent(stop)),
        arrived(CHAT, "stop", MESSAGES, translated(stop, MESSAGES)),
        entry(CHAT, "stop", RESPONSES, front(stop, openai_error("Unsupported parameter: 'stop'."), 400)),
        arrived(CHAT, "seed", CHAT, without(sent(seed), "/seed")),
        arrived(CHAT, "seed", MESSAGES, {**plain(MESSAGES), "seed": 20471}),
        arrived(CHAT, "n", RESPONSES, plain(RESPONSES)),
        arrived(MESSAGES, "top_k", MESSAGES, {**plain(MESSAGES), "top_k": 40}),
        entry(MESSAGES, "max_tokens", MESSAGES, None),
    )


def shown(run: JSON) -> dict[str, dict[str, dict[str, str]]]:
    return {
        table.endpoint: {
            row.parameter.id: {family: parameters_text.cell(cell) for family, cell in row.cells.items()}
            for row in table.rows
        }
        for table in tables(run)
    }


def test_a_run_gives_the_fate_of_each_parameter_on_each_lane(run: JSON) -> None:
    assert shown(run) == {
        CHAT: {
            "stop": {CHAT: "forwarded", MESSAGES: "translated", RESPONSES: "refused"},
            "seed": {CHAT: "dropped", MESSAGES: "forwarded+"},
            "n": {RESPONSES: "(dropped)"},
        },
        MESSAGES: {"top_k": {MESSAGES: "altered"}},
    }


def test_the_state_says_how_bad_a_fate_is(run: JSON) -> None:
    states = [parameters_text.state(cell) for table in tables(run) for row in table.rows for cell in row.cells.values()]
    assert sorted(states) == ["advisory", "advisory", "kept", "kept", "kept", "lost", "unknown"]
    assert parameters_text.state(None) == ""


def test_the_totals_count_the_fates(run: JSON) -> None:
    assert list(parameters_text.lines(run)) == [
        "chat completions to chat completions: 1 forwarded, 1 dropped",
        "chat completions to responses: 1 refused, 1 dropped",
        "chat completions to messages: 1 forwarded, 1 translated",
        "messages to messages: 1 altered",
    ]


def test_every_report_has_the_tables(run: JSON) -> None:
    text, html = markdown.run(run), page.render(run)
    assert "| `stop` | forwarded | refused | translated |" in text
    assert "- messages to messages: 1 altered" in text
    assert 'id="parameters"' in html
    assert '<a class="mark failed" href="#upstream/parameters/chat' in html.replace("%5B", "[")


def test_the_command_writes_the_tables_as_a_page(run: JSON, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(run), "utf-8")
    assert main(["parameters", str(path)]) == 0
    text = capsys.readouterr().out
    assert "| `stop` | forwarded | refused | translated |" in text
    assert "## Chat completions: " in text
    path.write_text(json.dumps(example_runs.clean()), "utf-8")
    assert main(["parameters", str(path)]) == 2
    assert "run.json has no parameters" in capsys.readouterr().err


def test_a_run_without_such_cases_has_no_table() -> None:
    run = example_runs.clean()
    assert tables(run) == []
    assert list(parameters_text.lines(run)) == []
    assert "on their way" not in markdown.run(run)
    assert 'id="parameters"' not in page.render(run)
