"""Changes between two recordings: what is new, lost and retyped, how bad it is, and what chance explains."""

from __future__ import annotations

import copy
import json
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from conformance.analysis.drift import sightings, table, tally
from conformance.analysis.drift.change import Change
from conformance.analysis.drift.compare import Drift, drift
from conformance.core.model import Exchange
from conformance.core.pointer import tokens
from conformance.judge import contract
from conformance.protocol import rulebook
from tests.support.examples import responses as responses_examples
from tests.support.wire import (
    CHAT,
    MESSAGES,
    RESPONSES,
    anthropic_error,
    chat_answer,
    chat_events,
    chat_stream,
    exchange,
    messages_answer,
    messages_events,
    messages_stream,
    named,
    openai_error,
    unnamed,
)

MANY = 20
Edit = Callable[[Any], None]


def recorded(*found: Exchange) -> list[tuple[str, Exchange]]:
    return [(f"#{number}", one) for number, one in enumerate(found)]


def times(one: Exchange, count: int = MANY) -> list[tuple[str, Exchange]]:
    return recorded(*[one] * count)


def edited(edit: Edit, document: Any) -> Any:
    made = copy.deepcopy(document)
    edit(made)
    return made


def lost_and_new(found: Drift) -> set[tuple[str, str, str, str, str]]:
    return {(c.kind, c.trait.aspect, c.trait.event, c.trait.pointer, c.trait.name) for c in found.changes}


def only(found: Drift) -> Change:
    [change] = found.changes
    return change


CHAT_JSON = exchange(CHAT, chat_answer())
CHAT_SSE = exchange(CHAT, chat_stream(), stream=True)
MESSAGES_JSON = exchange(MESSAGES, messages_answer())
MESSAGES_SSE = exchange(MESSAGES, messages_stream(), stream=True)
ERROR = exchange(CHAT, openai_error(), status=404)
ALL = recorded(CHAT_JSON, CHAT_SSE, MESSAGES_JSON, MESSAGES_SSE, ERROR)


def changed(edit: Edit) -> Change:
    """The only change between chat answers and edited ones."""
    return only(drift(times(CHAT_JSON), times(exchange(CHAT, edited(edit, chat_answer())))))


def test_a_lost_required_field_is_breaking() -> None:
    change = changed(lambda answer: answer["choices"][0]["message"].pop("content"))
    assert (change.kind, change.trait.aspect, change.outcome) == ("lost", "field", "breaking")
    assert change.trait.pointer == "/choices/*/message/content"
    assert (change.rule, change.proven) == ("chat.message.content", True)
    assert (change.before.hits, change.before.trials, change.after.hits, change.after.trials) == (20, 20, 0, 20)
    assert change.example.name == "#0"
    assert "openai-python-chat" in change.dependents.clients


def test_a_lost_recommended_field_is_information_unless_clients_stop() -> None:
    change = changed(lambda answer: answer["choices"][0]["message"].pop("refusal"))
    assert rulebook.rules()[change.rule].level == "should"
    assert change.outcome == "information"


def test_a_lost_optional_field_is_information() -> None:
    change = changed(lambda answer: answer["choices"][0]["message"].pop("annotations"))
    assert (change.kind, change.outcome, change.rule) == ("lost", "information", "")


def test_a_new_field_is_information_or_known() -> None:
    change = changed(lambda answer: answer.update(novelty=1))
    assert (change.kind, change.trait.pointer, change.facts.known, change.outcome) == (
        "new",
        "/novelty",
        False,
        "information",
    )
    change = changed(lambda answer: answer.update(service_tier="default"))
    assert (change.trait.pointer, change.facts.known, change.outcome) == ("/service_tier", True, "harmless")


def test_a_new_field_of_a_forbidden_type_is_breaking() -> None:
    change = changed(lambda answer: answer.update(service_tier=7))
    assert (change.kind, change.rule, change.outcome) == ("new", "chat.member-types", "breaking")
    foreign = {**messages_answer()["usage"], "total_tokens": 5}
    change = only(drift(times(MESSAGES_JSON), times(exchange(MESSAGES, {**messages_answer(), "usage": foreign}))))
    assert (change.trait.pointer, change.rule) == ("/usage/total_tokens", "messages.usage.foreign-names")
    assert change.outcome == ("breaking" if rulebook.rules()[change.rule].level == "must" else "information")


def test_the_fields_of_a_new_object_are_part_of_it() -> None:
    change = changed(lambda answer: answer["usage"].update(prompt_tokens_details={"cached_tokens": 1}))
    assert change.trait.pointer == "/usage/prompt_tokens_details"


@pytest.mark.parametrize(
    ("edit", "pointer", "outcome"),
    [
        (lambda answer: answer.update(created="now"), "/created", "breaking"),
        (
            lambda answer: answer["choices"][0]["message"].update(content=["x"]),
            "/choices/*/message/content",
            "breaking",
        ),
        (
            lambda answer: answer["choices"][0]["message"].update(content=None),
            "/choices/*/message/content",
            "information",
        ),
    ],
)
def test_a_retyped_field(edit: Edit, pointer: str, outcome: str) -> None:
    change = changed(edit)
    assert (change.kind, change.trait.pointer, change.outcome) == ("retyped", pointer, outcome)
    assert change.was != change.now


def test_a_retyped_field_that_no_schema_knows_is_breaking() -> None:
    old, new = (exchange(CHAT, {**chat_answer(), "novelty": value}) for value in (1, "one"))
    change = only(drift(times(old), times(new)))
    assert (change.kind, change.was, change.now, change.outcome) == ("retyped", ("integer",), ("string",), "breaking")
    nothing = exchange(CHAT, {**chat_answer(), "novelty": None})
    assert only(drift(times(nothing), times(new))).outcome == "information"


def test_each_new_type_of_a_field_is_judged() -> None:
    """The rare one breaks a rule, and the frequent one does not."""
    null, number = (exchange(CHAT, {**chat_answer(), "service_tier": value}) for value in (None, 7))
    old = exchange(CHAT, {**chat_answer(), "service_tier": "default"})
    found = drift(times(old, 40), [*times(null, 30), *times(number, 10)])
    assert {(c.kind, c.trait.aspect, c.trait.name, c.outcome) for c in found.changes} == {
        ("retyped", "type", "integer", "breaking"),
        ("retyped", "type", "null", "harmless"),
        ("lost", "value", "default", "information"),
    }


def test_whole_numbers_of_a_number_are_harmless() -> None:
    one, other = (exchange(MESSAGES, {**messages_answer(), "novelty": value}) for value in (1, 1.5))
    assert only(drift(times(one), times(other))).outcome == "information"
    assert drift(times(one), times(exchange(MESSAGES, {**messages_answer(), "novelty": 1.0}))).changes == ()


def test_a_value_that_a_must_rule_forbids_is_breaking() -> None:
    finished = lambda reason: lambda answer: answer["choices"][0].update(finish_reason=reason)  # noqa: E731
    old, foreign, other = (
        exchange(CHAT, edited(finished(word), chat_answer())) for word in ("stop", "end_turn", "length")
    )
    found = drift(times(old), times(foreign)).changes
    assert {(change.kind, change.trait.name, change.outcome) for change in found} == {
        ("new", "end_turn", "breaking"),
        ("lost", "stop", "information"),
    }
    found = drift(times(old), times(other)).changes
    assert {(change.kind, change.outcome) for change in found} == {("new", "harmless"), ("lost", "information")}


def test_a_new_block_type_is_named_and_its_members_are_not() -> None:
    block = {"type": "novel_block", "one": 1, "two": {"three": 3}}
    new = exchange(MESSAGES, {**messages_answer(), "content": [{"type": "text", "text": "Hello"}, block]})
    change = only(drift(times(MESSAGES_JSON), times(new)))
    assert (change.trait.pointer, change.trait.name, change.facts.known) == ("/content/*/type", "novel_block", False)


def test_a_block_without_its_type_is_breaking() -> None:
    new = exchange(MESSAGES, {**messages_answer(), "content": [{"text": "Hello"}]})
    change = only(drift(times(MESSAGES_JSON), times(new)))
    assert (change.kind, change.trait.pointer, change.rule) == ("lost", "/content/*/type", "messages.content.block")
    assert change.outcome == "breaking"


def test_requests_for_streams_that_get_one_document_are_breaking() -> None:
    deaf = exchange(CHAT, chat_answer(), ask={"stream": True})
    found = drift(times(CHAT_SSE), times(deaf))
    assert {(c.kind, c.trait.aspect, c.trait.form, c.trait.name, c.outcome) for c in found.changes} == {
        ("lost", "answered as", "stream", "stream", "breaking"),
        ("new", "answered as", "stream", "json", "breaking"),
    }


@pytest.mark.parametrize("status", [200, 500])
def test_a_body_that_is_not_json_any_more_is_breaking(status: int) -> None:
    good = exchange(CHAT, chat_answer() if status == 200 else openai_error(), status=status)
    page = exchange(CHAT, "<p>Sorry</p>", status=status)
    found = drift(times(good), times(page)).of("breaking")
    assert ("retyped", "not JSON") in {(change.kind, change.trait.name) for change in found}


def test_events() -> None:
    without = [event for event in messages_events() if event["type"] != "message_stop"]
    found = drift(times(MESSAGES_SSE), times(exchange(MESSAGES, named(without), stream=True)))
    change = only(found)
    assert (change.kind, change.trait.event, change.outcome) == ("lost", "message_stop", "breaking")
    more = [*messages_events()[:-1], {"type": "novel_event", "x": 1}, messages_events()[-1]]
    change = only(drift(times(MESSAGES_SSE), times(exchange(MESSAGES, named(more), stream=True))))
    assert (change.kind, change.trait.event, change.outcome, change.facts.known) == (
        "new",
        "novel_event",
        "information",
        False,
    )
    assert change.example.event == 8


def test_a_lost_ping_is_information_and_a_lost_done_breaking() -> None:
    quiet = [event for event in messages_events() if event["type"] != "ping"]
    change = only(drift(times(MESSAGES_SSE), times(exchange(MESSAGES, named(quiet), stream=True))))
    assert (change.trait.event, change.outcome) == ("ping", "information")
    change = only(drift(times(CHAT_SSE), times(exchange(CHAT, unnamed(chat_events()), stream=True))))
    assert (change.trait.event, change.outcome) == ("[DONE]", "breaking")


def test_a_stream_that_the_client_left_is_not_counted() -> None:
    begun = exchange(MESSAGES, named(messages_events()[:3]), stream=True, ended="left")
    assert drift(times(MESSAGES_SSE), [*times(MESSAGES_SSE), *times(begun)]).changes == ()
    cut = exchange(MESSAGES, named(messages_events()[:3]), stream=True, ended="cut")
    found = drift(times(MESSAGES_SSE), [*times(MESSAGES_SSE), *times(cut)])
    assert ("rarer", "message_stop") in {(change.kind, change.trait.event) for change in found.of("breaking")}


def test_lost_deltas_are_breaking() -> None:
    silent = [event for event in messages_events() if event["type"] != "content_block_delta"]
    found = drift(times(MESSAGES_SSE), times(exchange(MESSAGES, named(silent), stream=True)))
    assert ("breaking", "content_block_delta") in {(change.outcome, change.trait.event) for change in found.changes}


def with_headers(*headers: tuple[str, str]) -> Exchange:
    return exchange(CHAT, chat_answer(), headers=headers)


TYPE, ID = ("content-type", "application/json"), ("x-request-id", "req_1")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([TYPE, ID], [ID], ("lost", "header", "content-type", "breaking")),
        ([TYPE, ID], [TYPE], ("lost", "header", "x-request-id", "information")),
        ([TYPE, ("X-Novel", "1")], [TYPE], ("lost", "header", "x-novel", "information")),
        ([TYPE], [TYPE, ("x-novel", "1")], ("new", "header", "x-novel", "harmless")),
        ([TYPE, ("cf-ray", "1")], [TYPE], ("lost", "header", "cf-ray", "harmless")),
    ],
)
def test_headers(old: Any, new: Any, expected: tuple[str, ...]) -> None:
    change = only(drift(times(with_headers(*old)), times(with_headers(*new))))
    assert (change.kind, change.trait.aspect, change.trait.name, change.outcome) == expected


def test_the_values_of_headers_are_compared_only_where_the_table_says_so() -> None:
    old, new = with_headers(TYPE, ID), with_headers(TYPE, ("x-request-id", "req_2"))
    assert drift(times(old), times(new)).changes == ()
    plain = with_headers(("content-type", "text/plain"), ID)
    names = {change.trait.name for change in drift(times(old), times(plain)).changes}
    assert names == {"content-type: application/json", "content-type: text/plain"}


def test_a_recording_without_headers_says_nothing_about_them() -> None:
    bare = exchange(CHAT, chat_answer(), headers=(), lacks=frozenset({"headers"}))
    assert drift(times(CHAT_JSON), times(bare)).changes == ()


def test_errors_are_told_by_status_type_and_text() -> None:
    other = exchange(CHAT, openai_error("No such model.", type="novel_error"), status=400)
    found = lost_and_new(drift(times(ERROR), times(other)))
    assert ("new", "status", "", "", "400") in found
    assert ("lost", "status", "", "", "404") in found
    assert ("new", "value", "", "/error/type", "novel_error") in found
    assert ("new", "text", "", "", "No such model.") in found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The model `a-1` does not exist", "The model `b` does not exist"),
        ("Request req_12ab took 3.5 s", "Request req_77xy took 12 s"),
        ("see https://example.test/1 for more", "see https://example.test/two for more"),
    ],
)
def test_texts_of_errors_are_compared_without_names_and_numbers(one: str, other: str) -> None:
    assert sightings.wording(one) == sightings.wording(other)


def test_a_field_that_was_always_there_may_not_become_rare() -> None:
    without = exchange(CHAT, edited(lambda answer: answer.pop("model"), chat_answer()))
    change = only(drift(times(CHAT_JSON, 40), [*times(CHAT_JSON, 20), *times(without, 20)]))
    assert (change.kind, change.trait.pointer, change.outcome) == ("rarer", "/model", "breaking")
    assert drift(times(CHAT_JSON, 40), [*times(CHAT_JSON, 40), *times(without, 1)]).changes == ()


def test_a_rare_field_is_not_lost_in_a_few_exchanges() -> None:
    """2 of 400 before and 0 of 3 after say nothing; 400 of 400 before and 0 of 3 after say much."""
    rare = exchange(CHAT, {**chat_answer(), "service_tier": "flex"})
    change = next(c for c in drift([*times(CHAT_JSON, 398), *times(rare, 2)], times(CHAT_JSON, 3)).changes)
    assert (change.kind, change.proven) == ("lost", False)
    change = only(drift(times(rare, 400), times(CHAT_JSON, 3)))
    assert (change.kind, change.proven) == ("lost", True)
    assert drift(times(rare, 400), times(CHAT_JSON, 3)).fails("information")
    assert not drift(times(rare, 2), times(CHAT_JSON, 3)).fails("harmless")


def test_what_only_one_recording_has_is_not_compared() -> None:
    found = drift(times(CHAT_JSON), times(CHAT_SSE))
    assert found.changes == ()
    assert set(found.lacking) == {(CHAT, "json", "new"), (CHAT, "stream", "old")}


def test_ids_and_arguments_are_not_fields() -> None:
    """Open maps: the arguments of a tool, and metadata; also a record with more unknown names than any API has."""

    def called(**given: Any) -> Exchange:
        call = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": given}
        return exchange(MESSAGES, {**messages_answer(), "content": [call], "stop_reason": "tool_use"})

    assert drift(times(called(a=1)), times(called(b={"c": [1]}))).changes == ()
    noted = [exchange(CHAT, {**chat_answer(), "metadata": {f"id_{n}": "x"}}) for n in (1, 2)]
    assert drift(times(noted[0]), times(noted[1])).changes == ()
    ids = [exchange(CHAT, {**chat_answer(), **{f"id_{n}": 1 for n in range(start, start + 200)}}) for start in (0, 500)]
    found = drift(times(ids[0]), times(ids[1]))
    assert found.changes == ()
    assert [(trait.aspect, trait.pointer) for trait in found.varied] == [("field", "")]


def test_a_recording_has_not_drifted_from_itself() -> None:
    assert drift(ALL, ALL).changes == ()
    assert drift(ALL * 9, ALL).changes == ()


# Properties, over random damage


ODD: tuple[Any, ...] = (None, 1, 1.5, True, "x", "stop", [], {}, ["a"], {"type": "text"}, {"a": {"b": 1}})


def damaged(document: Any, rng: random.Random) -> Any:
    """The document with a member removed, added or replaced, at any depth."""
    places: list[Any] = []

    def collect(value: Any) -> None:
        if isinstance(value, dict | list) and value:
            places.append(value)
            for part in value.values() if isinstance(value, dict) else value:
                collect(part)

    collect(document)
    place = rng.choice(places)
    if isinstance(place, list):
        place[rng.randrange(len(place))] = rng.choice(ODD)
    else:
        name = rng.choice([*place, "novelty", "type"])
        if rng.random() < 0.4:
            place.pop(name, None)
        else:
            place[name] = rng.choice(ODD)
    return document


def recording(rng: random.Random) -> list[tuple[str, Exchange]]:
    made = []
    for _ in range(rng.randrange(1, 8)):
        kind = rng.randrange(5)
        if kind == 0:
            made.append(exchange(CHAT, damaged(chat_answer(), rng)))
        elif kind == 1:
            made.append(exchange(MESSAGES, damaged(messages_answer(), rng)))
        elif kind == 2:
            made.append(exchange(CHAT, damaged(openai_error(), rng), status=rng.choice([400, 404])))
        elif kind == 3:
            events = [each for each in damaged(messages_events(), rng) if isinstance(each, dict) and "type" in each]
            made.append(exchange(MESSAGES, named(events), stream=True))
        else:
            made.append(exchange(MESSAGES, damaged(anthropic_error(), rng), status=400))
    return recorded(*made * rng.choice([1, 5]))


def presence(found: Drift, kind: str) -> set[Any]:
    return {(c.trait, c.before, c.after, c.proven) for c in found.changes if c.kind == kind}


def retyped_places(found: Drift) -> set[Any]:
    return {c.trait._replace(name="") for c in found.changes if c.kind == "retyped"}


def swapped(found: set[Any]) -> set[Any]:
    return {(trait, after, before, proven) for trait, before, after, proven in found}


@pytest.mark.parametrize("seed", range(30))
def test_properties_of_random_recordings(seed: int) -> None:
    rng = random.Random(seed)
    old, new = recording(rng), recording(rng)
    assert drift(old, old).changes == ()
    there, back = drift(old, new), drift(new, old)
    assert presence(there, "new") == swapped(presence(back, "lost"))
    assert presence(there, "lost") == swapped(presence(back, "new"))
    assert retyped_places(there) == retyped_places(back)
    for change in there.changes:
        assert change.before != change.after or change.kind == "retyped"
        assert tokens(change.trait.pointer) is not None


def test_the_order_of_exchanges_does_not_matter() -> None:
    rng = random.Random(7)
    old, new = recording(rng) * 3, recording(rng) * 3
    assert lost_and_new(drift(old, new)) == lost_and_new(drift(old[::-1], new[::-1]))


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a document."""
    for key, member in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield (*above, key)
        yield from places(member, (*above, key))


def with_one_edit(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document without the member at a path, or with another value there."""
    made = copy.deepcopy(document)
    parent = made
    for key in path[:-1]:
        parent = parent[key]
    if value is GONE:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return made


GONE = object()
OF_VALUES = {"chat.choices.list", "chat.choices.indexes", "chat.usage.total", "responses.usage.total"} | {
    "messages.stop-sequence.agrees"
}
"""Rules about how values agree with each other, which drift does not compare."""


@pytest.mark.parametrize(
    ("family", "document"),
    [(CHAT, chat_answer()), (MESSAGES, messages_answer()), (RESPONSES, responses_examples.response())],
    ids=[CHAT, MESSAGES, RESPONSES],
)
def test_drift_agrees_with_the_judge(family: str, document: Any) -> None:
    """An edit that breaks a must rule is breaking, and a breaking change breaks a rule."""
    good = exchange(family, document)
    usual = {finding.rule for finding in contract.findings(good)}
    edits = [(path, value) for path in places(document) for value in (GONE, None, 7, "x", {}, [], True)]
    for path, value in random.Random(1).sample(edits, 40):
        bad = exchange(family, with_one_edit(document, path, value))
        broken = [found for found in contract.findings(bad) if found.rule not in usual]
        musts = {found.rule for found in broken if found.level == "must"} - OF_VALUES
        breaking = drift(times(good, 8), times(bad, 8)).of("breaking")
        assert not musts or breaking, (path, value, musts)
        assert not breaking or broken, (path, value, breaking)


def calls(found: Iterable[tuple[str, Exchange]]) -> int:
    """The number of calls of functions that the tally needs; times would depend on what else the machine does."""
    number = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal number
        number += event in ("call", "c_call")

    usual = sys.getprofile()
    sys.setprofile(counted)
    try:
        tally.count(found)
    finally:
        sys.setprofile(usual)
    return number


@pytest.mark.parametrize(
    "build",
    [
        lambda size: exchange(MESSAGES, named(messages_events(*["x"] * size)), stream=True),
        lambda size: exchange(CHAT, {**chat_answer(), **{f"id_{n}": n for n in range(4 * size)}}),
        lambda size: exchange(CHAT, {**chat_answer(), "metadata": {f"id_{n}": "x" for n in range(20 * size)}}),
        lambda size: exchange(MESSAGES, {**messages_answer(), "content": [{"type": f"t{n}"} for n in range(2 * size)]}),
    ],
    ids=["deltas", "unknown fields", "a map", "unknown types"],
)
def test_the_work_grows_with_the_size(build: Callable[[int], Exchange]) -> None:
    small, large = (recorded(build(size)) for size in (200, 1600))
    calls(small)  # what is made once does not count
    assert calls(large) < 8 * 1.5 * calls(small)


# The table


def test_the_last_row_fits_everything_and_each_row_names_known_facts() -> None:
    *rows, last = table.rows()
    assert last.when == {}
    facts = {"change", "aspect", "known", "required", "refused", "clients", "types"}
    assert all(set(row.when) <= facts and row.because for row in rows)


def test_the_rules_of_headers_exist() -> None:
    named_rules = {
        table.header_rule(name, form) for form in ("json", "stream", "error") for name in ("content-type", "request-id")
    }
    assert named_rules <= set(rulebook.rules())


def test_credentials_are_not_in_traits() -> None:
    key = "sk-" + "a1" * 20
    answer = {**chat_answer(), key: 1, "object": key}
    one = exchange(CHAT, answer, headers=(TYPE, ("set-cookie", key), ("cache-control", key)))
    refused = exchange(CHAT, openai_error(f"Incorrect key {key}", type=key), status=401)
    assert key not in json.dumps(sorted(map(str, tally.count(recorded(one, refused)).first)))
