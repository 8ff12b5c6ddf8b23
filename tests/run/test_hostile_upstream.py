"""A gateway that is hostile to its upstream: the run goes on, whatever it sends to the scripted provider."""

from __future__ import annotations

import json
import re
import resource
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from conformance.analysis import rejudge
from conformance.core.canary import TOKEN
from conformance.core.provider_control import DEFAULT_KEY
from conformance.records.run_file import read_run
from conformance.suite.load import load_cases
from tests.support import suite
from tests.support.hostile import GOOD, pack_bombs
from tests.support.hostile_requests import HOSTILE, Upstream, relay
from tests.support.servers import Said, json_answer, raw, unused_port

MAX_SECONDS = 60.0
"""Of CPU for the run with all behaviours."""
MAX_MEMORY = 1024 * 1024
"""Kilobytes by which the peak memory of the process may grow."""
RECORDED = {
    "nested 100,000 deep": [200], "half a character": [200], "a billion choices": [200], "not JSON": [200],
    "parameters of wrong types": [200], "thinking of wrong types": [200], "reasoning of wrong types": [200],
    "options that are a list": [200], "a wrong key": [401], "a key that is not ASCII": [401],
    "removes its script": [], "replaces its script": [], "escapes the control path": [], "rubbish": [],
    "20 requests in a row": [200] * 20, "200 requests in a row": [200] * 100,
}  # fmt: skip
"""The statuses of the recorded requests of some behaviours."""

HEAD = "family: upstream\narea: hostile\nto: chat_completions\nsource: https://example.invalid\ncases:\n"
CASE = """\
  - id: row-{number}
    title: A request gets its answer
    upstream: {{family: chat_completions, answers: [{{reply: {{text: A heron., reasoning: So.}}}}]}}
    request: {{body: {{model: $model, messages: [{{role: user, content: "$token Row {number}."}}]}}}}
    expect: {{outcome: success}}
"""


class Gateway:
    """Answers each request with a good answer, after it has sent something to its upstream.

    For the case of a behaviour, that is the behaviour; for others, a request as it should be.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    def __call__(self, connection: socket.socket, said: Said) -> None:
        line, _, body = said.asked(-1)
        if line.startswith("GET "):
            connection.sendall(json_answer({"object": "list", "data": [{"id": "m", "object": "model"}]}))
            return
        if token := re.search(TOKEN.encode(), body):
            row = re.search(rb"Row (\d+)\.", body)
            (list(HOSTILE.values())[int(row[1])] if row else relay)(self._upstream, token[0])
        connection.sendall(json_answer(GOOD))


@pytest.mark.socket
def test_a_run_goes_on(tmp_path: Path) -> None:
    pack_bombs()
    (tmp_path / "cases").mkdir()
    cases = "".join(CASE.format(number=number) for number in range(len(HOSTILE)))
    (tmp_path / "cases" / "probe.yaml").write_text(HEAD + cases, "utf-8")
    profile = tmp_path / "profile.yaml"
    profile.write_text("upstreams: {m: chat_completions}\n", "utf-8")
    upstream = Upstream(("127.0.0.1", unused_port()), [])
    start, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with raw(Gateway(upstream)) as server:
        result = suite.run(
            f"--gateway-url={server.origin}/v1", f"--gateway-cases={tmp_path / 'cases'}", "--gateway-retries=0",
            f"--gateway-report-dir={tmp_path / 'r'}", f"--gateway-profile={profile}", "--gateway-timeout=30",
            f"--gateway-provider-listen=127.0.0.1:{upstream.address[1]}", "--gateway-model=m", "-W=error",
        )  # fmt: skip
    for connection in upstream.held:
        connection.close()
    said = result.stdout + result.stderr
    assert result.returncode == 1, said
    assert "Traceback" not in said
    assert "INTERNALERROR" not in said
    assert time.process_time() - start < MAX_SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MAX_MEMORY
    document = read_run(tmp_path / "r" / "run.json")
    assert_judged(document, tmp_path)


def assert_judged(document: Any, folder: Path) -> None:
    names, entries = list(HOSTILE), document["verdicts"]
    assert len(entries) == len(names)
    assert {entry["outcome"] for entry in entries} <= {"passed", "warned", "failed", "unverified"}
    verified = rejudge.verify(document, load_cases(folder / "cases"))
    assert verified.differences == ()
    found = {names[int(re.findall(r"row-(\d+)", entry["id"])[0])]: entry for entry in entries}
    statuses = {
        name: [one["status"] for exchange in found[name]["exchanges"] for one in exchange.get("behind", ())]
        for name in RECORDED
    }
    assert statuses == RECORDED
    assert DEFAULT_KEY not in json.dumps(document)
    assert not any("cannot answer" in one["problem"] for entry in entries for exchange in entry["exchanges"]
                   for one in exchange.get("behind", ()))  # fmt: skip


def test_at_least_fifty() -> None:
    assert len(HOSTILE) >= 50
