"""The WebSocket mode of the reference gateway, as the official SDK uses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import websockets

from conformance.reference import Reference, reference_gateway

if TYPE_CHECKING:
    import openai

pytestmark = pytest.mark.sdk


@pytest.fixture(scope="module")
def running() -> Iterator[Reference]:
    with reference_gateway(pace=0, translate=True) as reference:
        yield reference


def sdk(running: Reference, key: str = "") -> openai.OpenAI:
    import openai  # not above: every worker collects this file, and one runs it

    return openai.OpenAI(base_url=running.base_url, api_key=key or running.key, max_retries=0)


def ended(connection: Any) -> Any:
    """The event that ends the response."""
    return next(event for event in connection if event.type in ("response.completed", "error"))


@pytest.mark.parametrize("model", ["reference-large", "via-chat", "via-messages"])
def test_a_connection_has_several_responses(running: Reference, model: str) -> None:
    with sdk(running) as client, client.responses.connect() as connection:
        for word in ("plum", "pear"):
            connection.response.create(model=model, input=f"Reply with exactly: {word}", store=False)
            response = ended(connection).response
            assert (response.status, response.model, response.output[0].content[0].text) == ("completed", model, word)


def test_a_stored_response_is_continued(running: Reference) -> None:
    with sdk(running) as client, client.responses.connect() as connection:
        connection.response.create(model="reference-large", input="The code word is plum.")
        first = ended(connection).response
        question = "What is the code word? Reply with exactly the code word."
        connection.response.create(model="reference-large", previous_response_id=first.id, input=question)
        assert ended(connection).response.output[0].content[0].text == "plum"


@pytest.mark.parametrize("model", ["reference-large", "via-chat", "via-messages"])
def test_a_connection_knows_its_latest_response(running: Reference, model: str) -> None:
    """Nothing is stored, and the request is prepared before it generates, as Codex does."""
    tool: Any = {"type": "function", "name": "get_code", "parameters": {"type": "object", "properties": {}}}
    asked: Any = {"model": model, "store": False, "tools": [tool]}
    with sdk(running) as client, client.responses.connect() as connection:
        connection.response.create(**asked, generate=False, input="Call get_code.")
        prepared = ended(connection).response
        assert (prepared.status, prepared.output) == ("completed", [])
        connection.response.create(**asked, previous_response_id=prepared.id, input=[])
        called = ended(connection).response
        [call] = called.output
        output: Any = [{"type": "function_call_output", "call_id": call.call_id, "output": "plum"}]
        connection.response.create(**asked, previous_response_id=called.id, input=output)
        assert "plum" in ended(connection).response.output[0].content[0].text


def test_an_error_is_a_message_and_the_connection_stays(running: Reference) -> None:
    with sdk(running) as client, client.responses.connect() as connection:
        connection.response.create(model="nope", input="Hello")
        error = ended(connection)
        assert (error.status, error.error.code, error.error.param) == (404, "model_not_found", "model")
        connection.send_raw('{"type": "session.update"}')
        assert ended(connection).error.param == "type"
        connection.response.create(model="reference-mini", input="Reply with exactly: fine")
        assert ended(connection).response.output[0].content[0].text == "fine"


def test_a_wrong_key_is_refused_before_the_connection_opens(running: Reference) -> None:
    with (
        sdk(running, "sk-wrong") as client,
        pytest.raises(websockets.exceptions.InvalidStatus, match="401"),
        client.responses.connect(),
    ):
        pass
