"""The cases of Responses send what clients send, fit the vendor's schema, and see what the API can answer."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.core import data_files
from conformance.core.model import Exchange, Verdict
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import breaches
from tests.support.examples.body_shapes import shapes
from tests.support.paths import ROOT
from tests.support.proof import chosen, in_process

pytestmark = pytest.mark.proof

SENT_BY_CLIENTS = Path(__file__).with_name("client_shapes_responses.txt").read_text("utf-8").splitlines()
"""The paths in the requests of Codex, OpenCode, the Vercel AI SDK, LangChain and the OpenAI Agents SDK, of 2026-11-29,
that no case sent before."""

HEADERS = (
    "accept-language", "originator", "session-id", "thread-id", "version", "x-codex-beta-features",
    "x-codex-turn-metadata", "x-codex-window-id", "x-openai-internal-codex-responses-lite", "x-session-affinity",
    "x-session-id", "x-stainless-arch", "x-stainless-async", "x-stainless-os", "x-stainless-raw-response",
    "x-stainless-read-timeout", "x-stainless-runtime", "x-stainless-runtime-version",
)  # fmt: skip
"""Headers of these clients."""

ITEMS = data_files.schema("responses/response.schema.json")["$defs"]["item"]["discriminator"]["mapping"]
ASIDE = {"keepalive", "response.rate_limits.updated"}
"""Events that belong to the connection; openai-python has no type for them."""
EVENTS = set(data_files.schema("responses/event.schema.json")["discriminator"]["mapping"]) - ASIDE


@pytest.fixture(scope="module")
def verdicts() -> Iterator[list[Verdict]]:
    with in_process() as proof:
        yield proof.verdicts(chosen("responses/*"))


@pytest.fixture(scope="module")
def accepted(verdicts: list[Verdict]) -> list[tuple[str, Exchange]]:
    """The requests that have to be answered, and are; each with the id of its case."""
    return [
        (verdict.case.id, exchange)
        for verdict in verdicts
        for step, exchange in zip(verdict.case.steps, verdict.exchanges, strict=False)
        if step.expect["outcome"] == "success" and exchange.family == "responses" and exchange.status == 200
    ]


def _sent(exchange: Exchange) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(exchange.request.body or b"{}")
    return body


def test_the_cases_pass_at_the_reference_gateway(verdicts: list[Verdict]) -> None:
    new = ("responses/clients/", "responses/output-items/")
    found = [(each.case.id, each.findings) for each in verdicts if each.case.id.startswith(new)]
    assert len(found) > 50
    assert [
        (id_, findings) for id_, findings in found if any(one.level in ("must", "should") for one in findings)
    ] == []


def test_every_path_that_clients_send_is_sent_by_an_accepted_case(accepted: list[tuple[str, Exchange]]) -> None:
    sent = {path for _, exchange in accepted for path in shapes(_sent(exchange), tags=("type",))}
    headers = {name.lower() for _, exchange in accepted for name, _ in exchange.request.headers}
    assert len(SENT_BY_CLIENTS) == 75
    assert [path for path in SENT_BY_CLIENTS if path not in sent] == []
    assert [name for name in HEADERS if name not in headers] == []


def test_requests_that_have_to_be_answered_fit_the_schema(accepted: list[tuple[str, Exchange]]) -> None:
    wrong = {
        id_: f"{breach.where.pointer}: {breach.expected}, not {breach.got}"
        for id_, exchange in accepted
        if exchange.request.method == "POST" and exchange.request.url.endswith("/responses")
        for breach in breaches("responses/request.schema.json", _sent(exchange))
    }
    assert wrong == {}


def test_a_request_that_does_not_fit_the_schema_is_noticed() -> None:
    for wrong in ({"tools": [{"type": "namespace"}]}, {"input": [{"type": "mcp_call"}]}, {"max_tokens": 5}):
        assert [*breaches("responses/request.schema.json", {"model": "m", "input": "Hi", **wrong})]


def test_a_run_sees_what_the_api_can_answer(verdicts: list[Verdict]) -> None:
    items, events, reasons = _seen([exchange for verdict in verdicts for exchange in verdict.exchanges])
    assert sorted(set(ITEMS) - items) == []
    assert sorted(EVENTS - events) == []
    assert reasons == {"max_output_tokens", "content_filter", "max_messages", "steered"}
    assert (len(ITEMS), len(EVENTS)) == (28, 59)


def _seen(exchanges: list[Exchange]) -> tuple[set[str], set[str], set[str]]:
    """The types of items, those of events, and the reasons of incomplete responses."""
    seen: Mapping[str, set[str]] = defaultdict(set)
    for exchange in exchanges:
        reading = Reading(exchange)
        final = reading.final if isinstance(reading.final, dict) else {}
        seen["items"].update(item["type"] for item in final.get("output") or () if isinstance(item, dict))
        seen["events"].update(parsed.json["type"] for parsed in reading.events if isinstance(parsed.json, dict))
        seen["reasons"].update([details["reason"]] if (details := final.get("incomplete_details")) else [])
    return seen["items"], seen["events"], seen["reasons"]


def test_each_item_and_each_event_has_a_fault() -> None:
    folder = ROOT / "conformance" / "reference" / "faults" / "responses"
    named = "".join(path.read_text("utf-8") for path in folder.glob("*.*"))
    names = [*ITEMS, *(event.removeprefix("response.") for event in EVENTS)]
    assert [name for name in names if not re.search(rf"\b{re.escape(name)}\b", named)] == []
