"""Problems on the terminal: short blocks, worst first, and what is counted instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.analysis.gate import Assessment
from conformance.cli.main import main
from conformance.core.model import Exchange, Finding, Request, Verdict
from conformance.core.reasons import STOPPED
from conformance.protocol import rulebook
from conformance.records import run_document
from conformance.report import failed_cases_text, files, outage_text, run_text
from conformance.report.problems import text as problems_text
from conformance.report.width import MAX_LINE
from tests.report.test_text import case, document
from tests.support.wire import CHAT

RUN = Path("reports/latest/run.json")
LONGEST = "case.cached-tokens"
"""The rule with the longest sentence."""


def problem(rule: str = "case.accepted", **more: Any) -> Any:
    return {
        "id": f"{rule}@chat_completions,streamed", "rule": rule, "rules": [rule], "follows": [], "level": "must",
        "impact": "breaks", "scope": {"facts": [], "words": "every streamed Chat Completions answer"},
        "shown": {"broken": 12, "inside": 12, "outside": 0}, "cases": ["chat_completions/probe/one"],
        "models": ["m"], "routes": [], "example": {"case": "chat_completions/probe/one", "step": 1,
        "expected": "status 200", "got": "status 500"}, **more,
    }  # fmt: skip


def run(*found: Any, body: bytes = b"{}", **more: Any) -> Any:
    """A run that states these problems; its only case has one exchange with this request."""
    sent = Exchange(CHAT, Request("POST", "http://h/v1/chat/completions", (), body, ("bearer",)), 500)
    plain = document(Verdict(case(), "failed", (Finding("case.accepted", "must", "a", "b"),), exchanges=(sent,)))
    rules = run_document.rule_entries(one["rule"] for one in found)
    return {**plain, "rules": {**plain["rules"], **rules}, "problems": [*found], **more}


def test_a_problem_is_a_block() -> None:
    rule = rulebook.rules()["case.accepted"]
    assert list(problems_text.summary(run(problem()), RUN)) == [
        f"1. MUST case.accepted: {rule.sentence} Every client that sends this",
        "   valid request gets an error.",
        "   where:    every streamed Chat Completions answer: 12 of 12",
        "   expected: status 200",
        "   got:      status 500",
        "   curl -sS -N -g -X POST http://h/v1/chat/completions -H 'content-type:' "
        "-H \"authorization: Bearer $GATEWAY_API_KEY\" --data-raw '{}'",
        "   source:   https://example.org/source",
        "",
        "a problem in full, with its cases: gateway-conformance problems reports/latest/run.json NUMBER",
    ]


def test_a_block_has_at_most_seven_lines_of_at_most_a_hundred_characters() -> None:
    long = problem(
        LONGEST,
        rules=[LONGEST, "a.b", "c.d"],
        scope={"facts": [], "words": "every answer " + "with a tool's result and " * 9},
        shown={"broken": 3, "inside": 2000, "outside": 1234},
        blame="upstream",
    )
    long["example"].update(expected="x" * 300, got="line\nof the gateway \x1b[31m" * 20)
    lines = list(problems_text.block(run(long, body=b"x" * 999), long, 7, RUN))
    assert len(lines) == 7
    assert max(map(len, lines[:-1])) <= MAX_LINE  # the last line is the source
    assert lines[0].startswith(f"7. MUST {LONGEST} (and 2 rules with it): ")
    assert lines[1].endswith(" …")
    assert lines[2].endswith(" …: 3 of 2,000 (intermittent, 1 %); 0 of 1,234 others; at the upstream, too")
    assert "\\x1b[31m" in lines[4]
    assert lines[5] == "   curl:     gateway-conformance problems reports/latest/run.json 7"


@pytest.mark.parametrize(
    ("broken", "inside", "outside", "said"),
    [
        (12, 12, 0, "12 of 12"),
        (12, 12, 30, "12 of 12; 0 of 30 others"),
        (3, 20, 0, "3 of 20 (intermittent, 15 %)"),
        (1, 900, 0, "1 of 900 (intermittent, 1 %)"),
        (1999, 2000, 0, "1,999 of 2,000 (intermittent, 99 %)"),
    ],
)
def test_how_often(broken: int, inside: int, outside: int, said: str) -> None:
    found = problem(shown={"broken": broken, "inside": inside, "outside": outside})
    assert problems_text.share(found) == said


def test_many_problems_are_lines_and_others_are_counted() -> None:
    found = [problem(id=f"case.accepted@{number}") for number in range(20)]
    known = [problem(known="listed", cases=["a", "b"]), problem(known="listed", cases=["b", "c"])]
    lines = list(problems_text.summary(run(*found, problem(level="info"), problem(level="may"), *known), RUN))
    assert [line.partition(".")[0] for line in lines if " MUST " in line] == [*map(str, range(1, 21))]
    assert lines.count("   expected: status 200") == problems_text.MAX_BLOCKS
    assert "20. MUST case.accepted: every streamed Chat Completions answer: 12 of 12" in lines
    assert lines[-2] == "not listed: 2 known problems (3 cases), 2 remarks (level may or info)"


def test_a_run_without_problems_says_nothing() -> None:
    assert list(problems_text.summary(run(), RUN)) == []
    assert list(problems_text.lines(run(), [], RUN)) == []


def said_by(capsys: pytest.CaptureFixture[str], path: Path, *arguments: str) -> str:
    assert main(["problems", str(path), *arguments]) == 0
    return capsys.readouterr().out


def test_the_command_lists_all_and_shows_one_in_full(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    other = problem("case.status", level="info", follows=["case.same-answer"])
    path = tmp_path / "run.json"
    files.write(path, run(problem(), other, body=b"x" * 999))
    listed = said_by(capsys, path)
    assert "   expected: status 200" in listed
    assert "2. INFO case.status: every streamed Chat Completions answer: 12 of 12" in listed
    for which in ("2", "case.status", other["id"]):
        full = said_by(capsys, path, which)
        assert full.startswith("2. INFO case.status: ")
        assert "   follows:  case.same-answer\n" in full
        assert "x" * 999 in full
        assert "   1 case:\n     chat_completions/probe/one" in full
    assert said_by(capsys, path, "1", "2", "1").count("id: ") == 2
    assert main(["problems", str(path), "3"]) == 2
    assert "has no problem '3'" in capsys.readouterr().err


def test_a_failed_case_counts_for_its_worst_problem() -> None:
    found = [problem(id="a@x", cases=["1", "2", "3"]), problem(id="b@y", cases=["3", "4"])]
    assert list(failed_cases_text.lines(run(*found), ["3", "4", "2", "\x1b"])) == [
        "FAILED 2 cases: a@x (problem 1)",
        "FAILED 1 case: b@y (problem 2)",
        "FAILED \\x1b",
    ]
    many = [problem(id=str(number), cases=[str(number)]) for number in range(20)]
    *lines, last = failed_cases_text.lines(run(*many), [*map(str, range(20))])
    assert (len(lines), last) == (failed_cases_text.MAX_LINES, "FAILED 5 cases: 5 more problems")


# An outage


def stopped(*more: Verdict) -> Any:
    reason = f"{STOPPED} (status 502, to a plain request as well)"
    unsent = [Verdict(case(f"u{number}"), "unverified", reason=reason) for number in range(30)]
    return document(*more, *unsent)


def test_an_outage_is_said_first_and_once() -> None:
    page = Exchange(CHAT, Request("POST", "http://h/v1/chat/completions"), 502, (), ())
    broken = Finding("case.accepted", "must", "a status of 2xx", "status 502")
    met = [Verdict(case(f"f{number}"), "failed", (broken,), exchanges=(page,)) for number in range(5)]
    own = Verdict(case("own"), "failed", (broken,), exchanges=(Exchange(CHAT, page.request, 200),))
    found = stopped(*met, own)
    first, *rest = run_text.lines(found, Assessment(unsent=30), None, Path("reports/latest"), [])
    assert first == (
        "outage: the gateway has stopped answering (status 502, to a plain request as well): "
        "30 of 36 cases were not sent, and 5 failed with the answers of a proxy"
    )
    assert not [line for line in rest if "stopped" in line]


@pytest.mark.parametrize(
    ("silent", "said"),
    [
        (("messages",), "outage: messages does not answer: none of its 0 cases could be judged"),
        (("chat_completions",), "outage: chat completions does not answer: none of its 1 case could be judged"),
        (
            ("chat_completions", "messages"),
            "outage: chat completions and messages do not answer: none of their 1 case could be judged",
        ),
    ],
)
def test_endpoints_that_do_not_answer_are_one_sentence(silent: tuple[str, ...], said: str) -> None:
    found = document(Verdict(case(), "unverified", reason="the gateway answered 503: overloaded"))
    assert list(outage_text.lines(found, Assessment(silent=silent))) == [said]
    assert list(outage_text.lines(found, Assessment())) == []
