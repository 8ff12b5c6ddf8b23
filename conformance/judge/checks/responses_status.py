"""The status of a response is a value of this API, and its timestamps match it.

Sources: openai-python openai/types/responses/response_status.py and response.py; the words of the others are from
openai/types/beta/threads/run_status.py, openai/types/chat/chat_completion.py and anthropic/types/stop_reason.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import JSON, Breach
from conformance.core.pointer import get
from conformance.judge.checks import breach, check
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

_FOREIGN = frozenset(
    {
        *("requires_action", "cancelling", "expired"),  # a run of the Assistants API
        *("stop", "length", "tool_calls", "function_call", "content_filter"),  # Chat Completions
        *("end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal"),  # Messages
    }
)
_NOT_YET = ("in_progress", "queued")


@check("responses.status.foreign", "responses.status.completed-at", families=("responses",), on="success")
def status(reading: Reading) -> Iterator[Breach]:
    """The status is valid (`completed` also with tool calls), and only a completed response has completed_at."""
    for at, response, event in _responses(reading):
        word = get(response, "/status", str)
        if word in _FOREIGN:
            yield breach(
                "responses.status.foreign", "completed, incomplete or failed", show(word), f"{at}/status", event
            )
        completed = get(response, "/completed_at", int)
        if word in _NOT_YET and completed is not None:
            got = f"{completed} while {word}"
            yield breach("responses.status.completed-at", "null", got, f"{at}/completed_at", event)


def _responses(reading: Reading) -> Iterator[tuple[str, JSON, int | None]]:
    """Yield (pointer, response, event number) for the answer, or for every lifecycle event of a stream."""
    if reading.kind == "json":
        yield "", reading.json, None
    else:
        for parsed in reading.events:
            if (response := get(parsed.json, "/response", dict)) is not None:
                yield "/response", response, parsed.event.number
