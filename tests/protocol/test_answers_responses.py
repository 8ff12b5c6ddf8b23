"""Reads answers of Responses: streamed and plain, complete and truncated."""

from __future__ import annotations

import copy

import pytest

from conformance.core.model import Answer, ToolCall
from conformance.protocol import answers
from tests.support.examples.responses import (
    BASES,
    CALL,
    DONE,
    END,
    ITEM_DONE,
    PART_DONE,
    REASONING,
    drop,
    response,
    stream,
)


def test_a_text() -> None:
    said = answers.answer("responses", response(REASONING, CALL, *BASES["text"][1]["output"]))
    call = ToolCall("call_1", "get_weather", '{"city":"Oslo"}')
    assert said == Answer("Good day.", (call,), "completed", "", "It is easy.", 1, 9, 3)


@pytest.mark.parametrize(
    ("base", "stop"), [("failed", "failed"), ("cut", "max_output_tokens"), ("background", "queued")]
)
def test_why_it_ended(base: str, stop: str) -> None:
    said = answers.answer("responses", BASES[base][1])
    assert said is not None
    assert said.stop == stop


def test_a_refusal() -> None:
    said = answers.answer("responses", BASES["refusal"][1])
    assert said is not None
    assert (said.text, said.refusal) == ("", "I will not.")


@pytest.mark.parametrize("name", [name for name in BASES if name.endswith("stream")])
def test_the_last_event_decides_the_answer_of_a_stream(name: str) -> None:
    events = BASES[name][1]
    assert answers.assemble("responses", events) == events[-1]["response"]


@pytest.mark.parametrize("name", ["text stream", "refusal stream", "calls stream", "custom stream", "reasoning stream"])
def test_a_truncated_stream_has_the_received_text(name: str) -> None:
    whole = answers.answer("responses", BASES[name][1][-1]["response"])
    events = copy.deepcopy(BASES[name][1])
    drop(END, ITEM_DONE, PART_DONE, DONE)(events)
    assembled = answers.assemble("responses", events)
    came = answers.answer("responses", assembled)
    assert whole is not None
    assert came is not None
    assert (came.text, came.tool_calls, came.refusal, came.reasoning) == (
        whole.text, whole.tool_calls, whole.refusal, whole.reasoning,
    )  # fmt: skip
    assert came.stop == "in_progress"


def test_events_that_say_nothing() -> None:
    assert answers.assemble("responses", []) is None
    assert answers.assemble("responses", [{"type": 1}, {"type": "response.created", "response": []}]) is None
    assert answers.answer("responses", {}) == Answer()
    assert answers.assemble("responses", stream()[:1])["output"] == []
