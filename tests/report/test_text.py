"""The output of a run: text, run.json, and curl commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.client.http import Client
from conformance.core import data_files
from conformance.core.model import Case, Exchange, Finding, Outcome, Request, Step, Verdict, Where
from conformance.core.terminal_text import plain
from conformance.core.yaml_input import InputError
from conformance.judge.control import ASSUMED
from conformance.judge.verdict import judge_exchanges
from conformance.protocol import rulebook
from conformance.records import curl, run_document
from conformance.report import files, summary, text
from conformance.target.profile import Profile
from tests.support.servers import Said, answer, json_answer, raw, says
from tests.support.wire import CHAT, chat_answer, exchange, openai_error

KEY = "sk-report-$(id)-4711"
SHELLS = [shell for shell in ("bash", "dash", "sh") if shutil.which(shell)]


def case(name: str = "one", steps: int = 1) -> Case:
    return Case(
        f"chat_completions/probe/{name}", "A request of any kind gets an answer", CHAT, "probe", CHAT, "must",
        "https://example.org/source", (), (Step({}, {"outcome": "success"}),) * steps, "cases/probe.yaml", 17,
    )  # fmt: skip


def finding(rule: str = "case.accepted", level: Any = "must", got: str = "status 500", **more: Any) -> Finding:
    return Finding(rule, level, "status 200", got, **more)


def verdict(outcome: Outcome = "failed", *findings: Finding, name: str = "one", **more: Any) -> Verdict:
    steps = len(more.get("exchanges", ())) or 1
    return Verdict(case(name, steps), outcome, findings, **more)


def document(*verdicts: Verdict) -> Any:
    gateway = {"base_url": "http://h/v1", "name": "", "version": "", "models": {"default": "m"}, "notes": ["no /v1"]}
    found = run_document.document(
        gateway, "2026-11-23T10:00:00+00:00", 1.23456, [run_document.verdict(one) for one in verdicts]
    )
    Draft202012Validator(data_files.schema("report.schema.json")).validate(found)
    return found


# The text of a verdict


def test_a_failure_says_everything_that_is_needed() -> None:
    where = Where(pointer="/error/message", event=3, offset=120)
    request = Request(
        "POST", "http://h/v1/chat/completions", (("content-type", "application/json"),), b"{}", ("bearer",)
    )
    found = Exchange(CHAT, request, 500, seconds=1.234)
    said = text.verdict(verdict("failed", finding(where=where), exchanges=(found,)))
    rule = rulebook.rules()["case.accepted"]
    assert said.splitlines() == [
        "A request of any kind gets an answer",
        "cases/probe.yaml:17  chat_completions/probe/one  (failed)",
        "",
        f"MUST case.accepted: {rule.sentence}",
        "  expected: status 200",
        "  got:      status 500",
        "  where:    event 3, /error/message, byte 120",
        f"  breaks:   {rule.breaks}",
        "  source:   https://example.org/source",
        "",
        "status 500, 1.23 s, complete",
        "curl -sS -N -g -X POST http://h/v1/chat/completions -H 'content-type: application/json' "
        "-H \"authorization: Bearer $GATEWAY_API_KEY\" --data-raw '{}'",
    ]


def test_the_worst_finding_is_first_and_informational_ones_are_left_out() -> None:
    findings = [finding("case.status-422", "should", step=1), finding("case.reasoning", "info"), finding(step=1),
                finding("case.status", "should")]  # fmt: skip
    found = verdict("failed", *findings, exchanges=(exchange(CHAT, chat_answer()),) * 2)
    said = text.verdict(found)
    marks = ["SHOULD case.status (step 1)", "MUST case.accepted (step 2)", "SHOULD case.status-422 (step 2)"]
    places = [said.index(mark) for mark in marks]
    assert places == sorted(places)
    assert "case.reasoning" not in said
    assert "step 1: status 200" in said
    assert "step 2: status 200" in said


@pytest.mark.parametrize(
    ("others", "where"),
    [
        ([], "event 1, /choices/0/delta"),
        (
            [Where("/choices/1/delta", 4), Where("/choices/0/delta", 7)],
            "event 1, /choices/0/delta, and in 2 more events",
        ),
    ],
)
def test_a_finding_that_is_repeated_in_other_events_is_told_once(others: list[Where], where: str) -> None:
    found = [finding(where=place) for place in (Where("/choices/0/delta", 1), *others)]
    said = text.verdict(verdict("failed", *found))
    assert said.count("MUST case.accepted") == 1
    assert f"  where:    {where}\n" in said


def test_a_finding_that_is_repeated_in_other_steps_is_told_once() -> None:
    exchanges = (exchange(CHAT, chat_answer()),) * 3
    found = [finding(step=step, got=got) for step, got in ((0, "a"), (0, "b"), (1, "a"), (2, "a"), (2, "a"))]
    said = text.verdict(verdict("failed", *found, exchanges=exchanges))
    assert [line for line in said.splitlines() if "got:" in line] == ["  got:      a", "  got:      b"]
    assert said.count("  where:    this step, and in 2 more steps\n") == 1
    events = [finding(step=step, where=Where(event=event), got=f"{event}") for step in (0, 1) for event in (3, 4, 5)]
    said = text.verdict(verdict("failed", *events, exchanges=exchanges))
    assert "  where:    event 3, and in 2 more events and 1 more step\n" in said
    assert said.count("MUST") == 1


def test_findings_about_other_members_are_told_each() -> None:
    found = [finding(where=Where(pointer, event)) for event in (1, 2) for pointer in ("/usage", "/choices/0")]
    assert text.verdict(verdict("failed", *found)).count("and in 1 more event\n") == 2
    found = [finding(where=Where("/a"), got=got) for got in ("1", "2")]
    assert text.verdict(verdict("failed", *found)).count("MUST") == 2


def test_a_reason_is_shown() -> None:
    found = verdict("unverified", reason="the gateway answered 429: rate-limited")
    assert "reason: the gateway answered 429: rate-limited" in text.verdict(found)
    assert text.reason(found) == "the gateway answered 429: rate-limited"


def test_a_verdict_in_one_line_names_the_worst() -> None:
    found = verdict("failed", finding("case.status-422", "should"), finding())
    assert text.reason(found) == "case.accepted: status 200, but status 500"
    assert text.reason(verdict("passed", finding("case.reasoning", "info"))) == "passed"


def test_text_of_a_gateway_cannot_control_the_terminal() -> None:
    evil = "\x1b[2J\x1b]0;title\x07 a\rb \x9b31m \u202eright\u202c \u2028 \ud83d \x00"
    found = verdict("failed", finding(got=evil), reason=evil)
    for said in (text.verdict(found), text.reason(found), *summary.lines(document(found), Path("reports"))):
        assert not set(said) & set("\x1b\x07\r\x9b\u202e\u202c\u2028\ud83d\x00")
        said.encode()
    assert "\\x1b[2J" in text.verdict(found)
    assert "\\u202eright" in text.verdict(found)


def test_plain_text_stays_as_it_is() -> None:
    for words in ("tab\there\nline", "Zoë 你好 😀 «quotes» …", "C:\\path"):
        assert plain(words) == words


def test_a_long_request_does_not_bury_the_rest() -> None:
    long = Exchange(CHAT, Request("POST", "http://h/v1", body=b"x" * 1_000_000), 500)
    said = text.verdict(verdict("failed", finding(), exchanges=(long,)))
    assert len(said) < 2000
    assert "run.json" in said


def test_the_tally_starts_with_the_worst_outcome_and_omits_zeros() -> None:
    outcomes = ["passed", "not_applicable", "failed", "passed", "unverified", "known", "warned"]
    assert text.tally(outcomes) == "1 failed, 1 unverified, 1 warned, 1 known, 2 passed, 1 not applicable"
    assert text.tally(["passed"]) == "1 passed"
    assert text.tally([]) == ""


# A request as a command

BODIES = [
    b'{"a": "it\'s $HOME `id` \\\\n \\"q\\" !x"}',
    '{"text": "grüß 你 😀"}'.encode(),
    b"@/etc/hostname",
    b"two\nlines\n\n",
    b"\r\n\x00\x01%d %s\x1b[0m",
    bytes(range(256)),
    b"\xff\xfe",
    b"-d x",
    b"x" * 300_000,
    b"a\x00" * 60_000,
]


def curled(command: str, shell: str = "sh") -> subprocess.CompletedProcess[bytes]:
    """The command as a user runs it, with the key in the environment."""
    script = command.encode("utf-8")
    environment = {**os.environ, "GATEWAY_API_KEY": KEY}
    return subprocess.run([shell], input=script, capture_output=True, env=environment, timeout=20, check=False)


@pytest.mark.e2e
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_the_command_sends_the_same_body(shell: str, body: bytes) -> None:
    with raw(says(json_answer({"ok": 1}))) as server:
        request = Request(
            "POST", f"{server.origin}/v1/messages", (("content-type", "application/json"),), body, ("bearer",)
        )
        result = curled(curl.command(request), shell)
        assert (result.returncode, result.stdout) == (0, b'{"ok": 1}'), result.stderr
        _, headers, sent = server.asked()
    assert sent == body
    assert ("content-type", "application/json") in headers
    assert ("authorization", f"Bearer {KEY}") in headers


@pytest.mark.e2e
def test_the_command_sends_what_the_client_sends() -> None:
    headers = (
        ("accept-encoding", "identity"),
        ("content-type", "a/b; c='d\"'"),
        ("x-empty", ""),
        ("x-name", "Zoë $HOME"),
    )
    own = {"accept", "user-agent", "host", "connection"}
    with raw(says(answer(200, b"ok"))) as server, Client(timeout=10) as client:
        url = f"{server.origin}/v1/messages?a=[1]&b={{2}}&c=$HOME"
        request = Request("PUT", url, headers, b"{}", ("bearer", "x-api-key"))
        client.send(CHAT, request, KEY)
        assert curled(curl.command(request)).stdout == b"ok"
        (line, sent, body), (again, resent, rebody) = server.asked(0), server.asked(1)
    assert (line.split()[0], body) == (again.split()[0], rebody) == ("PUT", b"{}")
    assert again.split()[1].startswith("/v1/messages?a=[1]&b={2}&c=$HOME")
    assert sorted(pair for pair in sent if pair[0] not in own) == sorted(pair for pair in resent if pair[0] not in own)


@pytest.mark.e2e
def test_the_command_adds_no_content_type() -> None:
    with raw(says(answer())) as server:
        assert curled(curl.command(Request("POST", server.origin, body=b"{}"))).returncode == 0
        assert "content-type" not in dict(server.asked()[1])


@pytest.mark.e2e
@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS", "POST"])
def test_the_command_has_the_method_and_no_body_where_there_is_none(method: str) -> None:
    with raw(says(answer())) as server:
        assert curled(curl.command(Request(method, f"{server.origin}/v1/models"))).returncode == 0
        line, headers, body = server.asked()
    assert (line, body) == (f"{method} /v1/models HTTP/1.1", b"")
    assert dict(headers).get("content-length", "0") == "0"


@pytest.mark.e2e
def test_a_head_does_not_wait_for_a_body() -> None:
    with raw(says(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\n")) as server:
        assert curled(curl.command(Request("HEAD", server.origin))).returncode == 0
        assert server.asked()[0].startswith("HEAD ")


def test_the_key_is_in_no_command() -> None:
    assert KEY not in curl.command(Request("POST", "http://h", (), b"{}", ("bearer", "x-api-key")))


# run.json


def test_the_report_of_a_run_is_valid_and_in_order() -> None:
    cut = exchange(CHAT, b"\xff\x00", ended="cut", problem="RemoteProtocolError")
    gone = exchange(CHAT, b"", status=None, headers=(), ended="unreachable")  # type: ignore[arg-type]
    where = Where(pointer="/a", event=1)
    found = document(
        verdict("failed", finding(step=1, where=where), name="two", exchanges=(cut, gone), seconds=1.23456),
        verdict("passed", name="one", exchanges=(exchange(CHAT, chat_answer("Zoë 😀")),)),
        verdict("unverified", name="three", reason="busy"),
        verdict("warned", finding("case.status-422", "should"), name="four"),
        verdict("passed", name="five"),
    )
    assert [entry["id"].rpartition("/")[2] for entry in found["verdicts"]] == ["five", "four", "one", "three", "two"]
    assert found["summary"] == {"failed": 1, "passed": 2, "unverified": 1, "warned": 1}
    assert (found["format"], found["seconds"], found["started"]) == (
        run_document.FORMAT,
        1.235,
        "2026-11-23T10:00:00+00:00",
    )
    assert set(found["rules"]) == {"case.accepted", "case.status-422"}
    assert found["rules"]["case.accepted"]["sentence"] == rulebook.rules()["case.accepted"].sentence
    last = found["verdicts"][-1]
    assert last["findings"] == [
        {"rule": "case.accepted", "level": "must", "step": 2, "expected": "status 200", "got": "status 500",
         "where": {"pointer": "/a", "event": 1}},
    ]  # fmt: skip
    assert last["exchanges"][0]["chunks"] == [{"at": 0.5, "base64": "/wA="}]
    assert (last["exchanges"][1]["status"], last["exchanges"][1]["ended"]) == (None, "unreachable")
    assert last["seconds"] == 1.2346
    json.dumps(found, allow_nan=False).encode()


def test_a_judged_exchange_makes_a_valid_report() -> None:
    step = Step({}, {"outcome": "success", "answer": {"contains": "\ud83d"}})
    one = Case(**{**{name: getattr(case(), name) for name in Case.__slots__}, "steps": (step,)})
    half = openai_error("half of a character: \ud83d", code="\ud83d")
    for found in (exchange(CHAT, half, 400), exchange(CHAT, chat_answer("\ud83d")), exchange(CHAT, "\x00" * 10)):
        result = judge_exchanges(one, [found], Profile(), ASSUMED)
        assert result.outcome in ("failed", "passed")
        json.dumps(document(result), ensure_ascii=False).encode()
        text.verdict(result).encode()
        text.reason(result).encode()


def test_a_report_without_verdicts_is_valid() -> None:
    assert document()["summary"] == {}


# Files


def test_a_report_is_written_whole_into_a_folder_that_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "run.json"
    files.write(path, {"text": "Zoë 😀"})
    files.write(path, {"text": "half \ud83d", "n": [1]})
    assert json.loads(path.read_text("utf-8")) == {"text": "half \ud83d", "n": [1]}
    assert [entry.name for entry in path.parent.iterdir()] == ["run.json"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_report_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    files.write(path, {"a": 1})
    with pytest.raises(TypeError):
        files.write(path, {"a": object()})
    assert json.loads(path.read_text("utf-8")) == {"a": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize("taken", ["run.json", "a"])
def test_a_report_that_cannot_be_written_is_one_sentence_and_leaves_nothing(taken: str, tmp_path: Path) -> None:
    """There is a folder of that name, or a file where its folder should be."""
    path = tmp_path / "run.json" if taken == "run.json" else tmp_path / "a" / "run.json"
    (tmp_path / "run.json").mkdir()
    (tmp_path / "a").write_text("", "utf-8")
    with pytest.raises(InputError, match=r"run\.json: the file cannot be written \("):
        files.write(path, {"a": 1})
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a", "run.json"]


# The summary


def test_the_summary_has_counts_outcomes_and_recommendations() -> None:
    many = [verdict("failed", finding(), finding("case.status"), name=f"f{number}") for number in range(5)]
    other = verdict(
        "failed",
        finding("case.status"),
        finding("case.status-422", "should"),
        finding("case.reasoning", "info"),
        name="g",
    )
    limit = "the gateway answered 429: 'try again in {} s (request {})'"
    limited = [
        verdict("unverified", name="u", reason=limit.format("1.2", "req_1a2b")),
        verdict("unverified", name="v", reason=limit.format("0.7", "req_9f")),
    ]
    busy = verdict("unverified", name="w", reason="the gateway answered 503: overloaded")
    skipped = verdict("not_applicable", name="n", reason="the profile denies vision")
    run = document(*many, other, *limited, busy, skipped, verdict("passed", name="p"))
    lines = list(summary.lines(run, Path("reports/latest")))
    assert lines == [
        "gateway at http://h/v1, model m: 6 failed, 3 unverified, 1 passed, 1 not applicable",
        "note: no /v1",
        "unverified: 2 cases: the gateway answered 429: 'try again in 1.2 s (request req_1a2b)'",
        "    chat_completions/probe/u, chat_completions/probe/v",
        "unverified: 1 case: the gateway answered 503: overloaded",
        "    chat_completions/probe/w",
        "chat completions: 1 of 11 cases does not apply: left out by the profile (1)",
        "not applicable: the profile denies vision (1)",
        "report: reports/latest/run.json",
    ]


def test_a_green_summary_is_short() -> None:
    lines = list(summary.lines(document(verdict("passed")), Path("r")))
    assert lines == ["gateway at http://h/v1, model m: 1 passed", "note: no /v1", "report: r/run.json"]


@pytest.mark.socket
def test_the_key_of_a_live_exchange_is_in_no_report() -> None:
    def echoes(connection: Any, said: Said) -> None:
        connection.sendall(answer(400, said.requests[-1], (("content-type", "application/json"), ("x-echo", KEY))))

    with raw(echoes) as server, Client(timeout=10) as client:
        found = client.send(CHAT, Request("POST", f"{server.origin}/v1", body=b"{}", auth=("bearer", "x-api-key")), KEY)
    result = judge_exchanges(case(), [found], Profile(), ASSUMED)
    assert KEY not in text.verdict(result)
    assert KEY not in json.dumps(document(result))
    assert "$GATEWAY_API_KEY" in json.dumps(document(result))
