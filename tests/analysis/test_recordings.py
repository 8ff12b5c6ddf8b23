"""Checks of recorded traffic: every file format, the counts, and the report."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.analysis.recordings import check_files
from conformance.core import data_files
from conformance.core.model import Exchange, Verdict
from conformance.records import har, run_document
from conformance.records.jsonl import RecordingError
from conformance.report import recordings_text as report
from conformance.suite.load import load_cases
from tests.support.wire import CHAT, chat_answer, chat_stream, exchange

GOOD = exchange(CHAT, chat_answer())
BAD = exchange(CHAT, {**chat_answer(), "id": 7, "created": "now"})
ABSENT = exchange(CHAT, b"", ended="not_recorded")


def lines(*found: Exchange) -> str:
    """The exchanges as JSON lines."""
    rows = []
    for one in found:
        request = {"method": one.request.method, "url": one.request.url, "body": one.request.body.decode()}
        body = b"".join(chunk.data for chunk in one.chunks).decode()
        response = {"status": one.status, "headers": dict(one.headers), "body": body}
        rows.append(json.dumps({"family": one.family, "request": request, "response": response}))
    return "\n".join(rows)


def run_of(*found: Exchange) -> str:
    """A run.json with one case that has these exchanges."""
    case = load_cases(data_files.folder("cases"))[0]
    verdict = run_document.verdict(Verdict(case, "passed", exchanges=found))
    return json.dumps(run_document.document({}, "2026-01-02", 1.0, [verdict]))


def har_of(*found: Exchange) -> str:
    return json.dumps(har.document(found, "1.0"))


@pytest.mark.parametrize(
    ("name", "write"),
    [("a.har", har_of), ("a.json", har_of), ("run.json", run_of), ("a.har", run_of), ("a.jsonl", lines), ("a", lines)],
)
@pytest.mark.parametrize("packed", [False, True])
def test_every_format_is_read_plain_or_packed(name: str, write: Any, packed: bool, tmp_path: Path) -> None:
    path = tmp_path / (f"{name}.gz" if packed else name)
    text = write(GOOD, BAD).encode()
    path.write_bytes(gzip.compress(text) if packed else text)
    tally = check_files([path])
    assert tally.exchanges == 2
    assert tally.counts == {"chat.id": 1, "chat.created": 1}


def test_a_file_may_start_with_a_byte_order_mark(tmp_path: Path) -> None:
    for name, text in (("a.har", har_of(GOOD)), ("a.jsonl", lines(GOOD))):
        (tmp_path / name).write_text(text, "utf-8-sig")
        assert check_files([tmp_path / name]).exchanges == 1


def test_files_are_counted_together_and_the_first_example_is_kept(tmp_path: Path) -> None:
    first, second = tmp_path / "first.har", tmp_path / "second.jsonl"
    first.write_text(har_of(GOOD, BAD))
    second.write_text(lines(BAD, BAD))
    tally = check_files([first, second])
    assert (tally.exchanges, tally.counts["chat.id"]) == (4, 3)
    assert tally.examples["chat.id"][0] == "first.har#/log/entries/1"
    assert check_files([second, first]).examples["chat.id"][0] == "second.jsonl:1"


def test_rules_are_listed_by_level_the_most_frequent_first(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    without = {key: value for key, value in chat_answer().items() if key != "usage"}
    path.write_text(lines(BAD, exchange(CHAT, {**chat_answer(), "created": None}), exchange(CHAT, without)))
    tally = check_files([path])
    assert tally.rules("must") == ["chat.created", "chat.id"]
    assert tally.rules("should") == ["chat.usage.present"]
    assert set(tally.rules("must", "should", "may", "info")) == set(tally.counts)


def test_exchanges_that_cannot_be_judged_are_counted_separately(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    path.write_text(har_of(GOOD, ABSENT, exchange(CHAT, b"", status=None, headers=(), ended="unreachable")))
    tally = check_files([path])
    assert (tally.exchanges, tally.unjudged, tally.counts) == (1, 2, {})
    assert "2 more exchanges not judged" in "\n".join(report.lines(tally))
    assert report.document(tally)["unjudged"] == 2


def test_a_report_has_an_example_of_each_rule_and_the_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines(BAD, BAD, GOOD))
    said = list(report.lines(check_files([path])))
    text = "\n".join(said)
    assert "2 times, for example in a.jsonl:1" in said
    assert "MUST chat.id" in text
    assert "where:    /created" in text
    assert said[-1] == "3 exchanges; rules broken: 2 must, 0 should, 0 may, 0 info"


def test_text_of_a_gateway_cannot_control_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines(exchange(CHAT, {**chat_answer(), "object": "\x1b[2J\u202e"})))
    assert not {"\x1b", "\u202e"} & set("\n".join(report.lines(check_files([path]))))


UNREADABLE: dict[str, tuple[str, str, str]] = {
    "missing": ("", "", "cannot be read"),
    "cut": ("a.har", '{"log": {\n "entries": [\n', ":3: this is not valid JSON"),
    "another document": ("a.json", '{"name": "x"}', "neither a HAR file nor a run.json"),
    "a list": ("a.json", "[1]", "neither a HAR file nor a run.json"),
    "deep": ("a.json", "[" * 100_000, "this JSON cannot be read"),
    "deep line": ("a.jsonl", "[" * 100_000, ":1: no exchange"),
    "no entries": ("a.har", '{"log": {}}', "neither a HAR file nor a run.json"),
    "entries that are none": ("a.har", '{"log": {"entries": 7}}', "neither a HAR file nor a run.json"),
    "an entry that is none": ("a.har", '{"log": {"entries": [7]}}', "/log/entries/0 "),
    "a verdict that is none": ("a.json", '{"verdicts": [{"id": "a/b/c"}]}', "a/b/c: no exchange"),
    "a line that is none": ("a.jsonl", f"{lines(GOOD)}\n{{", ":2: no exchange"),
    "a foreign family": (
        "a.jsonl",
        lines(GOOD).replace("chat_completions", "../sse"),
        "the family '../sse' is not one of",
    ),
    "a status in words": ("a.jsonl", lines(GOOD).replace('"status": 200', '"status": "200"'), "the status '200'"),
    "nothing": ("a.jsonl", "\n", "no exchange of a known endpoint"),
    "no run": ("run.json", '{"verdicts": []}', "no exchange of a known endpoint"),
    "no bodies": ("a.har", har_of(ABSENT), "1 answer without body"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unusable_file_is_reported_with_name_and_position(name: str, tmp_path: Path) -> None:
    file, text, words = UNREADABLE[name]
    path = tmp_path / (file or "missing.har")
    if file:
        path.write_text(text)
    with pytest.raises(RecordingError) as raised:
        check_files([path])
    assert str(raised.value).startswith(str(path))
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_lengths_are_judged_on_request_or_if_the_suite_recorded_them(tmp_path: Path) -> None:
    """A recorder that unpacks a body leaves the headers about its length as they were."""
    decoded = exchange(CHAT, chat_answer(), headers=(*GOOD.headers, ("content-length", "7")))
    row = {**json.loads(lines(decoded)), "notes": ["headers_complete"]}
    foreign = json.loads(har_of(decoded))
    del foreign["log"]["entries"][0]["_exchange"]
    for name, text in (("a.jsonl", json.dumps(row)), ("a.har", json.dumps(foreign))):
        (tmp_path / name).write_text(text)
        assert check_files([tmp_path / name]).counts == {}
        assert check_files([tmp_path / name], framing=True).counts == {"http.header.content-length": 1}
    (tmp_path / "own.har").write_text(har_of(decoded))
    assert check_files([tmp_path / "own.har"]).counts == {"http.header.content-length": 1}


@pytest.mark.parametrize("body", [{}, {"body": None}], ids=["absent", "null"])
def test_a_line_without_the_answers_body_is_not_judged(body: dict[str, None], tmp_path: Path) -> None:
    row = {**json.loads(lines(GOOD)), "notes": ["headers_complete"], "response": {"status": 500, **body}}
    path = tmp_path / "a.jsonl"
    path.write_text(f"{lines(GOOD)}\n{json.dumps(row)}")
    tally = check_files([path])
    assert (tally.exchanges, tally.unjudged, tally.counts) == (1, 1, {})


def test_a_stream_in_json_lines_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines(exchange(CHAT, chat_stream(), stream=True)))
    assert check_files([path]).counts == {}
    path.write_text(lines(exchange(CHAT, chat_stream().replace("[DONE]", "{}"), stream=True)))
    assert "chat.stream.done-missing" in check_files([path]).counts
