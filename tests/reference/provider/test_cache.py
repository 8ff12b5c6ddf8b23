"""The provider's prompt cache: what is written, what is read, and what is too short."""

from __future__ import annotations

import pytest

from conformance.reference.provider.cache import SHORTEST, Beginning, Cache, Share
from conformance.reference.provider.identity import Seal
from conformance.reference.provider.messages.marks import beginnings
from conformance.reference.provider.messages.parse import parse
from conformance.reference.provider.prompt import JSON, Prompt, Turn
from conformance.reference.provider.tokens import of_prompt

LONG = "The keeper counts ships. " * 400
MARK: JSON = {"type": "ephemeral"}


def test_a_marked_beginning_is_written_once_and_read_afterwards() -> None:
    cache = Cache()
    first, longer = Beginning("a", 2000), Beginning("ab", 3000)
    assert cache.marked([first]) == Share(written=2000)
    assert cache.marked([first]) == Share(read=2000)
    assert cache.marked([first, longer]) == Share(read=2000, written=1000)
    assert cache.marked([longer]) == Share(read=3000)
    assert cache.marked([Beginning("other", 2000, for_an_hour=True)]) == Share(written=2000, for_an_hour=2000)


def test_a_short_beginning_is_not_cached() -> None:
    cache = Cache()
    for _ in range(2):
        assert cache.marked([Beginning("a", SHORTEST - 1)]) == Share()
        assert cache.automatic("m", Prompt((Turn("user", "Hello"),)), 5) == Share()


def test_the_openai_apis_cache_by_themselves_in_steps() -> None:
    cache = Cache()
    one, other = (Prompt((Turn("system", LONG), Turn("user", word))) for word in ("One", "Two"))
    used = of_prompt(one)
    assert cache.automatic("m", one, used) == Share()
    read = cache.automatic("m", other, used).read
    assert SHORTEST <= read < used
    assert read % 128 == 0
    assert cache.automatic("another", one, used) == Share()


def test_the_marks_of_a_request_are_its_beginnings() -> None:
    body: JSON = {
        "model": "m",
        "tools": [{"name": "t", "input_schema": {"type": "object"}, "cache_control": MARK}],
        "system": [
            {"type": "text", "text": LONG, "cache_control": {**MARK, "ttl": "1h"}},
            {"type": "text", "text": "b"},
        ],
        "messages": [{"role": "user", "content": "Hello"}],
    }
    tools, system = found = beginnings(body, Seal("secret"))
    assert tools.tokens < SHORTEST < system.tokens
    assert [each.for_an_hour for each in found] == [False, True]
    unmarked = {**body, "tools": [{"name": "t", "input_schema": {"type": "object"}}]}
    assert beginnings(unmarked, Seal("secret")) == [system]
    assert len(beginnings({**body, "cache_control": MARK}, Seal("secret"))) == 3


TOOLS: JSON = [{"name": name, "description": LONG, "input_schema": {"type": "object"}} for name in ("one", "two")]
SEARCH: JSON = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
QUESTION: JSON = {"role": "user", "content": "Hello"}
ANSWER: JSON = {"role": "assistant", "content": "Hello."}
ONCE: JSON = {"role": "system", "content": [{"type": "text", "text": LONG, "cache_control": MARK}]}


@pytest.mark.parametrize(
    "changes",
    [
        {"tools": [TOOLS[0], {**TOOLS[1], "cache_control": MARK}], "tool_choice": {"type": "tool", "name": "one"}},
        {"messages": [QUESTION, {**ONCE, "clear_at": "next_user_message"}, ANSWER, QUESTION]},
        {
            "tools": [SEARCH, *({**tool, "defer_loading": True} for tool in TOOLS)],
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "tool_search_tool_bm25", "cache_control": MARK}]},
                ANSWER,
                QUESTION,
            ],
        },
    ],
    ids=["forced-tool", "cleared-message", "found-tools"],
)
def test_a_beginning_is_not_longer_than_the_prompt(changes: JSON) -> None:
    body: JSON = {"model": "m", "messages": [QUESTION], **changes}
    used = of_prompt(parse(body, Seal("secret")))
    assert [each.tokens <= used for each in beginnings(body, Seal("secret"))] == [True]


def test_the_question_after_a_mark_counts_with_a_forced_tool() -> None:
    body: JSON = {
        "model": "m",
        "tools": [TOOLS[0], {**TOOLS[1], "cache_control": MARK}],
        "tool_choice": {"type": "tool", "name": "one"},
        "messages": [QUESTION],
    }
    [tools] = beginnings(body, Seal("secret"))
    assert of_prompt(parse(body, Seal("secret"))) - tools.tokens == of_prompt(Prompt((Turn("user", "Hello"),)))
