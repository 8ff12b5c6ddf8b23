"""The state machines of stream.yaml, feature by feature, with tables made for these tests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.core.model import Event
from conformance.protocol import stream_grammar
from conformance.protocol.stream_grammar import Parsed, load_grammar

BLOCKS: dict[str, Any] = {
    "name": "block",
    "start": "none",
    "accept": ["none", "closed"],
    "symbol": "/type",
    "key": ["/index"],
    "states": {"none": {"start": "open"}, "open": {"delta": "open", "stop": "closed"}, "closed": {}},
    "refused": {"closed": {"*": "t.after-close"}, "*": {"delta": "t.unopened", "*": "t.order"}},
    "unfinished": {"open": "t.left-open"},
}


def parsed(*documents: Any) -> list[Parsed]:
    """Events of JSON documents; a str is the data of an event that is not JSON."""
    return [_parsed(document, number) for number, document in enumerate(documents, 1)]


def _parsed(document: Any, number: int) -> Parsed:
    text = document if isinstance(document, str) else json.dumps(document)
    event = Event("message", text, number, 0, 0.0)
    return Parsed(event, None, "no JSON") if isinstance(document, str) else Parsed(event, document)


def found(table: dict[str, Any], *documents: Any) -> list[tuple[str, int | None]]:
    """(rule, event) of every breach."""
    walked = stream_grammar.walk(load_grammar(table), parsed(*documents))
    return [(breach.rule, breach.where.event) for breach in walked]


def block(kind: str, index: Any = 0) -> dict[str, Any]:
    return {"type": kind, "index": index}


def test_a_good_stream_breaks_nothing() -> None:
    assert found({"machines": [BLOCKS]}, block("start"), block("delta"), block("stop")) == []


def test_no_events_break_nothing_where_the_start_is_accepted() -> None:
    assert found({"machines": [BLOCKS]}) == []


def test_a_machine_runs_for_each_key() -> None:
    documents = [block("start", 0), block("start", 1), block("delta", 1), block("stop", 0), block("delta", 0)]
    assert found({"machines": [BLOCKS]}, *documents) == [("t.after-close", 5), ("t.left-open", 5)]


def test_a_key_may_be_missing_or_of_any_type() -> None:
    documents = [{"type": "start"}, {"type": "stop"}, block("start", {"x": 1}), block("stop", {"x": 1})]
    assert found({"machines": [BLOCKS]}, *documents) == []


def test_the_parts_of_an_event_may_stand_in_an_object() -> None:
    machine = {**BLOCKS, "of": "/blocks/*", "key": ["/blocks/*/index"]}
    documents = [{"blocks": {"a": block("start", 0), "~/b": block("start", 1)}}, {"blocks": [block("stop", 1)]}]
    assert found({"machines": [machine]}, *documents) == [("t.left-open", 2)]


def test_the_row_of_a_state_goes_before_the_star() -> None:
    assert found({"machines": [BLOCKS]}, block("delta"), block("stop")) == [("t.unopened", 1)]
    assert found({"machines": [BLOCKS]}, block("start"), block("start"), block("stop")) == [("t.order", 2)]


def test_an_unknown_symbol_is_ignored() -> None:
    assert found({"machines": [BLOCKS]}, block("ping"), block("start"), {"type": 7}, [], block("stop")) == []


def test_a_refused_symbol_moves_on_where_it_leads_to_one_state() -> None:
    machine = {**BLOCKS, "states": {"none": {"start": "open"}, "open": {"delta": "open", "stop": "closed"}}}
    assert found({"machines": [machine]}, block("delta"), block("delta"), block("stop")) == [("t.unopened", 1)]


def test_a_refusal_without_a_rule_is_silent() -> None:
    machine = {key: value for key, value in BLOCKS.items() if key not in ("refused", "unfinished")}
    assert found({"machines": [machine]}, block("delta")) == []


def test_unfinished_may_be_a_star() -> None:
    machine = {**BLOCKS, "unfinished": {"*": "t.unfinished"}}
    assert found({"machines": [machine]}, block("start")) == [("t.unfinished", 1)]


def test_an_excuse_ends_all_machines() -> None:
    failing = {
        "name": "error",
        "start": "fine",
        "accept": ["fine", "failed"],
        "symbol": [{"name": "error", "has": "/error"}],
        "states": {"fine": {"error": "failed"}, "failed": {}},
    }
    documents = [block("start"), {"error": {}}]
    assert found({"machines": [BLOCKS, failing], "excuse": ["error"]}, *documents) == []
    assert found({"machines": [BLOCKS, failing]}, *documents) == [("t.left-open", 2)]


CHOICES: dict[str, Any] = {
    "name": "choice",
    "of": "/choices/*",
    "key": ["/choices/*/index"],
    "start": "open",
    "accept": ["finished"],
    "symbol": [{"name": "finish", "has": "/finish"}, {"name": "piece"}],
    "states": {"open": {"piece": "open", "finish": "finished"}, "finished": {}},
    "refused": {"finished": {"*": "t.after-finish"}},
    "unfinished": {"*": "t.no-finish"},
}


def choices(*pairs: tuple[int, str | None]) -> dict[str, Any]:
    return {"choices": [{"index": index, "finish": finish} for index, finish in pairs]}


def test_a_machine_reads_the_parts_of_an_event() -> None:
    documents = [choices((0, None), (1, "stop")), choices((0, "stop")), choices((1, None))]
    assert found({"machines": [CHOICES]}, *documents) == [("t.after-finish", 3)]


def test_a_part_that_never_came_is_not_held_to_its_end() -> None:
    assert found({"machines": [CHOICES]}, {"choices": []}, {}, []) == []
    assert found({"machines": [CHOICES]}, choices((0, None)), {"choices": []}) == [("t.no-finish", 2)]


def test_a_finding_has_the_pointer_of_its_part() -> None:
    documents = parsed(choices((0, "stop"), (1, None)), choices((1, None), (0, None)))
    (breach, left) = stream_grammar.walk(load_grammar({"machines": [CHOICES]}), documents)
    assert (breach.where.pointer, breach.where.event, breach.got) == ("/choices/1", 2, "piece")
    assert (left.rule, left.got) == ("t.no-finish", "the stream ended while open; finish never came")
    assert (breach.expected, left.expected) == (
        "choice 0: nothing more while finished",
        "choice 1: finish before the end of the stream",
    )


def test_a_key_of_two_stars() -> None:
    machine = {
        **BLOCKS,
        "name": "call",
        "of": "/choices/*/calls/*",
        "key": ["/choices/*/index", "/choices/*/calls/*/index"],
    }

    def call(choice: int, index: int, kind: str) -> dict[str, Any]:
        return {"choices": [{"index": choice, "calls": [block(kind, index)]}]}

    documents = [call(0, 0, "start"), call(1, 0, "start"), call(0, 0, "stop"), call(1, 0, "stop")]
    assert found({"machines": [machine]}, *documents) == []
    assert found({"machines": [machine]}, *documents[:3]) == [("t.left-open", 3)]


@pytest.mark.parametrize(
    ("document", "symbol"),
    [
        ("[DONE]", "done"),
        (" [DONE]", "done"),
        ("other", ""),
        ({"error": None, "list": []}, "empty"),
        ({"error": 0}, "error"),
        ({"list": [1], "usage": {"total": 3}}, "three"),
        ({"list": None}, "rest"),
        ([], "rest"),
    ],
)
def test_guards(document: Any, symbol: str) -> None:
    guards = [
        {"name": "done", "text": "[DONE]"},
        {"name": "error", "has": "/error"},
        {"name": "empty", "empty": "/list"},
        {"name": "three", "is": {"/usage/total": 3}},
        {"name": "rest"},
    ]
    names = [guard["name"] for guard in guards]
    machine = {
        "name": "guards",
        "start": "s",
        "accept": ["s"],
        "symbol": guards,
        "states": {"s": {}, "unreached": dict.fromkeys(names, "s")},
        "refused": {"s": {name: f"t.{name}" for name in names}},
    }
    expected = [(f"t.{symbol}", 1)] if symbol else []
    assert found({"machines": [machine]}, document) == expected


def test_the_rules_of_a_table_are_known() -> None:
    table = load_grammar({"machines": [BLOCKS, CHOICES]})
    assert set(stream_grammar.rules(table)) == {
        "t.after-close",
        "t.unopened",
        "t.order",
        "t.left-open",
        "t.after-finish",
        "t.no-finish",
    }


def test_a_key_that_machines_do_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="accepts"):
        load_grammar({"machines": [{**BLOCKS, "accepts": []}]})
