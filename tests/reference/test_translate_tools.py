"""The tools of Responses in crossed lanes: namespaces, tool search, custom tools and tools that the upstream runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.lanes import CHAT, MESSAGES, RESPONSES, Lane, answered, content, final, findings, lanes, said

crossed = pytest.mark.parametrize("upstream", [CHAT, MESSAGES])
streams = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])

FIND: dict[str, Any] = {"type": "function", "name": "lookup_code", "description": "Looks up the code", "strict": False,
                        "parameters": {"type": "object", "properties": {}}}  # fmt: skip
OTHER = {**FIND, "name": "lookup_owner", "description": "Looks up the owner"}
PATCH = {"type": "custom", "name": "edit_file", "description": "Edits a file",
         "format": {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"}}  # fmt: skip
QUERY = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
SEARCH = {"type": "tool_search", "execution": "client", "description": "Finds more tools", "parameters": QUERY}
OFFLINE = {"type": "web_search", "external_web_access": False, "search_content_types": ["text"]}


def namespace(name: str, *tools: dict[str, Any]) -> dict[str, Any]:
    return {"type": "namespace", "name": name, "description": f"Tools of {name}", "tools": list(tools)}


@pytest.fixture(scope="module")
def running() -> Iterator[Lane]:
    with lanes() as lane:
        yield lane


@pytest.fixture
def lane(running: Lane) -> Lane:
    running.behind.seen.clear()
    return running


def names_up(lane: Lane) -> list[str]:
    """The names of the tools that went up."""
    tools = lane.behind.seen[-1].body.get("tools") or []
    return [str((tool.get("function") or tool.get("custom") or tool)["name"]) for tool in tools]


@crossed
@streams
class TestCalls:
    def test_a_namespace_comes_back_beside_the_name(self, lane: Lane, upstream: str, stream: bool) -> None:
        body = said(RESPONSES, "Call lookup_code.", tools=[namespace("crm", FIND, OTHER)], stream=stream)
        exchange = lane.ask(RESPONSES, upstream, body)
        assert findings(exchange) == []
        assert names_up(lane) == ["lookup_code", "lookup_owner"]
        [call] = final(exchange)["output"]
        assert (call["type"], call["namespace"], call["name"]) == ("function_call", "crm", "lookup_code")

    def test_equal_names_are_told_apart(self, lane: Lane, upstream: str, stream: bool) -> None:
        tools = [FIND, namespace("crm", FIND), namespace("shop", FIND, OTHER)]
        body = said(RESPONSES, "Call shop__lookup_code.", tools=tools, stream=stream)
        exchange = lane.ask(RESPONSES, upstream, body)
        assert findings(exchange) == []
        assert names_up(lane) == ["lookup_code", "crm__lookup_code", "shop__lookup_code", "lookup_owner"]
        [call] = final(exchange)["output"]
        assert (call["namespace"], call["name"]) == ("shop", "lookup_code")
        history = [*body["input"], call, {"type": "function_call_output", "call_id": call["call_id"], "output": "plum"}]
        again = lane.ask(RESPONSES, upstream, {"input": history, "tools": tools, "stream": stream})
        assert findings(again) == []
        assert "plum" in answered(again).text
        assert '"name": "shop__lookup_code", "' in str(lane.behind.seen[-1].body["messages"]).replace("'", '"')

    def test_tools_of_an_item_are_called(self, lane: Lane, upstream: str, stream: bool) -> None:
        added = {"type": "additional_tools", "role": "developer", "tools": [namespace("crm", FIND)]}
        items = [added, {"role": "user", "content": "Call lookup_code."}]
        exchange = lane.ask(RESPONSES, upstream, {"input": items, "stream": stream})
        assert findings(exchange) == []
        assert [call.name for call in answered(exchange).tool_calls] == ["lookup_code"]

    def test_the_client_searches_and_calls_what_it_found(self, lane: Lane, upstream: str, stream: bool) -> None:
        ask = {"role": "user", "content": "Call tool_search with query set to codes."}
        first = lane.ask(RESPONSES, upstream, {"input": [ask], "tools": [SEARCH], "stream": stream})
        assert findings(first) == []
        [search] = final(first)["output"]
        assert (search["type"], search["execution"]) == ("tool_search_call", "client")
        assert search["arguments"] == {"query": "codes"}
        found = {"type": "tool_search_output", "call_id": search["call_id"], "execution": "client", "tools": [FIND]}
        items = [ask, search, found, {"role": "user", "content": "Call lookup_code."}]
        again = lane.ask(RESPONSES, upstream, {"input": items, "tools": [SEARCH], "stream": stream})
        assert findings(again) == []
        assert [call.name for call in answered(again).tool_calls] == ["lookup_code"]
        assert names_up(lane) == ["tool_search", "lookup_code"]

    def test_a_custom_tool_gets_its_text(self, lane: Lane, upstream: str, stream: bool) -> None:
        question = "Call edit_file with this text: Understood."
        body = said(RESPONSES, question, tools=[PATCH, FIND], stream=stream)
        exchange = lane.ask(RESPONSES, upstream, body)
        assert findings(exchange) == []
        [call] = final(exchange)["output"]
        assert (call["type"], call["name"]) == ("custom_tool_call", "edit_file")
        assert call["input"]
        assert "{" not in call["input"]
        assert "start: /.+/" in str(lane.behind.seen[-1].body["tools"][0])
        result = {"type": "custom_tool_call_output", "call_id": call["call_id"], "output": "The file has 7 lines."}
        again = lane.ask(RESPONSES, upstream, {**body, "input": [*body["input"], call, result]})
        assert findings(again) == []
        assert "The file has 7 lines." in answered(again).text


@crossed
@streams
@pytest.mark.parametrize("tool", [OFFLINE, {"type": "web_search"}, SEARCH, namespace("crm", FIND, PATCH), PATCH])
def test_a_declared_tool_that_is_not_used_is_not_an_error(
    lane: Lane, upstream: str, stream: bool, tool: dict[str, Any]
) -> None:
    exchange = lane.ask(RESPONSES, upstream, said(RESPONSES, "Reply with exactly: fine", tools=[tool], stream=stream))
    assert findings(exchange) == []
    assert answered(exchange).text == "fine"


def test_a_search_without_the_network_does_not_go_up(lane: Lane) -> None:
    for upstream in (CHAT, MESSAGES):
        lane.ask(RESPONSES, upstream, said(RESPONSES, "Hello", tools=[OFFLINE, FIND], tool_choice="auto"))
        assert names_up(lane) == ["lookup_code"]
        assert "web_search_options" not in lane.behind.seen[-1].body


def test_a_web_search_is_that_of_the_upstream(lane: Lane) -> None:
    place = {"type": "approximate", "city": "Oslo"}
    tool = {"type": "web_search", "search_context_size": "low", "user_location": place}
    lane.ask(RESPONSES, CHAT, said(RESPONSES, "Hello", tools=[tool]))
    options = lane.behind.seen[-1].body["web_search_options"]
    assert options == {
        "search_context_size": "low",
        "user_location": {"type": "approximate", "approximate": {"city": "Oslo"}},
    }
    filtered = {**tool, "filters": {"allowed_domains": ["example.org"]}}
    exchange = lane.ask(RESPONSES, MESSAGES, said(RESPONSES, "Use web_search, please.", tools=[filtered]))
    assert findings(exchange) == []
    [up] = lane.behind.seen[-1].body["tools"]
    assert (up["name"], up["allowed_domains"], up["user_location"]) == ("web_search", ["example.org"], place)


@streams
def test_the_upstream_searches_for_deferred_tools(lane: Lane, stream: bool) -> None:
    tools = [OTHER, {**FIND, "defer_loading": True}, {"type": "tool_search"}]
    exchange = lane.ask(RESPONSES, MESSAGES, said(RESPONSES, "Call lookup_owner.", tools=tools, stream=stream))
    assert findings(exchange) == []
    assert [call.name for call in answered(exchange).tool_calls] == ["lookup_owner"]
    up = lane.behind.seen[-1].body["tools"]
    assert [tool.get("defer_loading") for tool in up] == [None, True, None]
    assert up[2]["name"] == "tool_search_tool_bm25"
    exchange = lane.ask(RESPONSES, CHAT, said(RESPONSES, "Call lookup_code.", tools=tools, stream=stream))
    assert [call.name for call in answered(exchange).tool_calls] == ["lookup_code"]


@crossed
@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"tools": [{"type": "web_search"}, FIND], "tool_choice": {"type": "web_search"}}, "tool_choice"),
        ({"tools": [OFFLINE], "tool_choice": "required"}, "tools[0]"),
        ({"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]}, "tools[0]"),
        ({"tools": [{"type": "mcp", "server_label": "a", "server_url": "https://example.org"}]}, "tools[0]"),
        ({"tools": [namespace("crm", {"type": "web_search"})]}, "tools[0].tools[0]"),
        ({"tools": [namespace("crm", FIND)], "input": [{"type": "shell_call", "call_id": "c"}]}, "input[0]"),
    ],
    ids=["forced", "required", "file-search", "mcp", "in-a-namespace", "item"],
)
def test_what_the_upstream_cannot_run_is_refused(lane: Lane, upstream: str, more: dict[str, Any], param: str) -> None:
    exchange = lane.ask(RESPONSES, upstream, said(RESPONSES, "Hello") | more)
    assert (exchange.status, lane.behind.seen) == (400, [])
    assert findings(exchange) == []
    assert content(exchange)["error"]["param"] == param


def test_chat_does_not_filter_searches(lane: Lane) -> None:
    tool = {"type": "web_search", "filters": {"allowed_domains": ["example.org"]}}
    exchange = lane.ask(RESPONSES, CHAT, said(RESPONSES, "Hello", tools=[tool]))
    assert (exchange.status, content(exchange)["error"]["param"]) == (400, "tools[0].filters")


@streams
def test_a_custom_tool_of_chat_is_a_function_of_messages(lane: Lane, stream: bool) -> None:
    custom = {"type": "custom", "custom": {"name": "run_code"}}
    body = said(CHAT, "Call run_code with `print(1)`", tools=[custom], stream=stream)
    exchange = lane.ask(CHAT, MESSAGES, body | ({"stream_options": {"include_usage": True}} if stream else {}))
    assert findings(exchange) == []
    [call] = final(exchange)["choices"][0]["message"]["tool_calls"]
    assert (call["type"], call["custom"]["name"]) == ("custom", "run_code")
    assert "print(1)" in call["custom"]["input"]
    assert "{" not in call["custom"]["input"]


@pytest.mark.parametrize("arguments", ["[" * 9_000 + "]" * 9_000, '{"a": ' * 250 + "1" + "}" * 250, "[1]", "{"])
def test_messages_has_no_place_for_arguments_that_are_not_an_object(lane: Lane, arguments: str) -> None:
    call = {"type": "function_call", "call_id": "call_1", "name": "lookup_code", "arguments": arguments}
    result = {"type": "function_call_output", "call_id": "call_1", "output": "7"}
    body = said(RESPONSES, "Hello", tools=[FIND]) | {"input": [{"role": "user", "content": "Hi"}, call, result]}
    exchange = lane.ask(RESPONSES, MESSAGES, body)
    assert (exchange.status, content(exchange)["error"]["param"]) == (400, "input")
    assert findings(exchange) == []


@pytest.mark.parametrize("upstream", [CHAT, MESSAGES, RESPONSES])
def test_a_body_that_is_nested_too_deeply_is_refused(lane: Lane, upstream: str) -> None:
    deep: Any = "x"
    for _ in range(300):
        deep = [deep]
    exchange = lane.ask(RESPONSES, upstream, said(RESPONSES, "Hello", metadata={"deep": deep}))
    assert exchange.status == 400
    assert findings(exchange) == []
