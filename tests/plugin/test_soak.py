"""`--gateway-soak`: the soak after the cases of a run, its exit code, and the reports on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.analysis.gate import Assessment, Gate, fails_run
from conformance.core import data_files
from conformance.core.model import JSON
from conformance.reference.gateway import Answer, Answering, Call
from conformance.reference.gateway.wire import nothing, whole
from conformance.report import gate_text, markdown
from conformance.report.html import run as html
from conformance.report.soak import text as soak_text
from tests.support import suite
from tests.support.in_process import without_sockets

URL = "--gateway-url=http://gateway.test/v1"
SOAK = ("--gateway-soak=2s", "--gateway-soak-at-once=8")
ONE = "messages/text/system-and-user"
EVERY = 15
"""One of fifteen: 6.6 %."""
Wrong = Callable[[Call], bool]


def healthy(call: Call) -> bool:
    return False


def seeded() -> Wrong:
    """Every fifteenth stream of the soak."""
    streams = 0

    def wrong(call: Call) -> bool:
        nonlocal streams
        streams += b"look_up" in call.body
        return b"look_up" in call.body and streams % EVERY == 0

    return wrong


def run(folder: Path, wrong: Wrong, *options: str) -> tuple[int, str, JSON]:
    """The exit code, the output and run.json of a run in which the wrong answers are empty."""

    def around(answering: Answering) -> Answering:
        async def answer(call: Call) -> Answer:
            found = await answering(call)
            if not wrong(call):
                return found
            await found.close()
            return replace(found, body=whole(b""), close=nothing)

        return answer

    with without_sockets(around):
        result = suite.run(
            URL, "-q", suite.own_cases("messages"), "-k", ONE, f"--gateway-report-dir={folder}", *SOAK, *options
        )
    return result.returncode, result.stdout, json.loads((folder / "run.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, JSON]:
    return run(tmp_path_factory.mktemp("good"), healthy)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, JSON]:
    return run(tmp_path_factory.mktemp("bad"), seeded(), "--gateway-fail-on=must")


def test_a_healthy_gateway_passes(good: tuple[int, str, JSON]) -> None:
    code, said, document = good
    assert code == 0, said
    assert "soaking http://gateway.test/v1, 8 at once, for 2 s (seed " in said
    assert "soak: ok      empty or cut streams: 0 empty, 0 cut of " in said
    soak = document["soak"]
    assert soak["problems"] == []
    assert soak["kinds"] == {"whole": soak["streams"]}
    assert document["options"]["--gateway-soak"] == "2s"
    Draft202012Validator(data_files.schema("report.schema.json")).validate(document)


def test_a_seeded_share_of_empty_streams_fails_the_run(bad: tuple[int, str, JSON]) -> None:
    code, said, document = bad
    assert code == 1, said
    soak = document["soak"]
    assert document["summary"] == {"passed": 2}
    assert soak["problems"] == ["streams"]
    assert soak["kinds"]["empty"] == soak["empty_or_cut"]["hits"] > 0
    assert soak["empty_or_cut"]["low"] < 0.066 < soak["empty_or_cut"]["high"]
    assert "soak: PROBLEM empty or cut streams: " in said
    assert soak["examples"][0]["what"] == "empty: no event"
    Draft202012Validator(data_files.schema("report.schema.json")).validate(document)


def test_the_reports_tell_it(good: tuple[int, str, JSON], bad: tuple[int, str, JSON]) -> None:
    [broken, *_] = [found.sentence for found in soak_text.judgements(bad[2]["soak"])]
    page, text = html.render(bad[2]), markdown.run(bad[2])
    assert "but the soak has 1 problem." in page
    assert '<h2 id="soak-title">Soak</h2>' in page
    assert broken in page
    assert "empty: no event" in page
    assert "### Soak: 1 of 5 judgements" in text
    assert f"| **problem** | `{broken}` |" in text
    assert "`empty: no event`" in text
    assert "but the soak has" not in html.render(good[2])
    assert "### Soak: 0 of 5 judgements" in markdown.run(good[2])


def test_a_run_without_a_soak_has_no_section(good: tuple[int, str, JSON]) -> None:
    without = {name: value for name, value in good[2].items() if name != "soak"}
    assert 'id="soak"' not in html.render(without)
    assert "Soak" not in markdown.run(without)


def test_hostile_answers_are_inert_in_the_reports(bad: tuple[int, str, JSON]) -> None:
    hostile = "<script>alert(1)</script> [a](javascript:x) \x1b[31m @everyone"
    document = json.loads(json.dumps(bad[2]))
    document["soak"]["examples"][0] |= {"excerpt": hostile, "what": hostile}
    assert "<script>alert(1)" not in html.render(document)
    assert "\x1b" not in "\n".join([*soak_text.lines(document["soak"]), markdown.run(document), html.render(document)])
    assert f"`{hostile.replace(chr(27), chr(92) + 'x1b')}`" in markdown.run(document)


@pytest.mark.parametrize(
    ("assessment", "expected"),
    [
        (Assessment(soak=("drift",)), (True, False, True, True)),
        (Assessment(soak=("drift",), soak_regressed=("drift",)), (True, True, True, True)),
        (Assessment(), (False, False, False, False)),
    ],
)
def test_a_problem_of_the_soak_fails_a_run(assessment: Assessment, expected: tuple[bool, ...]) -> None:
    assert tuple(fails_run(assessment, fail_on) for fail_on in (None, "regression", "must", "should")) == expected


def test_only_a_new_problem_is_a_regression(good: tuple[int, str, JSON], bad: tuple[int, str, JSON]) -> None:
    after_good = Gate(baseline=good[2]).assess(bad[2], [])
    assert (after_good.soak, after_good.soak_regressed) == (("streams",), ("streams",))
    assert "failed: the soak has a new problem (streams)" in [*gate_text.lines(after_good, "regression")]
    assert Gate(baseline=bad[2]).assess(bad[2], []).soak_regressed == ()
    unsoaked = {name: value for name, value in good[2].items() if name != "soak"}
    assert Gate(baseline=unsoaked).assess(bad[2], []).soak_regressed == ()


def test_a_soak_that_is_not_possible_fails_the_run(tmp_path: Path) -> None:
    def refusing(answering: Answering) -> Answering:
        async def answer(call: Call) -> Answer:
            found = await answering(call)
            return replace(found, status=500) if b"look_up" in call.body else found

        return answer

    with without_sockets(refusing):
        result = suite.run(
            URL,
            "-q",
            suite.own_cases("messages"),
            "-k",
            ONE,
            f"--gateway-report-dir={tmp_path}",
            *SOAK,
            "--gateway-fail-on=must",
        )
    assert result.returncode == 1, result.stdout
    assert "note: no soak: http://gateway.test/v1: no endpoint answers a streamed request with tools" in result.stdout
    assert "soak" not in json.loads((tmp_path / "run.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--gateway-soak=10", "--gateway-soak 10: give a time such as 90s, 10m or 1h"),
        ("--gateway-soak=", "--gateway-soak: it is empty"),
        ("--gateway-soak-at-once=0", "--gateway-soak-at-once 0: give 1 or more"),
    ],
)
def test_a_wrong_option_is_one_sentence(option: str, said: str) -> None:
    result = suite.run(URL, option)
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr
