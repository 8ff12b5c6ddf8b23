"""Prompt facts: texts to repeat verbatim, and questions that need earlier turns."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.core.model import Step
from conformance.judge.prompt_facts import (
    chooses_tools,
    is_plain,
    needs_length,
    needs_memory,
    needs_parallel_calls,
    needs_results,
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


SAY = "Reply with exactly: Word"


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        ({"input": SAY}, True),
        ({"messages": [{"role": "user", "content": SAY}], "temperature": 0}, True),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": SAY}]}]}, True),
        ({"input": f"{SAY} and more"}, False),
        ({"input": SAY, "instructions": "Be brief."}, False),
        ({"input": SAY, "previous_response_id": "resp_1"}, False),
        ({"messages": [{"role": "user", "content": "Hello"}, {"role": "user", "content": SAY}]}, False),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": SAY}, {"type": "image"}]}]}, False),
        (None, False),
    ],
)
def test_which_requests_ask_for_one_word_and_nothing_else(body: Any, plain: bool) -> None:
    assert is_plain(Step({"body": body}, {"outcome": "success"})) is plain


@pytest.mark.parametrize(("text", "long"), [("Word", False), ("1 2 3", True), ('say \\ "it"', True)])
def test_which_texts_are_long(text: str, long: bool) -> None:
    assert (
        needs_length(Step({"body": {"input": f"Reply with exactly: {text}\nThanks"}}, {"outcome": "success"})) is long
    )


def test_a_word_of_a_result_needs_more_than_memory() -> None:
    expect: Any = {"outcome": "success", "answer": {"contains": "Word"}}
    result = {"type": "function_call_output", "call_id": "call_1", "output": "Word"}
    assert needs_results(Step({"body": {"input": [result]}}, expect))
    assert not needs_results(Step({"body": {"input": "The word is Word."}}, expect))
    assert not needs_results(Step({"body": {"input": [result, {"role": "user", "content": SAY}]}}, expect))


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


def test_where_the_model_chooses_a_tool() -> None:
    expect: Any = {"outcome": "success", "answer": {"tool_calls": [{"name": "t"}]}}
    offered = {"tools": [{"type": "function", "function": {"name": "t"}}, {"name": "u"}]}
    assert chooses_tools(Step({"body": offered}, expect)) == {"t", "u"}
    assert chooses_tools(Step({"body": {**offered, "tool_choice": "required"}}, expect)) == set()
    assert chooses_tools(Step({"body": offered}, {"outcome": "success"})) == set()


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
