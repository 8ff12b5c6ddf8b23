"""Request bodies of one form are validated once. A body that differs in what a schema looks at is validated again."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.reference.provider.validation import FILLED, Problem, integer, obj, one_of, problems

SCHEMA = obj(["name"], name={**FILLED, "pattern": "^[a-z]+$"}, colour=one_of("red", "green"), size=integer(1, 9))
VALID = {"name": "anna", "colour": "red", "size": 3}


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"name": "otto"}, ""),
        ({"size": 4}, ""),
        ({"size": None}, ""),
        ({"name": "Otto"}, "pattern"),
        ({"name": ""}, "blank"),
        ({"colour": "blue"}, "value"),
        ({"size": 10}, "above"),
        ({"size": 3.0}, "type"),
        ({"size": True}, "type"),
        ({"more": 1}, "unknown"),
    ],
)
def test_a_body_after_a_valid_one(change: dict[str, Any], kind: str) -> None:
    assert problems(SCHEMA, VALID) == []
    for _ in range(2):
        found = problems(SCHEMA, {**VALID, **change})
        assert [problem.kind for problem in found[:1]] == ([kind] if kind else [])


def test_a_missing_member_is_told_each_time() -> None:
    assert problems(SCHEMA, {"size": 3}) == [Problem("missing", ("name",), None, None)] == problems(SCHEMA, {"size": 3})
