"""The request that goes up is compared with the client's: what a correct gateway may change, and what it may not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from conformance.core.model import Case, Chunk, Exchange, Request, Step
from conformance.judge import both_ends
from conformance.judge.both_ends import request_texts as texts
from conformance.judge.both_ends.request_tools import difference
from conformance.protocol.asked import asked
from conformance.protocol.reading import Reading
from conformance.target.profile import Profile
from tests.support.wire import JSON_TYPE, chat_answer

CHAT, RESPONSES, MESSAGES = "chat_completions", "responses", "messages"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAIAAAA2iEnWAAAAEElEQVR42mP4z8AARAwoFABE0AX7TM5xDwAAAABJRU5ErkJggg=="
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
VERSION = ("anthropic-version", "2023-06-01")

Body = dict[str, Any]


def exchange(family: str, body: Body, status: int, *headers: tuple[str, str]) -> Exchange:
    request = Request("POST", f"http://x.test/v1/{family}", headers, json.dumps(body).encode())
    return Exchange(family, request, status)


def rules(sent: tuple[str, Body], *up: tuple[str, Body], status: int = 200) -> set[str]:
    """The rules about requests that are broken. Each request is (family, members of its body)."""
    behind = tuple(exchange(family, {"model": "m", **body}, 200) for family, body in up)
    front = exchange(sent[0], {"model": "m", **sent[1]}, status)
    return broken(front, *behind)


def broken(front: Exchange, *behind: Exchange) -> set[str]:
    step = Step({}, {"outcome": "success"}, upstream={"family": behind[0].family if behind else front.family})
    case = Case("upstream/x/y", "A title", "upstream", "x", front.family, "must", "", (), (step,), "x.yaml", 1)
    joined = Exchange(front.family, front.request, front.status, behind=behind)
    found = both_ends.breaches(case, 0, Reading(joined), Profile())
    return {
        breach.rule.removeprefix("upstream.").removeprefix("request.")
        for breach in found
        if breach.rule.startswith(("upstream.request.", "upstream.cross-talk."))
    }


def user(content: Any) -> Body:
    return {"role": "user", "content": content}


def chat(*messages: Body, **more: Any) -> tuple[str, Body]:
    return CHAT, {"messages": list(messages), **more}


def responses(*items: Body, **more: Any) -> tuple[str, Body]:
    return RESPONSES, {"input": list(items), **more}


def messages(*turns: Body, **more: Any) -> tuple[str, Body]:
    return MESSAGES, {"messages": list(turns), "max_tokens": 64, **more}


def system(text: str, role: str = "system") -> Body:
    return {"role": role, "content": text}


def said(text: str) -> Body:
    return {"role": "assistant", "content": text}


def text(value: str, **more: Any) -> Body:
    return {"type": "text", "text": value, **more}


CRM: Body = {
    "type": "namespace",
    "name": "crm",
    "description": "",
    "tools": [{"type": "function", "name": name, "parameters": SCHEMA} for name in ("a", "b")],
}


def chat_call(id_: str, arguments: str = '{"city": "Oslo"}', name: str = "get_weather") -> Body:
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


def chat_called(*ids: str, content: str | None = None) -> Body:
    return {"role": "assistant", "content": content, "tool_calls": [chat_call(id_) for id_ in ids]}


def chat_result(id_: str, content: Any = "14 degrees") -> Body:
    return {"role": "tool", "tool_call_id": id_, "content": content}


def use(id_: str, name: str = "get_weather", **arguments: Any) -> Body:
    return {"type": "tool_use", "id": id_, "name": name, "input": arguments or {"city": "Oslo"}}


def used(*ids: str) -> Body:
    return {"role": "assistant", "content": [use(id_) for id_ in ids]}


def result(id_: str, content: Any = "14 degrees", **more: Any) -> Body:
    return {"type": "tool_result", "tool_use_id": id_, "content": content, **more}


def function_call(id_: str) -> Body:
    return {"type": "function_call", "call_id": id_, "name": "get_weather", "arguments": '{"city":"Oslo"}'}


def output(id_: str, value: Any = "14 degrees") -> Body:
    return {"type": "function_call_output", "call_id": id_, "output": value}


def chat_tool(name: str = "get_weather", schema: Any = SCHEMA, **more: Any) -> Body:
    return {"type": "function", "function": {"name": name, "description": "Weather", "parameters": schema, **more}}


def tool(name: str = "get_weather", schema: Any = SCHEMA, **more: Any) -> Body:
    return {"name": name, "description": "Weather", "input_schema": schema, **more}


def flat_tool(name: str = "get_weather", schema: Any = SCHEMA, **more: Any) -> Body:
    return {"type": "function", "name": name, "description": "Weather", "parameters": schema, **more}


CHAT_PNG = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
INPUT_PNG = {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"}
BLOCK_PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
ASK = chat(user("Hi."))

PAINT = {"type": "custom_tool_call", "call_id": "c", "name": "paint", "input": "red"}
PAINTED = {"type": "custom_tool_call_output", "call_id": "c", "output": "Done."}

LEGAL = {
    "the text of a custom tool is the only argument of a function": (
        responses(user("Hi."), PAINT, PAINTED),
        chat(
            user("Hi."),
            {"role": "assistant", "tool_calls": [chat_call("c", '{"content": "red"}', "paint")]},
            chat_result("c", "Done."),
        ),
    ),
    "a tool of the gateway makes the output format": (
        chat(user("Hi."), response_format={"type": "json_object"}),
        messages(user("Hi."), tools=[tool("json_tool_call")]),
    ),
    "system texts are joined for Messages": (
        chat(system("One."), system("Two.", "developer"), user("Hi.")),
        messages(user("Hi."), system="One.\n\nTwo."),
    ),
    "a late system text is moved in a crossed lane": (
        chat(user("Hi."), said("Hello."), system("Be brief."), user("Go on.")),
        messages(user("Hi."), said("Hello."), user("Go on."), system=[text("Be brief.")]),
    ),
    "instructions become a system message": (
        responses(user("Hi."), instructions="One."),
        chat(system("One.", "developer"), user([text("Hi.")])),
    ),
    "a string of input becomes a turn": ((RESPONSES, {"input": "Hi."}), messages(user([text("Hi.")]))),
    "neighbouring turns are merged": (
        chat(user("One."), user("Two.")),
        messages(user([text("One."), text("Two.")])),
    ),
    "neighbouring turns are joined": (chat(user("One."), user("Two.")), chat(user("One.\nTwo."))),
    "an empty system and empty texts are left out": (
        chat(system(""), user([text(""), text("Hi.")])),
        messages(user("Hi."), system=""),
    ),
    "the white space at the end of a prefill is left out": (
        messages(user("Hi."), said("Hello ")),
        messages(user("Hi."), said("Hello")),
    ),
    "results share a turn in Messages": (
        chat(user("Hi."), chat_called("a", "b"), chat_result("b", "2"), chat_result("a", "1"), user("So?")),
        messages(
            user("Hi."),
            used("toolu_a", "toolu_b"),
            user([result("toolu_a", "1"), result("toolu_b", [text("2")]), text("So?")]),
        ),
    ),
    "a turn of Messages is split for Chat Completions": (
        messages(user("Hi."), used("a", "b"), user([result("a", "1"), result("b", "2"), text("So?")])),
        chat(user("Hi."), chat_called("a", "b"), chat_result("a", "1"), chat_result("b", "2"), user("So?")),
    ),
    "calls become items": (
        chat(user("Hi."), chat_called("a", content="I look."), chat_result("a")),
        responses(user("Hi."), said("I look."), function_call("a"), output("a")),
    ),
    "arguments are written in another way": (
        chat(user("Hi."), {"role": "assistant", "tool_calls": [chat_call("a", '{"city":"Oslo"}')]}, chat_result("a")),
        chat(user("Hi."), chat_called("a", content=""), chat_result("a")),
    ),
    "words stand before an error result in Chat Completions": (
        messages(user("Hi."), used("a"), user([result("a", "Closed.", is_error=True)])),
        chat(user("Hi."), chat_called("a"), chat_result("a", "Error: Closed.")),
    ),
    "an empty result gets a text": (
        messages(user("Hi."), used("a"), user([{"type": "tool_result", "tool_use_id": "a"}])),
        chat(user("Hi."), chat_called("a"), chat_result("a", "(no output)")),
    ),
    "an image of a result moves into the turn": (
        messages(user("Hi."), used("a"), user([result("a", [text("Taken."), BLOCK_PNG])])),
        chat(user("Hi."), chat_called("a"), chat_result("a", "Taken."), user([CHAT_PNG])),
    ),
    "an image has another form in each family": (
        chat(user([text("See:"), CHAT_PNG])),
        messages(user([text("See:"), BLOCK_PNG])),
    ),
    "an image goes up by its bytes instead of its URL": (
        chat(user([{"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}])),
        messages(user([BLOCK_PNG])),
    ),
    "the detail of an image is left out where the default is meant": (
        responses(user([INPUT_PNG])),
        chat(user([CHAT_PNG])),
    ),
    "reasoning is left out in a crossed lane": (
        messages(
            user("Hi."), {"role": "assistant", "content": [{"type": "thinking", "thinking": "x", "signature": "y"}]}
        ),
        chat(user("Hi.")),
    ),
    "schemas are closed": (
        chat(user("Hi."), tools=[chat_tool()]),
        responses(user("Hi."), tools=[flat_tool(schema={**SCHEMA, "additionalProperties": False}, strict=False)]),
    ),
    "a tool without parameters gets an empty schema": (
        chat(user("Hi."), tools=[{"type": "function", "function": {"name": "ping"}}]),
        messages(user("Hi."), tools=[{"name": "ping", "input_schema": {"type": "object", "properties": {}}}]),
    ),
    "the images of a result are moved and introduced": (
        messages(user("Hi."), used("t"), user([result("t", [text("Taken."), BLOCK_PNG]), text("Which colour?")])),
        chat(
            user("Hi."),
            chat_called("t"),
            chat_result("t", "Taken.\n[See the picture below]"),
            user([text("[The pictures are results of tools]"), CHAT_PNG]),
            user("Which colour?"),
        ),
    ),
    "a late system text is explained in the user's turn": (
        chat(user("Hi."), said("Hello."), system("Be brief."), user("Who are you?")),
        messages(user("Hi."), said("Hello."), user([text("From the operator: Be brief."), text("Who are you?")])),
    ),
    "a late system text is explained in a block of its own": (
        chat(user("Hi."), said("Hello."), system("Be brief."), user("Who are you?")),
        messages(
            user("Hi."), said("Hello."), user([text("From the operator:"), text("Be brief."), text("Who are you?")])
        ),
    ),
    "empty definitions are added to a schema": (
        chat(user("Hi."), tools=[chat_tool()]),
        messages(user("Hi."), tools=[tool(schema={**SCHEMA, "$defs": {}})]),
    ),
    "the dialect of a schema is left out": (
        messages(user("Hi."), tools=[tool(schema={"$schema": "x", **SCHEMA})]),
        chat(user("Hi."), tools=[chat_tool()]),
    ),
    "tools that the provider runs go up in their own family": (
        responses(user("Hi."), tools=[{"type": "mcp", "server_label": "a"}, {"type": "mcp", "server_label": "b"}]),
        responses(user("Hi."), tools=[{"server_label": "a", "type": "mcp"}, {"type": "mcp", "server_label": "b"}]),
    ),
    "the tools of a namespace and of an item are tools of their own in a crossed lane": (
        responses(
            {"type": "additional_tools", "role": "developer", "tools": [{**CRM, "name": "shop"}]},
            user("Hi."),
            tools=[CRM],
        ),
        chat(user("Hi."), tools=[chat_tool(name) for name in ("a", "b", "shop__a", "shop__b")]),
    ),
    "functions become tools": (
        chat(
            user("Hi."),
            {
                "role": "assistant",
                "content": None,
                "function_call": {"name": "get_weather", "arguments": '{"city":"Oslo"}'},
            },
            {"role": "function", "name": "get_weather", "content": "14 degrees"},
            functions=[{"name": "get_weather", "description": "Weather", "parameters": SCHEMA}],
            function_call={"name": "get_weather"},
        ),
        messages(
            user("Hi."),
            used("toolu_1"),
            user([result("toolu_1")]),
            tools=[tool()],
            tool_choice={"type": "tool", "name": "get_weather"},
        ),
    ),
    "no tools go up if none may be called": (
        chat(user("Hi."), tools=[chat_tool()], tool_choice="none"),
        messages(user("Hi.")),
    ),
    "the choice of any tool has another word": (
        chat(user("Hi."), tools=[chat_tool()], tool_choice="required", parallel_tool_calls=False),
        messages(user("Hi."), tools=[tool()], tool_choice={"type": "any", "disable_parallel_tool_use": True}),
    ),
    "the choice of any is that of the only tool": (
        messages(user("Hi."), tools=[tool()], tool_choice={"type": "any"}),
        chat(user("Hi."), tools=[chat_tool()], tool_choice={"type": "function", "function": {"name": "get_weather"}}),
    ),
    "auto is written out": (
        chat(user("Hi."), tools=[chat_tool()]),
        messages(user("Hi."), tools=[tool()], tool_choice={"type": "auto"}),
    ),
    "cache marks are added": (
        messages(user("Hi."), system="One."),
        messages(user("Hi."), system=[text("One.", cache_control={"type": "ephemeral"})]),
    ),
    "cache marks are left out in a crossed lane": (
        messages(user([text("Hi.", cache_control={"type": "ephemeral"})])),
        chat(user("Hi.")),
    ),
    "a continued request is expanded": (
        responses(user("Go on."), previous_response_id="resp_1"),
        chat(user("Hi."), said("Hello."), user("Go on.")),
    ),
}
"""Changes that a correct gateway may make: (the client's request, the request that goes up)."""

WRONG = {
    "a tool is added to those of a namespace": (
        responses(user("Hi."), tools=[CRM]),
        chat(user("Hi."), tools=[chat_tool(name) for name in ("a", "b", "c", "d")]),
        {"tools"},
    ),
    "the text of a custom tool is changed on its way into an argument": (
        responses(user("Hi."), PAINT, PAINTED),
        chat(
            user("Hi."),
            {"role": "assistant", "tool_calls": [chat_call("c", '{"content": "blue"}', "paint")]},
            chat_result("c", "Done."),
        ),
        {"calls"},
    ),
    "words are added beside an image that is the user's own": (
        messages(user([text("Look."), BLOCK_PNG])),
        chat(user([text("Look."), text("[A picture]"), CHAT_PNG])),
        {"turns"},
    ),
    "the words of a result are replaced by those about its image": (
        messages(user("Hi."), used("t"), user([result("t", [text("Taken."), BLOCK_PNG])])),
        chat(user("Hi."), chat_called("t"), chat_result("t", "[See below]"), user([text("[Results]"), CHAT_PNG])),
        {"calls"},
    ),
    "words are added to a result whose image is lost": (
        messages(user("Hi."), used("t"), user([result("t", [text("Taken."), BLOCK_PNG]), text("Go on.")])),
        chat(user("Hi."), chat_called("t"), chat_result("t", "Taken.\n[A picture]"), user("Go on.")),
        {"media"},
    ),
    "a late system text becomes one of the user": (
        chat(user("Hi."), said("Hello."), system("Be brief."), user("Who are you?")),
        messages(user("Hi."), said("Hello."), user([text("Be brief."), text("Who are you?")])),
        {"system", "turns"},
    ),
    "a block is added to the user's turn": (
        chat(user("Hi."), said("Hello."), user("Who are you?")),
        messages(user("Hi."), said("Hello."), user([text("From the operator:"), text("Who are you?")])),
        {"turns"},
    ),
    "a first system text is explained in the user's turn": (
        chat(system("Be brief."), user("Hi.")),
        messages(user([text("From the operator: Be brief."), text("Hi.")])),
        {"system", "turns"},
    ),
    "a tool is added in the native lane": (
        chat(user("Hi."), response_format={"type": "json_object"}),
        chat(user("Hi."), response_format={"type": "json_object"}, tools=[chat_tool("json_tool_call")]),
        {"tools"},
    ),
    "system texts change places": (
        chat(system("One."), system("Two."), user("Hi.")),
        messages(user("Hi."), system="Two.\n\nOne."),
        {"system"},
    ),
    "a system text becomes one of the user": (
        chat(system("One."), user("Hi.")),
        messages(user("One.\nHi.")),
        {"system", "turns"},
    ),
    "a system text is added": (ASK, messages(user("Hi."), system="You are helpful."), {"system-added"}),
    "a system text is changed by one letter": (
        chat(system("One."), user("Hi.")),
        messages(user("Hi."), system="One"),
        {"system"},
    ),
    "a late system text is moved in its own family": (
        chat(user("Hi."), said("Hello."), system("Be brief."), user("Go on.")),
        chat(system("Be brief."), user("Hi."), said("Hello."), user("Go on.")),
        {"system-place"},
    ),
    "a text is trimmed": (chat(user(" Hi.")), chat(user("Hi.")), {"turns"}),
    "a text is joined with another letter": (
        chat(user([text("One."), text("Two.")])),
        chat(user("One.,Two.")),
        {"turns"},
    ),
    "a turn is lost": (chat(user("One."), said("Two."), user("Three.")), chat(user("Three.")), {"turns"}),
    "a turn has another role": (chat(user("One."), said("Two.")), chat(user("One."), user("Two.")), {"turns"}),
    "letters are composed": (chat(user("e\u0301")), chat(user("\u00e9")), {"turns"}),
    "a call has another id in its own family": (
        chat(user("Hi."), chat_called("a"), chat_result("a")),
        chat(user("Hi."), chat_called("b"), chat_result("b")),
        {"calls"},
    ),
    "the result of a renamed call keeps its id": (
        chat(user("Hi."), chat_called("a"), chat_result("a")),
        messages(user("Hi."), used("toolu_a"), user([result("a")])),
        {"calls"},
    ),
    "two calls get one id": (
        chat(user("Hi."), chat_called("a", "b"), chat_result("a", "1"), chat_result("b", "2")),
        messages(user("Hi."), used("x", "x"), user([result("x", "1"), result("x", "2")])),
        {"calls"},
    ),
    "results change places": (
        chat(user("Hi."), chat_called("a", "b"), chat_result("a", "1"), chat_result("b", "2")),
        messages(user("Hi."), used("a", "b"), user([result("a", "2"), result("b", "1")])),
        {"calls"},
    ),
    "a call is moved behind the last turn": (
        chat(user("Hi."), chat_called("a"), chat_result("a"), said("Rain."), user("So?")),
        chat(user("Hi."), chat_result("a"), said("Rain."), user("So?"), chat_called("a")),
        {"calls"},
    ),
    "arguments are lost": (
        chat(user("Hi."), chat_called("a"), chat_result("a")),
        messages(user("Hi."), {"role": "assistant", "content": [use("a", city="")]}, user([result("a")])),
        {"calls"},
    ),
    "an error result becomes a good one": (
        messages(user("Hi."), used("a"), user([result("a", is_error=True)])),
        messages(user("Hi."), used("a"), user([result("a")])),
        {"calls"},
    ),
    "an image is lost": (chat(user([text("See:"), CHAT_PNG])), messages(user("See:")), {"media"}),
    "an image is changed": (
        chat(user([CHAT_PNG])),
        messages(user([{"type": "image", "source": {**BLOCK_PNG["source"], "data": "AAAA"}}])),  # type: ignore[dict-item]
        {"media"},
    ),
    "an image has another type": (
        chat(user([CHAT_PNG])),
        messages(user([{"type": "image", "source": {**BLOCK_PNG["source"], "media_type": "image/gif"}}])),  # type: ignore[dict-item]
        {"media"},
    ),
    "an image moves in front of the text": (
        chat(user([text("See:"), CHAT_PNG])),
        messages(user([BLOCK_PNG, text("See:")])),
        {"media-place"},
    ),
    "a signature is lost": (
        messages(
            user("Hi."), {"role": "assistant", "content": [{"type": "thinking", "thinking": "x", "signature": "y"}]}
        ),
        messages(user("Hi."), {"role": "assistant", "content": [{"type": "thinking", "thinking": "x"}]}),
        {"native-content"},
    ),
    "a description is lost": (
        chat(user("Hi."), tools=[chat_tool(description="Other")]),
        messages(user("Hi."), tools=[tool()]),
        {"tools"},
    ),
    "a tool is added": (
        chat(user("Hi."), tools=[chat_tool()]),
        chat(user("Hi."), tools=[chat_tool(), chat_tool("other")]),
        {"tools"},
    ),
    "a required parameter is lost": (
        chat(user("Hi."), tools=[chat_tool()]),
        messages(user("Hi."), tools=[tool(schema={**SCHEMA, "required": []})]),
        {"tools"},
    ),
    "a default is lost": (
        chat(user("Hi."), tools=[chat_tool(schema={"type": "object", "properties": {"a": {"default": 1}}})]),
        messages(user("Hi."), tools=[tool(schema={"type": "object", "properties": {"a": {}}})]),
        {"tool-notes"},
    ),
    "a parameter that has the name of a note is lost": (
        chat(user("Hi."), tools=[chat_tool(schema={"type": "object", "properties": {"title": {}, "a": {}}})]),
        messages(user("Hi."), tools=[tool(schema={"type": "object", "properties": {"a": {}}})]),
        {"tools"},
    ),
    "a tool that the provider runs is changed": (
        responses(user("Hi."), tools=[{"type": "mcp", "server_label": "a"}, {"type": "mcp", "server_label": "b"}]),
        responses(user("Hi."), tools=[{"type": "mcp", "server_label": "a"}, {"type": "mcp", "server_label": "c"}]),
        {"tools"},
    ),
    "strict is lost": (
        messages(user("Hi."), tools=[tool(strict=True)]),
        responses(user("Hi."), tools=[flat_tool(strict=False)]),
        {"tool-strict"},
    ),
    "the choice of any becomes auto": (
        chat(user("Hi."), tools=[chat_tool()], tool_choice="required"),
        messages(user("Hi."), tools=[tool()]),
        {"tool-choice"},
    ),
    "the limit to one call is lost": (
        messages(user("Hi."), tools=[tool()], tool_choice={"type": "auto", "disable_parallel_tool_use": True}),
        chat(user("Hi."), tools=[chat_tool()]),
        {"tool-choice"},
    ),
    "a cache mark is lost": (
        messages(user([text("Hi.", cache_control={"type": "ephemeral"})])),
        messages(user("Hi.")),
        {"cache-marks"},
    ),
    "the lifetime of a cache mark is lost": (
        messages(user([text("Hi.", cache_control={"type": "ephemeral", "ttl": "1h"})])),
        messages(user([text("Hi.", cache_control={"type": "ephemeral"})])),
        {"cache-marks"},
    ),
    "the model is empty": (ASK, (CHAT, {"messages": [user("Hi.")], "model": ""}), {"model"}),
}
"""Changes that break these rules."""


@pytest.mark.parametrize(("sent", "up"), LEGAL.values(), ids=LEGAL)
def test_a_correct_gateway_is_not_blamed(sent: tuple[str, Body], up: tuple[str, Body]) -> None:
    assert rules(sent, up) == set()


@pytest.mark.parametrize(("sent", "up", "wanted"), WRONG.values(), ids=WRONG)
def test_a_wrong_gateway_breaks_the_rule(sent: tuple[str, Body], up: tuple[str, Body], wanted: set[str]) -> None:
    assert rules(sent, up) == wanted


def test_every_request_that_goes_up_is_compared() -> None:
    assert rules(ASK, chat(user("Hello.")), ASK) == {"turns"}


@pytest.mark.parametrize(("status", "wanted"), [(200, set()), (400, {"refused-client"}), (502, set())])
def test_a_client_is_not_refused_after_its_request_was_answered(status: int, wanted: set[str]) -> None:
    body = {"model": "m", **ASK[1]}
    answer = (Chunk(0.1, json.dumps(chat_answer("Hello.")).encode()),)
    answered = replace(exchange(CHAT, body, 200), chunks=answer, headers=(JSON_TYPE,))
    assert broken(exchange(CHAT, body, status), answered) == wanted


@pytest.mark.parametrize(
    ("sent", "up", "wanted"),
    [
        (["a,b"], ["a,b"], set()),
        (["a,b"], ["a", "b"], set()),
        (["a"], ["a, more"], set()),
        (["a,b"], ["a"], {"anthropic-beta"}),
        (["a"], ["a", "a"], {"anthropic-beta"}),
        (["a"], [], {"anthropic-beta"}),
    ],
)
def test_beta_features_go_up_each_once(sent: list[str], up: list[str], wanted: set[str]) -> None:
    def asked_with(values: list[str]) -> Exchange:
        body = {"model": "m", **messages(user("Hi."))[1]}
        return exchange(MESSAGES, body, 200, VERSION, *(("Anthropic-Beta", value) for value in values))

    assert broken(asked_with(sent), asked_with(up)) == wanted


@pytest.mark.parametrize("up", [[], ["2026-10-21"], ["2023-06-01", "2023-06-01"]])
def test_the_version_goes_up_once_and_unchanged(up: list[str]) -> None:
    body = {"model": "m", **messages(user("Hi."))[1]}
    front = exchange(MESSAGES, body, 200, VERSION)
    behind = exchange(MESSAGES, body, 200, *(("anthropic-version", value) for value in up))
    assert broken(front, behind) == {"anthropic-version"}


ODD: list[Any] = [None, True, 3, "text", [], {}, [None, 3, "x", [], {}], {"type": 3, "content": {"x": [1]}}]


@pytest.mark.parametrize("family", [CHAT, RESPONSES, MESSAGES])
def test_any_json_can_be_read(family: str) -> None:
    names = ("model", "messages", "input", "instructions", "system", "tools", "tool_choice", "cache_control")
    for value in ODD:
        assert asked(family, dict.fromkeys(names, value)) is not None
        for role in ("system", "user", "assistant", "tool", 3):
            for kind in ("text", "image", "image_url", "input_image", "file", "document", "tool_use", "tool_result", 3):
                members = {"type": kind, "source": value, "image_url": value, "file": value, "text": value}
                turn = {"role": role, "content": [{**members, "content": value, "input": value}], "tool_calls": value}
                assert asked(family, {"messages": [turn], "input": [turn, {"type": kind, "output": value}]}) is not None


@pytest.mark.parametrize(
    ("sent", "got", "is_same"),
    [
        (["a", "b"], ["a\n\nb"], True),
        (["a\n\nb"], ["a", "b"], False),
        (["a", "\nb"], ["a\n\n\nb"], True),
        (["a", " "], ["a"], True),
        (["a"], ["a\n"], False),
        (["a", "b"], ["a\n\n\nb"], False),
        ([], ["a"], False),
        (["a"], [], False),
    ],
)
def test_texts_are_the_same_however_they_are_joined(sent: list[str], got: list[str], is_same: bool) -> None:
    assert texts.same(sent, got) is is_same


def test_the_place_of_a_difference_between_schemas_is_named() -> None:
    ours = {"properties": {"a": {"anyOf": [{"type": "string"}, {"enum": [1, None]}]}}}
    theirs = {"properties": {"a": {"anyOf": [{"type": "string"}, {"enum": [1, True]}]}}}
    assert difference(ours, theirs, "") == "/properties/a/anyOf/1/enum/1"
    assert difference(ours, ours, "") == ""
    assert difference({}, {"$defs": {}}, "") == ""
    assert difference({"additionalProperties": True, "required": []}, {}, "") == ""
    assert difference({"additionalProperties": False}, {}, "") == "/additionalProperties"
    assert difference({"properties": {"required": []}}, {"properties": {}}, "") == "/properties/required"
    assert difference({}, {"$defs": {"a": {}}}, "") == "/$defs"


def quay(**more: Any) -> tuple[str, Body]:
    """A question about a document with a text, as Messages has it."""
    source = {"type": "text", "media_type": "text/plain", "data": "The quay is closed."}
    document = {"type": "document", "source": source, "title": "The quay", **more}
    return MESSAGES, {"messages": [user([document, {"type": "text", "text": "Is it open?"}])]}


def test_the_texts_of_documents_are_texts_of_the_user_in_other_families() -> None:
    for text in ("The quay\nThe quay is closed.\nIs it open?", "The quay is closed.\n\nIs it open?", "Is it open?"):
        assert rules(quay(), chat(user(text))) == set()
        assert rules(quay(context="Found on the quay."), chat(user(f"Found on the quay.\n{text}"))) == set()


def test_other_texts_beside_those_of_documents_are_not() -> None:
    assert rules(quay(), chat(user("The quay is closed.\nIs it open? Be brief."))) == {"turns"}
    assert rules(quay(), chat(user("The quay is closed."))) == {"turns"}
    assert rules(quay(), chat(user("The quay is open.\nIs it open?"))) == {"turns"}


def test_in_the_native_lane_a_document_stays_a_document() -> None:
    assert "turns" in rules(quay(), (MESSAGES, {"messages": [user("The quay is closed.\nIs it open?")]}))


@pytest.mark.parametrize(
    ("limit", "budget", "highest", "is_wrong"),
    [
        (2048, 1024, 2048, False),
        (None, 4096, 8192, False),
        (2048, 4096, 2048, True),
        (2048, 2048, 2048, True),
        (2048, 512, 2048, True),
        (64, 1024, 64, False),  # no budget fits
    ],
)
def test_a_budget_of_thinking_fits_the_limit(limit: int | None, budget: int, highest: int, is_wrong: bool) -> None:
    sent = chat(user("Hi."), reasoning_effort="high", **({"max_completion_tokens": limit} if limit else {}))
    family, body = messages(user("Hi."), thinking={"type": "enabled", "budget_tokens": budget})
    assert ("thinking-budget" in rules(sent, (family, {**body, "max_tokens": highest}))) is is_wrong


def test_a_budget_of_the_client_is_its_own() -> None:
    sent = messages(user("Hi."), thinking={"type": "enabled", "budget_tokens": 4096})
    assert "thinking-budget" not in rules(sent, sent)


@pytest.mark.parametrize(("status", "is_wrong"), [(400, False), (200, True), (503, True)])
def test_a_request_that_was_refused_may_be_repaired(status: int, is_wrong: bool) -> None:
    thought = {"type": "thinking", "thinking": "They greet.", "signature": "sig"}
    history = {"role": "assistant", "content": [thought, text("Hello.")]}
    whole = messages(user("Hi."), history, user("Go on."))[1]
    less = messages(user("Hi."), said("Hello."), user("Go on."))[1]
    front = exchange(MESSAGES, {"model": "m", **whole}, 200)
    behind = exchange(MESSAGES, {"model": "m", **whole}, status), exchange(MESSAGES, {"model": "m", **less}, 200)
    assert ("native-content" in broken(front, *behind)) is is_wrong
