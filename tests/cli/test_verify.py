"""`verify`: an unmodified run gives the same verdicts, and a modified run is reported."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.analysis import rejudge
from conformance.cli import main
from conformance.core.canary import canary
from conformance.core.model import JSON
from conformance.target.claims import claimed_profile, claims_document
from conformance.target.profile import Profile
from tests.support import example_runs, suite
from tests.support.servers import json_answer, raw, says

SPENT = "not sent: the budget of --max-requests is spent"


def verified(document: JSON) -> rejudge.Verification:
    return rejudge.verify(document, list(example_runs.cases().values()))


def test_the_verdicts_of_a_real_run_are_reproduced() -> None:
    clean = example_runs.clean()
    found = verified(clean)
    assert found.differences == ()
    assert found.same == len(clean["verdicts"])
    ran = {entry["id"] for entry in clean["verdicts"]}
    assert set(found.missing) == set(example_runs.cases()) - ran


def test_failures_are_reproduced() -> None:
    assert verified(example_runs.worse()).differences == ()


def test_a_known_failure_is_still_that_failure() -> None:
    worse = copy.deepcopy(example_runs.worse())
    for entry in worse["verdicts"]:
        entry["outcome"] = "known" if entry["outcome"] == "failed" else entry["outcome"]
    assert verified(worse).differences == ()


def prettified(entry: JSON) -> None:
    """Removes the failure from the report, and keeps the exchange."""
    entry |= {"outcome": "passed", "findings": []}


def weakened(entry: JSON) -> None:
    entry |= {"outcome": "warned", "findings": [{**one, "level": "should"} for one in entry["findings"]]}


def excused(entry: JSON) -> None:
    entry |= {"outcome": "not_applicable", "findings": []}


def emptied(entry: JSON) -> None:
    entry |= {"outcome": "passed", "findings": [], "exchanges": []}


def renamed(entry: JSON) -> None:
    entry["id"] = "messages/text/no-such-case"


@pytest.mark.parametrize("change", [prettified, weakened, excused, emptied, renamed])
def test_a_changed_verdict_is_detected(change: Callable[[JSON], None]) -> None:
    worse = copy.deepcopy(example_runs.worse())
    first = next(entry for entry in worse["verdicts"] if entry["outcome"] == "failed")
    change(first)
    [difference] = verified(worse).differences
    assert difference.id == first["id"]


def unjudged(entry: JSON) -> None:
    """Keeps all exchanges, but pretends that the run ended before the control request."""
    entry |= {"outcome": "unverified", "reason": SPENT, "findings": []}


def test_a_failure_is_not_hidden_behind_a_budget() -> None:
    worse = copy.deepcopy(example_runs.worse())
    failed = [entry for entry in worse["verdicts"] if entry["outcome"] == "failed"]
    unjudged(failed[0])
    [difference] = verified(worse).differences
    assert difference.id == failed[0]["id"]
    assert "recorded as unverified, re-judged as failed" in difference.sentence


UNREADABLE: dict[str, Callable[[JSON], None]] = {
    "a family that is none": lambda exchange: exchange.update(family="chitchat"),
    "a chunk without its time": lambda exchange: exchange["chunks"][0].pop("at"),
    "a time beyond all time": lambda exchange: exchange["chunks"][0].update(at=10**400),
    "no base64": lambda exchange: exchange["request"].update(body={"base64": "a"}),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_exchange_that_cannot_be_read_is_one_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = copy.deepcopy(example_runs.clean())
    first = next(entry for entry in changed["verdicts"] if entry["exchanges"][0]["chunks"])
    UNREADABLE[name](first["exchanges"][0])
    path = tmp_path / "run.json"
    path.write_text(json.dumps(changed), "utf-8")
    assert main(["verify", str(path)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"{first['id']}: no exchange can be read from this verdict")
    assert said[1] == f"{len(changed['verdicts']) - 1} verdicts reproduced, 1 differs"
    assert main(["render", str(path), "--to", "full-html"]) == 2
    [sentence] = capsys.readouterr().err.splitlines()
    assert f"{path}: {first['id']}: no exchange can be read from this verdict" in sentence


def test_more_exchanges_than_steps_are_a_difference() -> None:
    changed = copy.deepcopy(example_runs.clean())
    first = changed["verdicts"][0]
    first["exchanges"] = first["exchanges"] * 2
    [difference] = verified(changed).differences
    assert (difference.id, "2 exchanges" in difference.sentence) == (first["id"], True)


@pytest.mark.socket
@pytest.mark.parametrize("most", range(3, 8))
def test_a_run_whose_budget_ended_is_reproduced(most: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The budget ends at a step, or at a control request after all steps."""
    cases = suite.library(tmp_path / "cases", *(suite.case(f"c{number}") for number in range(3)))
    suite.run(f"--cases={cases}", f"--report-dir={tmp_path}", f"--max-requests={most}", "--concurrency=1")
    verdicts = json.loads((tmp_path / "run.json").read_text("utf-8"))["verdicts"]
    assert (most >= 6) or "unverified" in {entry["outcome"] for entry in verdicts}
    assert main(["verify", str(tmp_path / "run.json"), "--cases", str(cases)]) == 0, capsys.readouterr().out


@pytest.mark.socket
def test_what_was_sent_before_the_budget_was_spent_is_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A broken `must` counts, even if the remaining requests were not sent."""
    step = f"      - request: {suite.REQUEST.replace('WORDS', 'hello')}\n        expect: {{outcome: success}}\n"
    title = "    title: A request to the gateway gets its answer\n"
    cases = suite.library(tmp_path / "cases", f"  - id: one\n{title}    steps:\n{step * 2}")
    with raw(says(json_answer({"data": [{"id": "m"}]})), says(json_answer({"id": 7}))) as server:
        # Two requests are the preflight, two are control requests, and one is the first step.
        suite.run(
            f"--gateway-url={server.origin}/v1", f"--cases={cases}", f"--report-dir={tmp_path}", "--max-requests=5"
        )
    run = json.loads((tmp_path / "run.json").read_text("utf-8"))
    [verdict] = run["verdicts"]
    assert verdict["outcome"] == "failed"
    assert "messages.id" in {finding["rule"] for finding in verdict["findings"]}
    assert main(["verify", str(tmp_path / "run.json"), "--cases", str(cases)]) == 0, capsys.readouterr().out
    unjudged(verdict)
    (tmp_path / "run.json").write_text(json.dumps({**run, "verdicts": [verdict]}), "utf-8")
    assert main(["verify", str(tmp_path / "run.json"), "--cases", str(cases)]) == 1


def test_claims_come_back_as_they_were() -> None:
    profile = Profile(
        endpoints=("messages",), capabilities={"vision": False}, conversions=frozenset({("responses", "messages")}),
        limits={"body_bytes": 4096},
    )  # fmt: skip
    read = claimed_profile(json.loads(json.dumps(claims_document(profile))))
    assert read == profile


def test_failed_control_requests_are_kept_with_the_verdict() -> None:
    disobeyed = copy.deepcopy(example_runs.clean())
    entry = next(one for one in disobeyed["verdicts"] if one["id"].startswith("messages/text/system-prompt-counts"))
    for exchange in entry["exchanges"]:
        word = canary(entry["id"])
        exchange["chunks"] = [
            {**chunk, "text": chunk["text"].replace(word, "z" * len(word))} for chunk in exchange["chunks"]
        ]
    entry |= {"outcome": "unverified", "lacks": ["obeys"]}
    assert verified(disobeyed).differences == ()
    entry["lacks"] = []
    [difference] = verified(disobeyed).differences
    assert "re-judged as failed" in difference.sentence


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.json"
    worse = example_runs.worse()
    path.write_text(json.dumps(worse), "utf-8")
    assert main(["verify", str(path)]) == 0
    assert f"{len(worse['verdicts'])} verdicts reproduced, 0 differ" in capsys.readouterr().out
    prettified(next(entry for entry in worse["verdicts"] if entry["outcome"] == "failed"))
    path.write_text(json.dumps(worse), "utf-8")
    assert main(["verify", str(path)]) == 1
    said = capsys.readouterr().out
    assert "recorded as passed, re-judged as failed; only now broken: messages.stream.unfinished" in said


@pytest.mark.socket
def test_a_later_case_warns_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A case outside the run's set can only warn, also when it is judged again."""
    wrong = [suite.case(name, outcome="refusal") for name in ("earlier", "later")]
    cases = suite.library(tmp_path / "cases", *wrong)
    (cases / "sets").mkdir()
    (cases / "sets" / "2026-01-01.yaml").write_text("cases: {messages/probe/earlier: must}\n", "utf-8")
    suite.run(f"--cases={cases}", f"--report-dir={tmp_path}")
    outcomes = [entry["outcome"] for entry in json.loads((tmp_path / "run.json").read_text("utf-8"))["verdicts"]]
    assert outcomes == ["failed", "warned"]
    assert main(["verify", str(tmp_path / "run.json"), "--cases", str(cases)]) == 0
    assert capsys.readouterr().out.startswith("2 verdicts reproduced, 0 differ")
    (cases / "sets" / "2026-01-01.yaml").rename(cases / "sets" / "2026-01-02.yaml")
    assert main(["verify", str(tmp_path / "run.json"), "--cases", str(cases)]) == 2
    assert "the requirement set 2026-01-01, which this suite does not have" in capsys.readouterr().err


@pytest.mark.socket
def test_cases_for_each_model_of_the_profile_are_reproduced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The run records which models the profile lists."""
    suite.run("-k", "matrix", f"--report-dir={tmp_path}")
    verdicts = json.loads((tmp_path / "run.json").read_text("utf-8"))["verdicts"]
    assert len(verdicts) >= 4
    assert main(["verify", str(tmp_path / "run.json")]) == 0
    assert capsys.readouterr().out.startswith(f"{len(verdicts)} verdicts reproduced, 0 differ")
