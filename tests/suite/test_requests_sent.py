"""The cases send what clients send, fit the schemas of the APIs, and see every part of an answer.

All one-sided cases of Messages and Chat Completions are run once against the reference gateway, in this process.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.core.model import JSON, Exchange, Verdict
from conformance.protocol.family import load_family
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import breaches
from tests.support.examples.body_shapes import shapes
from tests.support.proof import in_process, one_sided_cases

pytestmark = pytest.mark.proof

FAMILIES = ("messages", "chat_completions")

SHAPES = Path(__file__).with_name("client_shapes_messages.txt").read_text("utf-8").splitlines()
"""Paths in the bodies of Claude Code 2.1, OpenCode 1.18, the Vercel AI SDK 7.0 and LangChain, seen on 2026-11-29."""

HEADERS = (
    "accept-language",
    "anthropic-dangerous-direct-browser-access",
    "authorization",
    "x-api-key",
    "x-app",
    "x-session-affinity",
    "x-session-id",
    "x-stainless-arch",
    "x-stainless-async",
    "x-stainless-os",
    "x-stainless-package-version",
    "x-stainless-raw-response",
    "x-stainless-retry-count",
    "x-stainless-runtime",
    "x-stainless-runtime-version",
)
"""Headers of these clients."""

BLOCKS = (
    "text", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "web_search_tool_result",
    "web_fetch_tool_result", "code_execution_tool_result", "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result", "tool_search_tool_result", "container_upload",
)  # fmt: skip
"""The types of blocks in `anthropic/types/content_block.py`, 2.14."""

STOPS = (
    "end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal", "model_context_window_exceeded",
    "compaction",
)  # fmt: skip
DELTAS = ("text_delta", "input_json_delta", "citations_delta", "thinking_delta", "signature_delta", "compaction_delta")


@dataclass(frozen=True)
class Sent:
    """A request of a step that expects an answer, and the answer."""

    case: str
    exchange: Exchange

    @property
    def body(self) -> Any:
        return json.loads(self.exchange.request.body)


@pytest.fixture(scope="module")
def verdicts() -> Sequence[Verdict]:
    cases = [case for case in one_sided_cases() if case.endpoint in FAMILIES]
    with in_process() as proof:
        return proof.verdicts(cases)


@pytest.fixture(scope="module")
def accepted(verdicts: Sequence[Verdict]) -> list[Sent]:
    """The requests of the steps that expect an answer, if they were answered."""
    return [
        Sent(verdict.case.id, exchange)
        for verdict in verdicts
        for step, exchange in zip(verdict.case.steps, verdict.exchanges, strict=False)
        if step.expect["outcome"] == "success" and exchange.status == 200 and exchange.request.body
    ]


def of(accepted: Sequence[Sent], family: str) -> Iterator[Sent]:
    return (sent for sent in accepted if sent.exchange.family == family)


def test_the_reference_gateway_passes(verdicts: Sequence[Verdict]) -> None:
    assert [verdict.case.id for verdict in verdicts if verdict.outcome not in ("passed", "warned")] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_every_accepted_request_fits_the_schema_of_its_api(accepted: list[Sent], family: str) -> None:
    """A request that we call right and that does not fit is a mistake of the suite."""
    schema = load_family(family).request
    misfits = [
        f"{sent.case}: {breach.where.pointer}: wanted {breach.expected}, got {breach.got}"
        for sent in of(accepted, family)
        for breach in breaches(schema, sent.body)
    ]
    assert misfits == []


def test_every_path_of_the_clients_is_sent(accepted: list[Sent]) -> None:
    sent = {path for each in of(accepted, "messages") for path in shapes(each.body)}
    assert len(SHAPES) == 40
    assert sorted(set(SHAPES) - sent) == []


def test_every_header_of_the_clients_is_sent(accepted: list[Sent]) -> None:
    sent = {name.lower() for each in of(accepted, "messages") for name, _ in each.exchange.request.headers}
    forms = {form for each in of(accepted, "messages") for form in each.exchange.request.auth}
    sent |= {"authorization" if form == "bearer" else form for form in forms}
    assert sorted(set(HEADERS) - sent) == []


def readings(accepted: Sequence[Sent], stream: bool) -> Iterator[Reading]:
    for sent in of(accepted, "messages"):
        reading = Reading(sent.exchange)
        if reading.final and (reading.kind == "stream") is stream:
            yield reading


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_every_type_of_block_and_every_stop_reason_is_seen(accepted: list[Sent], stream: bool) -> None:
    finals: list[JSON] = [reading.final for reading in readings(accepted, stream)]
    blocks = {block["type"] for final in finals for block in final["content"]}
    assert blocks >= set(BLOCKS)
    assert {final["stop_reason"] for final in finals} >= set(STOPS)


def test_every_type_of_delta_is_seen(accepted: list[Sent]) -> None:
    events = (event for reading in readings(accepted, stream=True) for event in reading.documents)
    assert {event["delta"].get("type") for event in events if event["type"] == "content_block_delta"} == set(DELTAS)


def test_results_answer_calls_of_the_clients_tools_alone() -> None:
    """A block of a server tool has an id, too, also in the answers of gateways that add one."""
    kept = {
        step.keep["call"]
        for case in one_sided_cases()
        if case.family == "messages"
        for step in case.steps
        if "call" in step.keep
    }
    assert kept == {"/content/*[type=tool_use]/id"}
