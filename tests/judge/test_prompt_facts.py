"""Prompt facts: texts to repeat verbatim, and questions that need earlier turns."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.core.model import Step
from conformance.judge.prompt_facts import (
    needs_memory,
    needs_parallel_calls,
    needs_schema,
    needs_several_words,
    needs_sight,
    needs_values,
    offers_tools,
)


@pytest.mark.parametrize(
    ("body", "expect", "more"),
    [
        ({"input": "Reply with exactly: Word"}, {"answer": {"contains": "word"}}, False),
        ({"input": 'Reply with exactly: "q"\\'}, {"answer": {"contains": '"q"\\'}}, False),
        ({"input": "Reply with exactly: 你好"}, {"answer": {"contains": "你好"}}, False),
        ({"input": "The word is Word. Which is it?"}, {"answer": {"contains": "Word"}}, True),
        ({"input": "Reply with exactly: One"}, {"answer": {"contains": ["One", "Two"]}}, True),
        ({"input": "The word is Word."}, {"unless_converted": {"from": "x", "answer": {"contains": "Word"}}}, True),
        ({"input": "Hello"}, {"outcome": "success"}, False),
    ],
)
def test_which_texts_need_recall(body: Any, expect: Any, more: bool) -> None:
    assert needs_memory(Step({"body": body}, expect)) is more


TOOLS: Any = {"tools": [{"name": "t"}]}
TWO: Any = {"tool_calls": [{"name": "t"}, {"name": "t"}]}


@pytest.mark.parametrize(
    ("body", "expect", "tempted"),
    [
        (TOOLS, {"outcome": "success", "answer": {"tool_calls": []}}, True),
        ({**TOOLS, "tool_choice": {"type": "auto"}}, {"outcome": "either"}, True),
        ({**TOOLS, "tool_choice": "none"}, {"outcome": "success"}, False),
        ({**TOOLS, "tool_choice": "required"}, {"outcome": "success"}, False),
        (TOOLS, {"outcome": "success", "answer": TWO}, False),
        (TOOLS, {"outcome": "refusal"}, False),
        ({}, {"outcome": "success"}, False),
        (None, {"outcome": "success"}, False),
    ],
)
def test_which_steps_tempt_a_model_to_call_a_tool(body: Any, expect: Any, tempted: bool) -> None:
    assert offers_tools(Step({"body": body}, expect)) is tempted


def test_where_two_calls_are_expected_at_once() -> None:
    assert needs_parallel_calls(Step({"body": TOOLS}, {"outcome": "success", "answer": TWO}))
    assert needs_parallel_calls(
        Step({"body": TOOLS}, {"outcome": "refusal", "unless_converted": {"from": "x", "answer": TWO}})
    )
    assert not needs_parallel_calls(
        Step({"body": TOOLS}, {"outcome": "success", "answer": {"tool_calls": [{"name": "t"}]}})
    )


@pytest.mark.parametrize(
    ("words", "several"),
    [("Ash", False), (["Ash"], False), (["Ash", "Elm"], True), (["Reply", "Ash"], True), (["One", "Two"], False)],
)
def test_which_steps_need_several_words_from_the_conversation(words: Any, several: bool) -> None:
    body = {"input": "The words are Ash and Elm. Reply with exactly: One. Or reply with exactly: Two"}
    assert needs_several_words(Step({"body": body}, {"outcome": "success", "answer": {"contains": words}})) is several


@pytest.mark.parametrize(
    ("part", "text", "sight"),
    [
        ({"type": "image_url", "image_url": {"url": "data:"}}, "What colour is it?", True),
        ({"type": "input_image", "image_url": "data:"}, "What colour is it?", True),
        ({"type": "image", "source": {}}, "What colour is it?", True),
        ({"type": "image", "source": {}}, "Reply with exactly: red", False),
        ({"type": "image", "source": {}}, "The code word is Red. What is the code word?", False),
        ({"type": "text", "text": "an image"}, "What colour is it?", False),
    ],
)
def test_which_texts_are_read_off_a_picture(part: Any, text: str, sight: bool) -> None:
    body = {"messages": [{"role": "user", "content": [part, {"type": "text", "text": text}]}]}
    assert needs_sight(Step({"body": body}, {"outcome": "success", "answer": {"contains": "red"}})) is sight


@pytest.mark.parametrize(
    ("arguments", "values", "schema"),
    [
        ({"city": "Oslo"}, True, False),
        ({"badge": "Bafilomu"}, True, True),
        ({"host": {"team": ["Bafilomu"]}}, True, True),
        ({"days": 3}, True, False),
        ({}, False, False),
        (None, False, False),
    ],
)
def test_which_arguments_are_only_in_the_schema_of_the_tool(arguments: Any, values: bool, schema: bool) -> None:
    body = {"input": "Call t with city set to Oslo.", "tools": [{"name": "t", "description": "Set badge to Bafilomu"}]}
    call = {"name": "t"} if arguments is None else {"name": "t", "arguments": arguments}
    step = Step({"body": body}, {"outcome": "success", "answer": {"tool_calls": [call]}})
    assert (needs_values(step), needs_schema(step)) == (values, schema)
