"""Templates replace `$name` by its value, of any type as a whole scalar, and as text inside a text."""

from __future__ import annotations

import pytest

from conformance.core.model import JSON
from conformance.suite.template import UnknownNameError, expand, fill

VALUES: dict[str, JSON] = {"model": "m-1", "count": 3, "tool": {"name": "f", "args": [1, {"x": "y"}]}, "none": None}


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ("$model", "m-1"),
        ("$count", 3),
        ("$none", None),
        ("$tool", VALUES["tool"]),
        ("$tool/args/1/x", "y"),
        (["$count", {"k": "$model"}], [3, {"k": "m-1"}]),
        ("ask $model, $model!", "ask m-1, m-1!"),
        ("/v1/models/$model", "/v1/models/m-1"),
        ("$model\n", "m-1\n"),
        ({"$model": 1}, {"$model": 1}),
    ],
)
def test_names_are_replaced(value: JSON, filled: JSON) -> None:
    assert fill(value, VALUES) == filled


@pytest.mark.parametrize(
    "value",
    ["it costs $5", "$5", "$", "a $count of them", "$HOME/bin is a path", "say $unknown here", "$models!", 7, True],
)
def test_everything_else_stays(value: JSON) -> None:
    assert fill(value, VALUES) == value


@pytest.mark.parametrize("value", ["$nothing", "$Model", "$model2", "$tool/args/7", "$model/x", "$tool/name/x"])
def test_an_unknown_name_is_an_error(value: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        fill({"a": [value]}, VALUES)
    assert value.partition("/")[0] in str(caught.value)


def test_the_error_names_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown name \$x; known names: \$a, \$b$"):
        expand("$x", {"b": 1}, ["a"])
    with pytest.raises(UnknownNameError, match="known names: none"):
        fill("$x", {})


def test_names_in_a_gateways_texts_are_not_replaced() -> None:
    assert fill(["$said", "so: $said"], {"said": "$model", "model": "m"}) == ["$model", "so: $model"]


def test_fragments_may_hold_names() -> None:
    values: dict[str, JSON] = {
        "city": "Oslo",
        "ask": "Where is $city?",
        "turn": {"text": "$ask"},
        "both": ["$turn", "$turn"],
    }
    assert expand("$both", values, []) == [{"text": "Where is Oslo?"}] * 2
    assert expand("Please: $ask", values, []) == "Please: Where is Oslo?"


def test_names_to_leave_stay_also_inside_fragments() -> None:
    values: dict[str, JSON] = {"prompt": "Say $canary", "word": "$canary", "canary": "never used"}
    assert expand(["$prompt", "$word", "$canary", "$canary/x"], values, ["canary"]) == [
        "Say $canary", "$canary", "$canary", "$canary/x",
    ]  # fmt: skip


def test_fragments_in_a_circle_are_an_error() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown name \$a"):
        expand("$a", {"a": ["$b"], "b": {"c": "$a"}}, [])


def test_the_given_value_is_not_changed() -> None:
    value = {"a": ["$model"]}
    fill(value, VALUES)
    assert value == {"a": ["$model"]}


def test_a_name_in_a_pointer_is_replaced() -> None:
    values = {"to": "messages", "body": {"messages": {"n": "$n"}, "responses": {}}, "n": 1}
    assert expand("$body/$to", values, ()) == {"n": 1}
    with pytest.raises(UnknownNameError):
        expand("$body/$other", values, ())
