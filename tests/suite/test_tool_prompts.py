"""The prompts for tool calls: enough of each kind, and schemas that are valid."""

from __future__ import annotations

from collections import Counter

from jsonschema import Draft202012Validator

from conformance.suite.tool_prompts import tool_prompts


def test_there_are_enough_of_each_kind() -> None:
    kinds = Counter(prompt.kind for prompt in tool_prompts())
    assert set(kinds.values()) == {8}
    assert len(kinds) == 8


def test_the_kinds_are_what_they_say() -> None:
    for prompt in tool_prompts():
        assert (prompt.kind == "none") == (not prompt.calls)
        assert (prompt.kind == "parallel") == (len(prompt.calls) > 1)
        assert prompt.kind != "choice" or len(prompt.tools) > 3
        assert prompt.kind != "unicode" or not prompt.ask.isascii()
        assert {*prompt.calls} <= prompt.schemas.keys()


def test_the_schemas_are_valid_and_closed() -> None:
    for tool in {tool.name: tool for prompt in tool_prompts() for tool in prompt.tools}.values():
        Draft202012Validator.check_schema(tool.parameters)
        assert tool.parameters["additionalProperties"] is False
