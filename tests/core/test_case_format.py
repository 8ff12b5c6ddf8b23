"""The types of a step have the members of the schema of case files."""

from __future__ import annotations

from typing import Any, NotRequired, get_origin, get_type_hints

import pytest

from conformance.core import case_format, data_files

SCHEMA = data_files.schema("case.schema.json")["$defs"]
EXPECT = SCHEMA["expect"]["properties"]


@pytest.mark.parametrize(
    ("schema", "type_"),
    [
        (SCHEMA["request"], case_format.StepRequest),
        (SCHEMA["expect"], case_format.Expectation),
        (SCHEMA["answer"], case_format.AnswerExpectation),
        (SCHEMA["answer"]["properties"]["tool_calls"]["items"], case_format.ToolCallExpectation),
        (EXPECT["error"], case_format.ErrorExpectation),
        (EXPECT["unless_converted"], case_format.ConvertedExpectation),
        (EXPECT["differs"], case_format.DifferenceExpectation),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_type_has_the_members_of_the_schema(schema: Any, type_: Any) -> None:
    members = get_type_hints(type_, include_extras=True)
    # Postponed annotations hide NotRequired from __required_keys__.
    required = {name for name in type_.__required_keys__ if get_origin(members[name]) is not NotRequired}
    assert set(members) == set(schema["properties"])
    assert required == set(schema.get("required", ()))
