"""Bodies as they arrive at an upstream of each family, made from the table of parameters."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from conformance.core.model import JSON, Exchange, Request
from conformance.core.pointer import each, tokens
from conformance.protocol.parameters import Parameter, Place, parameters, request_body, value_in
from tests.support.wire import CHAT, MESSAGES, RESPONSES, chat_answer, exchange, messages_answer

FAMILIES = (CHAT, RESPONSES, MESSAGES)
_ANSWERS = {CHAT: chat_answer(), MESSAGES: messages_answer(), RESPONSES: {"object": "response"}}
_CHOSEN = re.compile(r"\*\[(\w+)=([^\]]*)\]")


def sent(parameter: Parameter) -> JSON:
    """The client's body, with its names filled in."""
    return json.loads(json.dumps(request_body(parameter)).replace("$model", "m-1").replace("$token", "Zqbafigo"))


def plain(family: str) -> JSON:
    """The body of a request without the parameter."""
    first = next(one for one in parameters().values() if one.endpoint == family)
    return sent(replace(first, patch={}))


def translated(parameter: Parameter, family: str, place: Place | None = None) -> JSON:
    """The body that should arrive at an upstream of a family: with the parameter at its place there, if it has one."""
    if family == parameter.endpoint and place is None:
        return sent(parameter)
    body = plain(family)
    for one in (place,) if place else parameter.places(family)[:1]:
        put(body, one.at, value_in(sent(parameter), parameter.at) if one.value is None else one.value)
    return body


def put(body: JSON, at: str, value: JSON) -> str:
    """Put a value at a pointer, with the members above it; `*` adds a member to a list. Return the concrete pointer."""
    *above, last = tokens(at)
    followers = [*above, last][1:]
    made = ""
    for token, follower in zip(above, followers, strict=True):
        body, key = _down(body, token, follower)
        made += f"/{key}"
    if last.startswith("*"):
        body.append(value)
        return f"{made}/{len(body) - 1}"
    body[last] = value
    return f"{made}/{last}"


def _down(body: Any, token: str, follower: str) -> tuple[Any, object]:
    empty: Any = [] if follower.startswith("*") or follower.isdecimal() else {}
    if chosen := _CHOSEN.fullmatch(token):
        found = [index for index, one in enumerate(body) if one.get(chosen[1]) == chosen[2]]
        if not found or isinstance(body[found[0]].get(follower), str):
            body.append({chosen[1]: chosen[2]})
            found = [len(body) - 1]
        return body[found[0]], found[0]
    if isinstance(body, list):
        index = len(body) if token == "*" else int(token)
        body += [{} for _ in range(index + 1 - len(body))]
        return body[index], index
    if not isinstance(body.get(token), type(empty)):
        body[token] = empty
    return body[token], token


def without(body: JSON, at: str) -> JSON:
    """The body without the values at a pointer."""
    body = json.loads(json.dumps(body))
    for pointer, _ in reversed(list(each(body, at))):
        *above, last = tokens(pointer)
        holder: Any = body
        for token in above:
            holder = holder[int(token) if isinstance(holder, list) else token]
        if isinstance(holder, list):
            del holder[int(last)]
        else:
            del holder[last]
    return body


def replaced(body: JSON, at: str, value: JSON) -> JSON:
    """The body with another value at a pointer."""
    body = json.loads(json.dumps(body))
    for pointer, _ in list(each(body, at)):
        *above, last = tokens(pointer)
        holder: Any = body
        for token in above:
            holder = holder[int(token) if isinstance(holder, list) else token]
        holder[int(last) if isinstance(holder, list) else last] = value
    return body


def both_ends(parameter: Parameter, family: str, body: JSON) -> Exchange:
    """The client's exchange, behind which this body arrived at an upstream of a family."""
    request = Request("POST", "https://upstream.test/v1", (), json.dumps(body).encode())
    behind = Exchange(family, request, 200)
    return front(parameter, _ANSWERS[parameter.endpoint], behind=(behind,))


def front(parameter: Parameter, answer: Any, status: int = 200, **changes: Any) -> Exchange:
    """The client's exchange with this answer."""
    found = exchange(parameter.endpoint, answer, status)
    return replace(found, request=replace(found.request, body=json.dumps(sent(parameter)).encode()), **changes)
