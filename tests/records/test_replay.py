"""Reads run.json back: the exchanges and their findings are the same as in the run."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.core import data_files
from conformance.core.model import Chunk, Exchange, Verdict
from conformance.judge import contract
from conformance.records import har, replay, run_document
from conformance.records.jsonl import RecordingError
from conformance.report import files
from conformance.run import connect
from conformance.run.case_runner import CaseRunner
from conformance.run.connect import Options
from conformance.suite.load import load_cases
from tests.support.wire import CHAT, MESSAGES, chat_stream, exchange, messages_stream

CASES = {case.id: case for case in load_cases(data_files.folder("cases"))}
FEW = ("chat_completions/tools/forced[stream=true]", "messages/text/content-blocks[stream=true]",
       "responses/tools/forced[stream=false]", "auth/anthropic/messages-wrong-key[stream=false]",
       "routing/paths/unknown-path", "models/openai/list")  # fmt: skip
AREAS = tuple(name.partition("[")[0].rpartition("/")[0] for name in FEW)


@pytest.fixture(scope="module")
def verdicts() -> Iterator[list[Verdict]]:
    """One case from each of several areas, run against the reference gateway."""
    chosen = [next(case for name, case in CASES.items() if name.startswith(f"{area}/")) for area in AREAS]
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GATEWAY_API_KEY", raising=False)
        chosen_options = Options()
        with connect.servers(chosen_options) as (urls, _), chosen_options.client() as client:
            runner = CaseRunner(connect.reach(chosen_options, urls, client).first, client)
            yield [runner.run(case) for case in chosen]


def written(path: Path, *verdicts: Verdict) -> Any:
    """A run.json with these verdicts, as it stands on disk."""
    files.write(
        path, run_document.document({}, "2026-01-02", 1.0, [run_document.verdict(verdict) for verdict in verdicts])
    )
    return json.loads(path.read_text("utf-8"))


def rounded(found: Exchange) -> Exchange:
    """The exchange with its times as exact as a report keeps them."""
    chunks = tuple(Chunk(round(chunk.at, 4), chunk.data) for chunk in found.chunks)
    return replace(found, chunks=chunks, seconds=round(found.seconds, 4))


@pytest.mark.socket
def test_a_live_run_is_read_as_it_was_and_judged_as_it_was(verdicts: list[Verdict], tmp_path: Path) -> None:
    live = {verdict.case.id: verdict.exchanges for verdict in verdicts}
    read: dict[str, list[Exchange]] = {}
    for name, found in replay.exchanges(written(tmp_path / "run.json", *verdicts)):
        read.setdefault(name, []).append(found)
    assert {name: [rounded(one) for one in found] for name, found in live.items()} == read
    for name, found in live.items():
        assert found, name
        assert [contract.findings(one) for one in read[name]] == [contract.findings(one) for one in found]


@pytest.mark.socket
def test_a_live_run_that_was_recorded_as_har_is_judged_as_it_was(verdicts: list[Verdict]) -> None:
    live = [found for verdict in verdicts for found in verdict.exchanges]
    read = [found for _, found in har.exchanges(json.loads(json.dumps(har.document(live, "1.0"))))]
    assert len(read) == len(live)
    assert [contract.findings(one) for one in read] == [contract.findings(one) for one in live]


LATE = chat_stream(*(f"word {number} " for number in range(60)))
BAD = {
    "buffered": exchange(CHAT, LATE, stream=True, chunks=(Chunk(9.00001, LATE.encode()),), seconds=9.00001),
    "cut": exchange(MESSAGES, messages_stream()[:-30], stream=True, ended="cut", problem="the peer went away \ud800"),
    "no text": exchange(MESSAGES, b"\xff\xfe\x00"),
    "half a character": exchange(CHAT, "\ud83d".encode("utf-8", "surrogatepass")),
    "lost": replace(exchange(CHAT, b"<html>", status=404), family="elsewhere"),
    "unreachable": exchange(CHAT, b"", status=None, headers=(), ended="unreachable", problem="refused"),
}


@pytest.mark.parametrize("name", BAD)
def test_findings_are_reproduced(name: str, tmp_path: Path) -> None:
    verdict = Verdict(CASES[next(iter(CASES))], "failed", exchanges=(BAD[name],))
    ((_, found),) = replay.exchanges(written(tmp_path / "run.json", verdict))
    assert found.chunks == rounded(BAD[name]).chunks
    again = [(finding.rule, finding.where) for finding in contract.findings(found)]
    assert again == [(finding.rule, finding.where) for finding in contract.findings(BAD[name])]
    assert bool(again) == (name != "unreachable")


DAMAGES: dict[str, Any] = {
    "verdict": lambda entry: [],
    "exchanges": lambda entry: {**entry, "exchanges": None},
    "family": lambda entry: _changed(entry, "family", "chitchat"),
    "status": lambda entry: _changed(entry, "status", "200"),
    "headers": lambda entry: _changed(entry, "headers", [["a"]]),
    "header": lambda entry: _changed(entry, "headers", [["a", 7]]),
    "chunks": lambda entry: _changed(entry, "chunks", [{"at": "now", "text": ""}]),
    "body": lambda entry: _changed(entry, "chunks", [{"at": 0.0, "base64": "a"}]),
    "ended": lambda entry: _changed(entry, "ended", "somehow"),
}


def _changed(entry: Any, member: str, value: Any) -> Any:
    changed = copy.deepcopy(entry)
    changed["exchanges"][0][member] = value
    return changed


@pytest.mark.parametrize("name", DAMAGES)
def test_an_invalid_verdict_is_reported(name: str, tmp_path: Path) -> None:
    verdict = Verdict(CASES[next(iter(CASES))], "passed", exchanges=(exchange(CHAT, "{}"),))
    document = written(tmp_path / "run.json", verdict)
    document["verdicts"] = [DAMAGES[name](document["verdicts"][0])]
    with pytest.raises(RecordingError, match="no exchange can be read from this verdict"):
        list(replay.exchanges(document))
