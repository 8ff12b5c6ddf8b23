"""Reads recordings as exchanges, and describes files that are not recordings."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.records import jsonl
from conformance.records.jsonl import read_jsonl

ROW: dict[str, Any] = {
    "id": "one",
    "family": "chat",
    "date": "2026-01-02",
    "notes": ["headers_complete"],
    "request": {"method": "POST", "url": "https://h/v1/chat/completions", "headers": {"A": "b"}, "body": {"é": 1}},
    "response": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": '{"ü": "€"}'},
}


def test_a_row_is_an_exchange() -> None:
    exchange = jsonl.exchange(ROW)
    assert (exchange.family, exchange.status, exchange.date) == ("chat_completions", 200, "2026-01-02")
    assert exchange.request.headers == (("A", "b"),)
    assert json.loads(exchange.request.body) == {"é": 1}
    assert exchange.headers == (("Content-Type", "application/json"),)
    assert b"".join(chunk.data for chunk in exchange.chunks) == '{"ü": "€"}'.encode()


@pytest.mark.parametrize("family", ["responses", "messages", "models"])
def test_other_families_keep_their_names(family: str) -> None:
    assert jsonl.exchange({**ROW, "family": family}).family == family


@pytest.mark.parametrize(
    ("family", "asked", "held_to"),
    [
        ("responses", "POST /v1/responses", "responses"),
        ("responses", "POST /v1/responses/", "responses"),
        ("responses", "post /openai/responses?api-version=1", "responses"),
        ("responses", "GET /v1/responses/resp_1", "responses"),
        ("responses", "GET /v1/responses/resp_1?stream=true&starting_after=5", "elsewhere"),
        ("responses", "DELETE /v1/responses/resp_1", "elsewhere"),
        ("responses", "GET /v1/responses/resp_1/input_items", "elsewhere"),
        ("responses", "POST /v1/responses/compact", "elsewhere"),
        ("chat", "GET /v1/chat/completions", "elsewhere"),
        ("chat", "DELETE /v1/chat/completions/chatcmpl-1", "elsewhere"),
        ("chat", "POST /openai/deployments/gpt/chat/completions", "chat_completions"),
        ("messages", "POST /v1/messages?beta=true", "messages"),
        ("messages", "POST /v1/messages/batches", "elsewhere"),
        ("messages", "POST /model/claude/invoke", "messages"),
        ("model", "GET /v1/models/gpt-5", "model"),
    ],
)
def test_another_endpoint_below_the_familys_own_is_not_held_to_its_answers(
    family: str, asked: str, held_to: str
) -> None:
    method, path = asked.split()
    request = {**ROW["request"], "method": method, "url": f"https://h{path}"}
    assert jsonl.exchange({**ROW, "family": family, "request": request}).family == held_to


@pytest.mark.parametrize(
    ("notes", "lacks"),
    [
        ([], {"timing", "framing", "headers"}),
        (["headers_complete"], {"timing", "framing"}),
        (["headers_complete", "reserialised"], {"timing", "framing", "bytes"}),
        (["headers_scrubbed"], {"timing", "framing", "headers"}),
    ],
)
def test_notes_about_missing_parts_of_a_recording(notes: list[str], lacks: set[str]) -> None:
    assert jsonl.exchange({**ROW, "notes": notes}).lacks == lacks


@pytest.mark.parametrize(
    ("length", "lacks"),
    [("8", set()), ("80", set()), ("7", {"request"}), ("chunked", set())],
)
def test_a_request_longer_than_its_length_was_edited(length: str, lacks: set[str]) -> None:
    request = {**ROW["request"], "headers": {"Content-Length": length}}
    assert jsonl.exchange({**ROW, "request": request}).lacks == {"timing", "framing", *lacks}


def test_optional_members_may_be_missing() -> None:
    row = {key: value for key, value in ROW.items() if key in ("family",)}
    exchange = jsonl.exchange({**row, "request": {"method": "GET", "url": "u"}, "response": {"status": 204}})
    assert (exchange.request.body, exchange.headers, exchange.date) == (b"", (), "")
    assert b"".join(chunk.data for chunk in exchange.chunks) == b""


def test_half_a_surrogate_pair_is_kept() -> None:
    response = {**ROW["response"], "body": "\ud83d"}
    (chunk,) = jsonl.exchange({**ROW, "response": response}).chunks
    assert chunk.data == b"\xed\xa0\xbd"


def test_a_file_is_read_line_by_line_plain_or_packed(tmp_path: Path) -> None:
    text = f"{json.dumps(ROW)}\n\n{json.dumps({key: value for key, value in ROW.items() if key != 'id'})}\n"
    plain, packed = tmp_path / "a.jsonl", tmp_path / "a.jsonl.gz"
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))
    assert [name for name, _ in read_jsonl(plain)] == ["one", "a.jsonl:3"]
    assert [found for _, found in read_jsonl(packed)] == [found for _, found in read_jsonl(plain)]


@pytest.mark.parametrize(
    "line",
    ["{", "[]", "7", '{"family": "chat"}', json.dumps({**ROW, "request": None}), json.dumps({**ROW, "response": {}})],
)
def test_an_invalid_line_is_reported_with_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"{json.dumps(ROW)}\n{line}\n")
    with pytest.raises(jsonl.RecordingError, match=r"a\.jsonl:2: no exchange"):
        list(read_jsonl(path))


def test_a_line_is_counted_with_the_blank_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"\n\n{json.dumps(ROW)}\n{{\n")
    with pytest.raises(jsonl.RecordingError, match=r"a\.jsonl:4"):
        list(read_jsonl(path))


@pytest.mark.parametrize(
    "name", ["missing.jsonl", "none.jsonl.gz", "short.jsonl.gz", "damaged.jsonl.gz", "latin.jsonl"]
)
def test_an_unreadable_file_is_reported_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "none.jsonl.gz").write_bytes(b"no gzip")
    packed = gzip.compress(json.dumps(ROW).encode())
    (tmp_path / "short.jsonl.gz").write_bytes(packed[:-20])
    (tmp_path / "damaged.jsonl.gz").write_bytes(packed[:10] + b"\xff" * 20 + packed[30:])
    (tmp_path / "latin.jsonl").write_bytes(b"\xff")
    with pytest.raises(jsonl.RecordingError, match=name):
        list(read_jsonl(tmp_path / name))
