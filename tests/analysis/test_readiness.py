"""Readiness from the verdicts of a run: broken needs, open ones, the first problem to fix, and every report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from conformance.analysis import problems, readiness
from conformance.core.model import JSON, Case, Finding, Outcome, Verdict
from conformance.core.reasons import ABSENT, DENIED, NO_LANE, NOT_CLAIMED, REFUSED
from conformance.core.yaml_input import InputError
from conformance.records import run_document
from conformance.report import markdown
from conformance.report.html import run as page
from conformance.report.readiness import badge, text
from conformance.suite.clients import Client, Need, Without

TOOLS = [f"chat_completions/tools/t{number}[stream=true]" for number in range(10)]
USAGE = "chat_completions/usage/u"
BETAS = "chat_completions/options/b"
KNOWN = [*TOOLS, USAGE, BETAS]
ARGUMENTS, TYPE = "chat.tool-call.arguments", "chat.tool-call.type"
PRESENT = "chat.usage.present"


def need(id_: str, without: Without, cases: str, *rules: str) -> Need:
    source = "https://example.org/client"
    return Need(id_, id_, without, f"No {id_}.", (cases,), frozenset(rules), source, "2026-11-30", True)


CLIENT = Client(
    "agent", "An agent", "1.0", "BASE_URL", "https://example.org/client",
    (
        need("tools", "stops", "chat_completions/tools/*", ARGUMENTS, "run.call-id", "case.accepted"),
        need("usage", "degrades", "chat_completions/usage/*", PRESENT),
        need("betas", "recovers", "chat_completions/options/*", "case.accepted"),
    ),
)  # fmt: skip


def entry(id_: str, outcome: Outcome = "passed", *rules: str, reason: str = "", **more: JSON) -> JSON:
    family, area, _ = id_.split("/")
    case = Case(
        id_.partition("#")[0], "A title", family, area, family, "must", "https://example.org", (), (), "x.yaml", 1
    )
    findings = tuple(Finding(rule, "must", "one thing", "another") for rule in rules)
    return {**run_document.verdict(Verdict(case, outcome, findings, reason=reason)), "id": id_, **more}


def document(*entries: JSON, **more: JSON) -> JSON:
    """A run with these verdicts, and passed ones for all other cases."""
    given = {one["id"].partition("#")[0] for one in entries}
    passed = [entry(id_) for id_ in KNOWN if id_ not in given]
    gateway: JSON = {"base_url": "http://gateway.test/v1", "models": {"default": "m-1"}}
    return run_document.document(gateway, "2026-11-30T00:00:00Z", 1.0, [*entries, *passed], more)  # type: ignore[arg-type]


def judged(*entries: JSON, known: Sequence[str] = KNOWN, **more: JSON) -> JSON:
    [found] = readiness.readiness(document(*entries, **more), [CLIENT], known)
    return found


def test_a_client_is_ready_if_all_that_it_needs_was_checked_and_kept() -> None:
    assert judged() == {
        "client": "agent", "name": "An agent", "versions": "1.0", "status": "ready", "needs": []
    }  # fmt: skip


def test_a_client_that_stops_is_not_ready() -> None:
    found = judged(entry(TOOLS[0], "failed", ARGUMENTS, TYPE), entry(TOOLS[1], "failed", ARGUMENTS))
    assert found["status"] == "not_ready"
    [lost] = found["needs"]
    assert (lost["need"], lost["state"], lost["rules"], lost["count"], lost["of"]) == (
        "tools", "broken", [ARGUMENTS], 2, 10
    )  # fmt: skip
    assert lost["cases"] == TOOLS[:2]


def test_equally_frequent_rules_are_in_the_order_of_their_ids() -> None:
    found = judged(entry(TOOLS[0], "failed", ARGUMENTS), entry(TOOLS[1], "failed", "case.accepted"))
    assert found["needs"][0]["rules"] == ["case.accepted", ARGUMENTS]


def test_a_client_that_loses_a_feature_is_limited() -> None:
    assert judged(entry(USAGE, "warned", PRESENT))["status"] == "limited"


def test_a_client_that_recovers_is_ready() -> None:
    found = judged(entry(BETAS, "failed", "case.accepted"))
    assert found["status"] == "ready"
    assert [lost["need"] for lost in found["needs"]] == ["betas"]


def test_a_rule_that_the_client_does_not_need_leaves_it_ready() -> None:
    assert judged(entry(TOOLS[0], "failed", TYPE))["status"] == "ready"


def test_a_rule_that_breaks_in_a_request_unlike_the_clients_leaves_it_ready() -> None:
    assert judged(entry(USAGE, "failed", ARGUMENTS))["status"] == "ready"


def test_a_known_failure_is_no_excuse() -> None:
    assert judged(entry(TOOLS[0], "known", ARGUMENTS, reason="ticket 7"))["status"] == "not_ready"


def test_the_fault_of_the_upstream_is_no_excuse() -> None:
    blamed = entry(TOOLS[0], "failed", ARGUMENTS)
    blamed["findings"][0]["blame"] = "upstream"
    assert judged(blamed)["status"] == "not_ready"


@pytest.mark.parametrize("reason", [f"{DENIED}tools", f"{REFUSED}tools", f"{ABSENT}chat_completions"])
def test_a_feature_that_the_gateway_does_not_have_is_broken(reason: str) -> None:
    found = judged(entry(TOOLS[0], "not_applicable", reason=reason))
    assert found["status"] == "not_ready"
    assert found["needs"][0]["lacking"] == reason


@pytest.mark.parametrize("reason", [f"{NOT_CLAIMED}tools", f"{NO_LANE}chat_completions to messages"])
def test_a_feature_that_was_not_tried_is_open(reason: str) -> None:
    assert judged(*(entry(id_, "not_applicable", reason=reason) for id_ in TOOLS))["status"] == "not_judged"


def test_a_client_is_not_judged_if_more_than_one_case_in_ten_is_open() -> None:
    one = entry(TOOLS[0], "unverified", ARGUMENTS, reason="overloaded")
    assert judged(one)["status"] == "ready", "a finding of an unverified case says nothing"
    found = judged(one, entry(TOOLS[1], "unverified", reason="overloaded"))
    assert found["status"] == "not_judged"
    assert (found["needs"][0]["state"], found["needs"][0]["count"], found["needs"][0]["of"]) == ("open", 2, 10)


def test_a_client_is_not_judged_by_a_run_of_a_part_of_its_cases() -> None:
    assert judged(known=[*KNOWN, "chat_completions/usage/v"])["status"] == "not_judged"
    assert (
        judged(known=[*KNOWN, *(f"chat_completions/tools/more{number}" for number in range(2))])["status"]
        == "not_judged"
    )


def test_a_need_without_any_case_is_open() -> None:
    assert judged(known=[*TOOLS, BETAS])["status"] == "not_judged"


def test_a_broken_need_outweighs_an_open_one() -> None:
    assert judged(entry(TOOLS[0], "failed", ARGUMENTS), known=[*KNOWN, USAGE + "2"])["status"] == "not_ready"


def test_a_case_that_was_repeated_counts_if_one_repetition_broke_a_rule() -> None:
    found = judged(entry(f"{TOOLS[0]}#1"), entry(f"{TOOLS[0]}#2", "failed", ARGUMENTS))
    assert (found["status"], found["needs"][0]["count"]) == ("not_ready", 1)


def test_a_rule_over_the_whole_run_breaks_the_need_of_its_cases() -> None:
    together = {
        "family": "chat_completions", "rule": "run.call-id", "level": "should", "expected": "one id", "got": "two",
        "cases": [TOOLS[0]],
    }  # fmt: skip
    assert judged(over_run=[together])["status"] == "not_ready"


def problem(rule: str, *cases: str) -> JSON:
    """A problem as a run states it, with the members that readiness reads."""
    return {"id": f"{rule}@all", "rule": rule, "rules": [rule], "follows": [], "cases": [*cases]}


def test_the_problem_behind_most_broken_cases_is_to_fix_first() -> None:
    broken = [entry(id_, "failed", ARGUMENTS) for id_ in TOOLS[1:3]]
    told = [problem("case.accepted", TOOLS[0]), problem(ARGUMENTS, *TOOLS[1:3]), problem(TYPE, TOOLS[0])]
    found = judged(entry(TOOLS[0], "failed", "case.accepted"), *broken, problems=told)
    assert found["fix"] == f"{ARGUMENTS}@all"
    assert found["needs"][0]["problem"] == f"{ARGUMENTS}@all"


def test_the_worst_of_equally_frequent_problems_is_to_fix_first() -> None:
    told = [problem("case.accepted", TOOLS[0]), problem(ARGUMENTS, TOOLS[1])]
    found = judged(entry(TOOLS[1], "failed", ARGUMENTS), entry(TOOLS[0], "failed", "case.accepted"), problems=told)
    assert found["fix"] == "case.accepted@all"


def test_a_limited_client_names_the_problem_too() -> None:
    found = judged(entry(USAGE, "warned", PRESENT), problems=[problem(PRESENT, USAGE)])
    assert (found["status"], found["fix"]) == ("limited", f"{PRESENT}@all")


def test_a_ready_client_has_nothing_to_fix() -> None:
    told = [problem("case.accepted", BETAS)]
    assert "fix" not in judged(entry(BETAS, "failed", "case.accepted"), problems=told)


@pytest.fixture
def run() -> JSON:
    """A run in which the tools are broken, with its problems and readiness."""
    broken = [entry(id_, "failed", ARGUMENTS) for id_ in TOOLS]
    return readiness.with_readiness(problems.with_problems(document(*broken)), [CLIENT], KNOWN)


def test_a_stated_readiness_is_shown_as_it_is(run: JSON) -> None:
    assert readiness.of(run) == run["readiness"]


def test_a_run_of_an_earlier_version_is_judged_for_all_clients() -> None:
    found = readiness.of(document())
    assert {one["status"] for one in found} == {"not_judged"}
    assert "codex" in {one["client"] for one in found}


def test_the_terminal_tells_the_clients(run: JSON) -> None:
    assert [*text.lines(run)] == [
        "clients: 1 not ready",
        "  not ready   An agent",
        f"              tools: No tools. ({ARGUMENTS} in 10 of 10 cases)",
    ]


def test_the_terminal_tells_the_losses_of_a_limited_client_in_a_line() -> None:
    run = readiness.with_readiness(document(entry(USAGE, "warned", PRESENT)), [CLIENT], KNOWN)
    assert [*text.lines(run)] == ["clients: 1 limited", "  limited     An agent: without usage"]


def test_the_terminal_tells_once_that_an_endpoint_does_not_exist() -> None:
    absent = [entry(id_, "not_applicable", reason=f"{ABSENT}chat_completions") for id_ in KNOWN]
    run = readiness.with_readiness(document(*absent), [CLIENT], KNOWN)
    assert [*text.lines(run)][1:] == ["  not ready   An agent", f"              {ABSENT}chat_completions"]


def test_the_terminal_names_ready_clients_together() -> None:
    run = readiness.with_readiness(document(entry(BETAS, "failed", "case.accepted")), [CLIENT], KNOWN)
    assert [*text.lines(run)] == ["clients: 1 ready", "  ready       agent (recovers without betas)"]


def test_the_terminal_says_how_to_judge_clients() -> None:
    run = readiness.with_readiness(document(), [CLIENT], [*KNOWN, "chat_completions/usage/v"])
    assert [*text.lines(run)] == ["clients: 1 not judged; a full run judges all of them, and --gateway-client=NAME one"]


def test_a_run_without_clients_says_nothing_about_them(run: JSON) -> None:
    run["readiness"] = []
    assert [*text.lines(run)] == []
    assert "clients" not in markdown.run(run).lower()


def test_the_markdown_report_has_the_clients(run: JSON) -> None:
    told = markdown.run(run)
    assert "<details><summary>Clients: 1 not ready</summary>" in told
    assert "| An agent | not ready | tools |" in told
    assert "- tools: No tools. `chat.tool-call.arguments in 10 of 10 cases`" in told


def test_the_page_has_the_clients(run: JSON) -> None:
    told = page.render(run)
    assert '<h2 id="clients-title">Clients: 1 not ready</h2>' in told
    assert "tools: No tools." in told


def test_the_problem_to_fix_first_is_a_link() -> None:
    broken = document(*(entry(id_, "failed", ARGUMENTS) for id_ in TOOLS))
    stated = {
        "id": f"{ARGUMENTS}@all", "rule": ARGUMENTS, "rules": [ARGUMENTS], "follows": [], "level": "must",
        "impact": "breaks", "scope": {"facts": [], "words": "every answer"},
        "shown": {"broken": 10, "inside": 10, "outside": 0}, "cases": TOOLS, "models": [], "routes": [],
        "example": {"case": TOOLS[0], "step": 1, "expected": "a string", "got": "null"},
    }  # fmt: skip
    run = readiness.with_readiness({**broken, "problems": [stated]}, [CLIENT], KNOWN)
    assert f'<a href="#problem-{ARGUMENTS}-all">problem 1</a>' in page.render(run)
    assert f"first to fix: problem 1, {ARGUMENTS}@all" in "\n".join(text.lines(run))
    assert f"| 1. `{ARGUMENTS}@all` |" in markdown.run(run)


def test_foreign_text_is_escaped_in_every_report(run: JSON) -> None:
    run["readiness"][0]["name"] = "\x1b[31m<b>*x*"
    assert "\x1b" not in "\n".join(text.lines(run))
    assert "<b>*x*" not in page.render(run)
    assert "| `" in next(line for line in markdown.run(run).splitlines() if "*x*" in line)


def test_the_badge_of_a_client_tells_its_readiness(run: JSON) -> None:
    assert badge.document(run, "agent") == {
        "schemaVersion": 1, "label": "An agent", "message": "not ready: tools", "color": "red"
    }  # fmt: skip
    assert "An agent: not ready: tools" in badge.svg(run, "agent")


def test_a_badge_of_a_client_that_the_run_does_not_have_is_refused(run: JSON) -> None:
    with pytest.raises(InputError, match="--client codex: the run does not have this client; it has agent"):
        badge.document(run, "codex")


def test_renewed_readiness_is_about_the_clients_that_the_run_states() -> None:
    run = document()
    run["readiness"] = [{"client": "codex", "name": "x", "versions": "1", "status": "ready", "needs": []}]
    assert [(one["client"], one["status"]) for one in readiness.renewed(run)["readiness"]] == [("codex", "not_judged")]


def test_readiness_is_plain_json(run: JSON) -> None:
    assert json.loads(json.dumps(run["readiness"])) == run["readiness"]


def test_a_need_about_the_words_of_a_refusal_is_met_where_nothing_is_refused_wrongly() -> None:
    words = need("words", "stops", "chat_completions/options/*", "error.message.reason")
    client = Client("agent", "An agent", "1.0", "BASE_URL", "https://example.org/client", (words,))
    refused = document(entry(BETAS, "not_applicable", reason=f"{REFUSED}tools"))
    [found] = readiness.readiness(refused, [client], KNOWN)
    assert found["status"] == "ready"


def test_a_client_with_a_fallback_stops_only_if_that_is_broken_too() -> None:
    falling_back = replace(need("tools", "stops", "chat_completions/tools/*", ARGUMENTS), fallback=(USAGE,))
    client = Client("agent", "An agent", "1.0", "BASE_URL", "https://example.org/client", (falling_back,))
    broken = entry(TOOLS[0], "failed", ARGUMENTS)
    unread = entry(USAGE, "unverified", reason="overloaded")
    for other, status in (
        (entry(USAGE), "ready"),
        (entry(USAGE, "failed", ARGUMENTS), "not_ready"),
        (unread, "not_ready"),
    ):
        [found] = readiness.readiness(document(broken, other), [client], KNOWN)
        assert found["status"] == status
