"""Messages requests that the provider accepts and refuses, in process."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.reference.provider.cache import Cache
from conformance.reference.provider.errors import Refused
from conformance.reference.provider.identity import Seal
from conformance.reference.provider.messages import Dialect, answer
from tests.support.messages_shapes import ACCEPTED, ACCEPTED_IN_BETA, LOOKUP, MODEL, NOT_ACCEPTED, TURN, request

PLAIN, BETA = Dialect("2026-10-21"), Dialect("2026-10-21", beta=True)
SEAL = Seal("secret")


def answered(changes: dict[str, Any], dialect: Dialect = PLAIN) -> Any:
    """The message that answers a request."""
    return answer(request(changes), (MODEL,), SEAL, dialect, Cache()).body


@pytest.mark.parametrize("name", ACCEPTED)
@pytest.mark.parametrize("dialect", [PLAIN, BETA], ids=["plain", "beta"])
def test_what_the_api_accepts_is_answered(name: str, dialect: Dialect) -> None:
    assert answered(ACCEPTED[name], dialect)["type"] == "message"


@pytest.mark.parametrize("name", ACCEPTED_IN_BETA)
def test_what_a_beta_adds_needs_the_header(name: str) -> None:
    assert answered(ACCEPTED_IN_BETA[name], BETA)["type"] == "message"


@pytest.mark.parametrize("name", ["context_management", "thinking.updates", "system.clear_at", "task_budget", "mcp"])
def test_without_the_header_it_is_refused(name: str) -> None:
    with pytest.raises(Refused):
        answered(ACCEPTED_IN_BETA[name])


@pytest.mark.parametrize("name", NOT_ACCEPTED)
def test_what_the_api_does_not_know_is_refused(name: str) -> None:
    with pytest.raises(Refused):
        answered(NOT_ACCEPTED[name], BETA)


def test_an_unknown_field_is_refused_in_the_words_that_clients_look_for() -> None:
    with pytest.raises(Refused, match=r"^context_management: Extra inputs are not permitted$"):
        answered({"context_management": {"edits": []}})


OTHER = {**LOOKUP, "name": "find_colour", "description": "Finds a colour", "defer_loading": True}
SEARCHED = {"type": "tool_use", "id": "toolu_1", "name": "lookup", "input": {}}


@pytest.mark.parametrize("loaded", [True, False])
def test_a_deferred_tool_is_called_only_when_a_reference_has_loaded_it(loaded: bool) -> None:
    content: list[dict[str, Any]] = [{"type": "tool_reference", "tool_name": "find_colour"}] if loaded else []
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": content}
    question = {"type": "text", "text": "Now call find_colour."}
    messages = [TURN, {"role": "assistant", "content": [SEARCHED]}, {"role": "user", "content": [result, question]}]
    message = answered({"tools": [LOOKUP, OTHER], "messages": messages})
    assert [block.get("name") for block in message["content"]] == (["find_colour"] if loaded else [None])


@pytest.mark.parametrize(("clear_at", "says"), [("next_user_message", "plain"), ("never", "green"), (None, "green")])
def test_a_system_message_can_end_with_the_next_turn(clear_at: str | None, says: str) -> None:
    told = {"role": "system", "content": "The colour is green.", "clear_at": clear_at}
    turns = [{"role": "user", "content": "The colour is plain."}, told, {"role": "assistant", "content": "Yes."}]
    message = answered({"messages": [*turns, {"role": "user", "content": "What is the colour?"}]}, BETA)
    assert message["content"][0]["text"] == says


def test_the_latest_effort_of_a_system_message_decides() -> None:
    def thought(effort: str) -> int:
        turns = [TURN, {"role": "system", "output_config": {"effort": effort}}]
        changes = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}, "messages": turns}
        return int(answered(changes, BETA)["usage"]["output_tokens_details"]["thinking_tokens"])

    assert thought("max") > thought("medium")


def test_the_model_reads_the_result_of_a_tool_of_the_server() -> None:
    page = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "The word is plum."}}
    fetched = {"type": "web_fetch_result", "url": "https://example.com", "content": page}
    call = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_fetch", "input": {}}
    result = {"type": "web_fetch_tool_result", "tool_use_id": "srvtoolu_1", "content": fetched}
    turns = [TURN, {"role": "assistant", "content": [call, result]}, {"role": "user", "content": "What is the word?"}]
    assert "plum" in json.dumps(answered({"messages": turns})["content"])
