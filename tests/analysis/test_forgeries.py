"""A report that was edited is refused, also if its digests were computed again."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.analysis import authentic, problems, rejudge
from conformance.cli import main
from conformance.core.model import JSON, Case
from conformance.records import seal
from conformance.records.exchange_store import digest
from conformance.records.run_file import read_run
from conformance.report import files
from conformance.target.profile import load_profile
from tests.support import legal_runs

ONE = "chat_completions/text/system-and-user[stream=false]"
"""A case whose failure is known; the answer lacks its id."""
FAILED = "chat_completions/tools/round-trip[stream=false]"
PASSED = "messages/text/system-and-user[stream=false]"
STEPS = "messages/text/replayed-answer[stream=false]"
ABSENT = "responses/text/input-text[stream=false]"
DENIED = "messages/vision/base64[stream=false]"
BOTH_ENDS = "upstream/failures-status/limited[to=chat_completions,upstream=chat_completions,stream=false]"


def entry(run: JSON, name: str) -> JSON:
    return next(one for one in run["verdicts"] if one["id"] == name)


def found(run: JSON) -> list[str]:
    """The sentences of `verify` about a run."""
    again = rejudge.verify(run, legal_runs.honest_cases())
    more = authentic.findings(authentic.CheckedRun(run, legal_runs.honest_cases(), again))
    return [f"{one.id}: {one.sentence}" for one in (*again.differences, *more)]


def counted_again(run: JSON) -> None:
    """Everything that follows from the verdicts, as a careful forger would compute it."""
    run["summary"] = dict(sorted(Counter(one["outcome"] for one in run["verdicts"]).items()))
    run |= problems.with_problems(run)


def selected_again(run: JSON) -> None:
    ids = sorted(one["id"] for one in run["verdicts"])
    run["selected"] |= {"count": len(ids), "digest": digest(ids)}


# Missing and added cases


def a_failure_left_out(run: JSON) -> None:
    run["verdicts"].remove(entry(run, FAILED))
    counted_again(run)


def a_failure_left_out_of_the_selection(run: JSON) -> None:
    a_failure_left_out(run)
    selected_again(run)


def a_failure_left_out_of_the_suite(run: JSON) -> None:
    a_failure_left_out_of_the_selection(run)
    run["selected"]["of"] -= 1
    run["cases"]["count"] -= 1


def a_failure_that_was_not_selected(run: JSON) -> None:
    """Claims that the case did not belong to the run's tier."""
    a_failure_left_out_of_the_selection(run)
    run["selected"]["of"] -= 1
    run["options"]["--gateway-tier"] = "standard"


def a_repetition_added(run: JSON) -> None:
    """Repetitions of a case that passed make the share of passed cases larger."""
    copy = json.loads(json.dumps(entry(run, PASSED)))
    run["verdicts"].append({**copy, "id": f"{PASSED}#2"})
    run["verdicts"].sort(key=lambda one: one["id"])
    counted_again(run)
    selected_again(run)
    run["selected"]["of"] += 1


def a_verdict_twice(run: JSON) -> None:
    place = run["verdicts"].index(entry(run, PASSED))
    run["verdicts"].insert(place, run["verdicts"][place])
    counted_again(run)


# Excuses


def bare(one: JSON, outcome: str, reason: str) -> None:
    """A verdict without findings and exchanges."""
    one |= {"outcome": outcome, "reason": reason, "findings": [], "exchanges": [], "observed": [], "attempts": []}
    one |= {"tokens": {"input": 0, "output": 0}, "seconds": 0.0}


def unverified_by_a_budget(run: JSON) -> None:
    bare(entry(run, FAILED), "unverified", "not sent: the budget of --gateway-max-requests is spent")
    counted_again(run)


def unverified_by_an_outage(run: JSON) -> None:
    bare(entry(run, FAILED), "unverified", "not sent: the gateway has stopped answering (no answer)")
    counted_again(run)


def unverified_by_patience(run: JSON) -> None:
    bare(entry(run, FAILED), "unverified", "not awaited: 3 requests in a row had no end")
    counted_again(run)


def unverified_for_an_invented_reason(run: JSON) -> None:
    bare(entry(run, FAILED), "unverified", "the moon was in the way")
    counted_again(run)


def unverified_after_an_invented_budget(run: JSON) -> None:
    """Keeps the exchanges, and pretends that the control requests were not sent."""
    entry(run, FAILED).update(outcome="unverified", reason="not sent: the budget of --gateway-max-requests is spent")
    counted_again(run)


def not_applicable_by_the_profile(run: JSON) -> None:
    bare(entry(run, FAILED), "not_applicable", "the profile denies tools")
    counted_again(run)


def not_applicable_by_an_invented_denial(run: JSON) -> None:
    """The profile is changed as well; other cases that need the capability have exchanges."""
    bare(entry(run, FAILED), "not_applicable", "the profile denies tools")
    run["gateway"]["claims"]["capabilities"]["tools"] = False
    counted_again(run)


def not_applicable_because_absent(run: JSON) -> None:
    reason = "the gateway has no chat_completions endpoint; list its endpoints in the profile if it should"
    bare(entry(run, FAILED), "not_applicable", reason)
    counted_again(run)


def denied_case_passed(run: JSON) -> None:
    entry(run, DENIED).update(json.loads(json.dumps({**entry(run, PASSED), "id": DENIED})))
    counted_again(run)


def an_ability_that_the_model_lacks(run: JSON) -> None:
    """The model is said to write no text, so the gateway is not blamed."""
    one = entry(run, PASSED)
    one |= {"lacks": ["obeys"], "outcome": "unverified"}


def a_control_answer_left_out(run: JSON) -> None:
    """Without the refusal, nothing says that the gateway has no Responses."""
    run["controls"] = [one for one in run["controls"] if one["endpoint"] != "responses"]


def a_control_of_another_endpoint(run: JSON) -> None:
    one = next(one for one in run["controls"] if one["endpoint"] == "responses")
    chat = next(one for one in run["controls"] if one["endpoint"] == "chat_completions" and one["control"] == "plain")
    chat["exchange"] = one["exchange"]


def a_retry_that_was_not_made(run: JSON) -> None:
    tried = {"step": 1, "got": "status 503", "waited": 0.1, "status": 503, "ended": "complete"}
    entry(run, FAILED)["attempts"] = [tried]


# Exchanges


def a_transplant(run: JSON) -> None:
    """A case that failed gets the verdict and the exchanges of one that passed."""
    good = json.loads(json.dumps(entry(run, PASSED)))
    bad = entry(run, "messages/tools/round-trip[stream=false]")
    bad |= {name: good[name] for name in ("outcome", "reason", "findings", "exchanges", "observed")}


def exchanges_swapped(run: JSON) -> None:
    one, other = entry(run, PASSED), entry(run, "messages/text/recall[stream=false]")
    one["exchanges"], other["exchanges"] = other["exchanges"], one["exchanges"]


def a_status_edited(run: JSON) -> None:
    entry(run, PASSED)["exchanges"][0]["status"] = 500


def a_body_edited(run: JSON) -> None:
    chunk = entry(run, ONE)["exchanges"][0]["chunks"][0]
    chunk["text"] = chunk["text"].replace('"object"', '"id": "chatcmpl-1", "object"', 1)


def a_header_edited(run: JSON) -> None:
    exchange = entry(run, PASSED)["exchanges"][0]
    exchange["headers"] = [one for one in exchange["headers"] if one[0].lower() != "content-type"]


def a_request_edited(run: JSON) -> None:
    body = entry(run, PASSED)["exchanges"][0]["request"]["body"]
    body["text"] = body["text"].replace("max_tokens", "max_tokenz")


def a_request_header_edited(run: JSON) -> None:
    entry(run, PASSED)["exchanges"][0]["request"]["headers"].append(["x-beta", "1"])


def an_exchange_dropped(run: JSON) -> None:
    entry(run, STEPS)["exchanges"].pop()


def an_exchange_twice(run: JSON) -> None:
    one = entry(run, STEPS)
    one["exchanges"] = [*one["exchanges"], one["exchanges"][-1]]


def exchanges_reordered(run: JSON) -> None:
    entry(run, STEPS)["exchanges"].reverse()


def a_family_edited(run: JSON) -> None:
    entry(run, PASSED)["exchanges"][0]["family"] = "chat_completions"


def an_upstream_request_of_another_case(run: JSON) -> None:
    exchange = entry(run, BOTH_ENDS)["exchanges"][0]
    behind = exchange["behind"][0]["request"]["body"]
    behind["text"] = re.sub(r"Zq[a-z]+", "Zqbababababababababa", behind["text"])


def a_curl_command_edited(run: JSON) -> None:
    entry(run, PASSED)["exchanges"][0]["curl"] = "curl https://gateway.example/"


# Times


def sent_before_the_run(run: JSON) -> None:
    entry(run, PASSED)["exchanges"][0]["date"] = "2020-01-01T00:00:00.000+00:00"


def sent_in_the_future(run: JSON) -> None:
    entry(run, PASSED)["exchanges"][0]["date"] = "2222-01-01T00:00:00.000+00:00"


def begun_in_the_future(run: JSON) -> None:
    run["started"] = "2222-01-01T00:00:00+00:00"


def no_time(run: JSON) -> None:
    entry(run, PASSED)["exchanges"][0]["date"] = "yesterday"


def a_piece_after_the_end(run: JSON) -> None:
    exchange = entry(run, PASSED)["exchanges"][0]
    exchange["chunks"][-1]["at"] = exchange["seconds"] + 5


def faster_than_recorded(run: JSON) -> None:
    entry(run, PASSED)["seconds"] = 0.0001 + entry(run, PASSED)["seconds"] * 3


# Verdicts, and what follows from them


def flipped(run: JSON) -> None:
    entry(run, FAILED).update(outcome="passed", findings=[])
    counted_again(run)


def a_level_lowered(run: JSON) -> None:
    one = entry(run, FAILED)
    one |= {"outcome": "warned", "findings": [{**finding, "level": "should"} for finding in one["findings"]]}
    counted_again(run)


def a_finding_removed(run: JSON) -> None:
    one = entry(run, FAILED)
    assert len(one["findings"]) > 1
    del one["findings"][0]
    counted_again(run)


def a_finding_reworded(run: JSON) -> None:
    entry(run, FAILED)["findings"][0]["got"] = "almost an id"


def blamed_on_the_upstream(run: JSON) -> None:
    entry(run, FAILED)["findings"][0]["blame"] = "upstream"


def known_without_the_list(run: JSON) -> None:
    entry(run, FAILED).update(outcome="known", reason="known: ids are lost")
    counted_again(run)


def a_list_edited(run: JSON) -> None:
    run["listed"][0]["reason"] = "by design"


def a_list_removed(run: JSON) -> None:
    del run["listed"]


def a_summary_edited(run: JSON) -> None:
    run["summary"]["passed"] += 5


def a_problem_removed(run: JSON) -> None:
    del run["problems"][0]


def a_problem_reworded(run: JSON) -> None:
    run["problems"][0]["scope"]["words"] = "once"


def a_client_made_ready(run: JSON) -> None:
    one = next(one for one in run["readiness"] if one["status"] != "ready")
    one |= {"status": "ready", "needs": []}


def a_level_raised(run: JSON) -> None:
    run["levels"][0] |= {"level": "complete"}


def a_case_called_stable(run: JSON) -> None:
    run["repeated"] = [{"case": FAILED, "tries": 20, "rates": []}]


def a_fate_edited(run: JSON) -> None:
    run["parameters"][0]["fate"] = "dropped"


def a_rule_reworded(run: JSON) -> None:
    run["rules"]["chat.id"]["impact"] = "cosmetic"


def tokens_edited(run: JSON) -> None:
    entry(run, PASSED)["tokens"]["output"] = 1


def a_title_edited(run: JSON) -> None:
    entry(run, FAILED)["title"] = "A request that may fail"


def a_fact_edited(run: JSON) -> None:
    """The facts of an exchange decide the scope of a problem."""
    entry(run, FAILED)["observed"][0]["facts"] = []
    counted_again(run)


def spent_less(run: JSON) -> None:
    run["spent"] = {name: {**one, "requests": 1} for name, one in run["spent"].items()}


def over_the_run_edited(run: JSON) -> None:
    run["over_run"] = [
        {"family": "messages", "rule": "run.model", "level": "must", "expected": "a", "got": "b", "cases": [PASSED]}
    ]
    counted_again(run)


# Identity


def another_base_url(run: JSON) -> None:
    run["gateway"]["base_url"] = "https://acme.example/v1"


def another_model(run: JSON) -> None:
    run["gateway"]["models"] = {"default": "acme-large"}


def a_capability_more(run: JSON) -> None:
    run["gateway"]["claims"]["capabilities"]["vision"] = True


FORGERIES: dict[Callable[[JSON], None], str] = {
    a_failure_left_out: "34 cases were selected, and it has others",
    a_failure_left_out_of_the_selection: "no option that selected some of them",
    a_failure_left_out_of_the_suite: f"1 case missing: {FAILED}",
    a_failure_that_was_not_selected: "cases were due, and it says",
    a_repetition_added: f"it has cases that it was not to send: {PASSED}#2",
    a_verdict_twice: f"it has two verdicts of {PASSED}",
    unverified_by_a_budget: "and nothing in the report says so",
    unverified_by_an_outage: "and nothing in the report says so",
    unverified_by_patience: "and nothing in the report says so",
    unverified_for_an_invented_reason: "and nothing in the report says so",
    unverified_after_an_invented_budget: "recorded as unverified, re-judged as failed",
    not_applicable_by_the_profile: "neither the profile nor the recording says so",
    not_applicable_by_an_invented_denial: "recorded as failed, but the profile denies tools",
    not_applicable_because_absent: "neither the profile nor the recording says so",
    denied_case_passed: "recorded as passed, but the profile denies vision",
    an_ability_that_the_model_lacks: "do not show that the model lacks `obeys`",
    a_control_answer_left_out: "neither the profile nor the recording says so",
    a_control_of_another_endpoint: "(plain at chat_completions) is not the one that the suite sends",
    a_retry_that_was_not_made: "it has more retries than the 0 of the options",
    a_transplant: f"than the case composes; it is a request of {PASSED}",
    exchanges_swapped: "has another body than the case composes",
    a_status_edited: "recorded as passed, re-judged as",
    a_body_edited: "no longer broken: chat.id",
    a_header_edited: "recorded as passed, re-judged as",
    a_request_edited: "the request of step 1 has another body than the case composes",
    a_request_header_edited: "the request of step 1 has another header than the case composes",
    an_exchange_dropped: "recorded as passed, re-judged as unverified",
    an_exchange_twice: "3 exchanges are recorded, and the case has 2 steps",
    exchanges_reordered: "the request of step 1 has another body than the case composes",
    a_family_edited: "is recorded as one to chat_completions",
    an_upstream_request_of_another_case: "lacks the token of this step",
    a_curl_command_edited: "a curl command is not that of the request",
    sent_before_the_run: "step 1 was sent at 2020-01-01",
    sent_in_the_future: "step 1 was sent at 2222-01-01",
    begun_in_the_future: "which is not a time in the past",
    no_time: "'yesterday', which is not a time",
    a_piece_after_the_end: "a piece that is later than its end",
    faster_than_recorded: "`seconds` is not what",
    flipped: "recorded as passed, re-judged as failed",
    a_level_lowered: "recorded as warned, re-judged as failed",
    a_finding_removed: "the same rules, but other levels, steps or counts",
    a_finding_reworded: "`findings` is not what",
    blamed_on_the_upstream: "`findings` is not what",
    known_without_the_list: "it is known, which the list of known failures in the report does not say",
    a_list_edited: "it is known, which the list of known failures in the report does not say",
    a_list_removed: "it is known, which the list of known failures in the report does not say",
    a_summary_edited: "its summary counts other outcomes",
    a_problem_removed: "`problems` is not what",
    a_problem_reworded: "`problems` is not what",
    a_client_made_ready: "`readiness` is not what",
    a_level_raised: "`levels` is not what",
    a_case_called_stable: "`repeated` is not what",
    a_fate_edited: "`parameters` is not what",
    a_rule_reworded: "`rules` is not what",
    tokens_edited: "`tokens` is not what",
    a_title_edited: "`title` is not what",
    a_fact_edited: "`observed` is not what",
    spent_less: "are recorded",
    over_the_run_edited: "recorded with other findings over the run",
    another_base_url: "has another URL than the case composes",
    another_model: "has another body than the case composes",
    a_capability_more: "neither the profile nor the recording says so",
}
"""The edit of a report -> a part of what `verify` says about it, although its digests are right."""


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forgery_is_found(forge: Callable[[JSON], None]) -> None:
    run = legal_runs.honest()
    forge(run)
    said = found(seal.sealed(run))
    assert any(FORGERIES[forge] in line for line in said), said


def test_the_run_before_is_accepted() -> None:
    assert found(legal_runs.honest()) == []


def test_each_kind_of_verdict_is_among_them() -> None:
    run = legal_runs.honest()
    assert {*run["summary"]} >= {"failed", "known", "not_applicable", "passed"}
    assert run["parameters"]
    assert "relays" in {name for one in run["verdicts"] for name in one.get("lacks", ())}
    assert any(one["exchanges"] and one["exchanges"][0].get("behind") for one in run["verdicts"])


# Edits that only the digests show


def another_name(run: JSON) -> None:
    run["gateway"]["name"] = "better gateway"


def another_version(run: JSON) -> None:
    run["gateway"]["version"] = "3.0"


def another_version_of_the_suite(run: JSON) -> None:
    run["suite"]["version"] = "9.9"


def another_environment(run: JSON) -> None:
    run["environment"]["platform"] = "Plan 9"


def an_option_removed(run: JSON) -> None:
    del run["options"]["--retries"]


def another_set(run: JSON) -> None:
    run["cases"]["set"] = "none"


@pytest.mark.parametrize(
    "forge",
    [another_set, another_name, another_version, another_version_of_the_suite, another_environment, an_option_removed],
)
def test_a_fact_that_nothing_else_repeats_is_in_the_digest(forge: Callable[[JSON], None]) -> None:
    run = legal_runs.honest()
    forge(run)
    assert "the whole run: the report was changed after the run: its digest is another one" in found(run)


def test_an_answer_is_in_the_digest() -> None:
    """An answer and its verdict that were changed together are another honest-looking run."""
    run = legal_runs.honest()
    chunk = entry(run, PASSED)["exchanges"][0]["chunks"][0]
    chunk["at"] = 0.0
    assert found(run) == ["the whole run: its exchanges were changed after the run: their digest is another one"]
    assert found(seal.sealed(run)) == []


# The command


def test_the_command_refuses_a_forgery(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = legal_runs.honest()
    folder = legal_runs.honest_folder()
    given = ("--cases", str(folder / "cases"))
    assert main(["verify", str(folder / "report" / "run.json"), *given]) == 0
    assert "note" not in capsys.readouterr().out
    a_transplant(run)
    files.write_run(tmp_path / "run.json", run)
    assert main(["verify", str(tmp_path / "run.json"), *given]) == 1
    said = capsys.readouterr().out
    assert FORGERIES[a_transplant] in said


def test_the_profile_is_compared_with_the_run(tmp_path: Path) -> None:
    run, folder = legal_runs.honest(), legal_runs.honest_folder()
    cases = legal_runs.honest_cases()
    again = rejudge.verify(run, cases)
    checked = authentic.CheckedRun(run, cases, again)
    assert authentic.findings(checked, load_profile(folder / "profile.yaml")) == ()
    other = legal_runs.profile(
        tmp_path / "other.yaml", name="other", version="1", models={"default": "m"}, capabilities={"vision": True}
    )
    said = " ".join(one.sentence for one in authentic.findings(checked, load_profile(other)))
    for part in (
        "the name of its gateway is 'acme', and the profile says 'other'",
        "the version of its gateway is '2.4', and the profile says '1'",
        "its model for default is 'reference-large', and the profile says 'm'",
        "its claims are not those of the profile",
    ):
        assert part in said


def test_a_run_of_an_earlier_version_is_read_and_called_so() -> None:
    run = legal_runs.honest()
    for name in ("digests", "selected", "controls", "listed"):
        del run[name]
    assert found(run) == []
    cases = legal_runs.honest_cases()
    [note] = authentic.notes(authentic.CheckedRun(run, cases, rejudge.verify(run, cases)))
    assert "the run has no digests" in note


# A model that does not say the requested text: the tokens of a longer one show that it arrived


def weak_run(folder: Path) -> tuple[JSON, list[Case]]:
    texts = {name: ids[:1] for name, ids in legal_runs.CASES.items() if name.endswith("/text")}
    cases = legal_runs.library(folder / "cases", texts)
    options = (f"--gateway-cases={cases}", "--gateway-model=weak-disobedient", "--gateway-retries=0")
    run: JSON = read_run(legal_runs.made(folder / "report", *options, models=("weak-disobedient",)))
    return run, list(rejudge.cases(run, cases))


def test_a_text_did_not_arrive_without_the_requests_that_show_it(tmp_path: Path) -> None:
    run, cases = weak_run(tmp_path)
    arrived = [one for one in run["verdicts"] if one.get("arrival") == "arrived"]
    assert arrived
    assert authentic.findings(authentic.CheckedRun(run, cases, rejudge.verify(run, cases))) == ()
    for change in (left_out, another_request):
        changed = json.loads(json.dumps(run))
        change(changed, arrived[0]["id"])
        changed = seal.sealed(changed)
        said = [
            one.sentence
            for one in authentic.findings(authentic.CheckedRun(changed, cases, rejudge.verify(changed, cases)))
        ]
        assert said == ["nothing shows that its text arrived, as its `arrival` says"]


def left_out(run: JSON, name: str) -> None:
    run["controls"] = [one for one in run["controls"] if one.get("case") != name]


def another_request(run: JSON, name: str) -> None:
    for one in run["controls"]:
        if one.get("case") == name:
            one["exchange"]["request"]["body"]["text"] += " "
