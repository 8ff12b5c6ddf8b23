"""Requests that go up where none is due, or with headers, keys and texts that are not the client's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

from conformance.core.canary import TOKEN
from conformance.core.model import Headers
from conformance.reference import DEFAULT_KEY
from conformance.reference.changes import Change, on_answer, on_call, on_request, put
from conformance.reference.faults.fault import Fault
from conformance.reference.faults.upstream.edits import texts
from conformance.reference.gateway import Answer, Answering, Call
from conformance.reference.gateway.app import dialect_of, named
from conformance.reference.gateway.errors import refusal
from conformance.reference.gateway.wire import first, whole, without

_REPORTS = {
    "version-doubled": "https://github.com/decolua/9router/issues/2357",
}
"""Fault -> the report of a real gateway's defect, which it replays."""
_FAMILIES = {"chat": "chat_completions", "responses": "responses", "messages": "messages"}
_TOKEN = re.compile(TOKEN)
_BETA, _VERSION = "anthropic-beta", "anthropic-version"


class _Passed(str):
    """A header's name that the gateway does not recognise, so that it passes the header on."""

    __slots__ = ()

    def lower(self) -> str:
        return f"passed-{self}"


def _fault(id_: str, area: str, case: str, sentence: str, change: Change, *rules: str) -> Fault:
    """A fault of the family that a case's id begins with, in its native lane."""
    family = _FAMILIES[case.partition("-")[0]]
    cases = f"upstream/{area}/{case}[upstream={family}]"
    return Fault(
        id=f"upstream-{id_}",
        url=_REPORTS.get(id_, ""),
        family=family,
        sentence=sentence,
        rules=rules,
        cases=cases,
        apply=change,
    )


def _headers(edit: Callable[[Headers], Headers]) -> Change:
    return on_call(lambda call: replace(call, headers=edit(call.headers)))


def _header(name: str, value: Callable[[str], str]) -> Change:
    """Replaces the value of a header."""
    return _headers(lambda headers: tuple((key, value(old) if key.lower() == name else old) for key, old in headers))


def _dropped(name: str) -> Change:
    return _headers(lambda headers: without(headers, frozenset({name})))


def _doubled(name: str) -> Change:
    return _headers(lambda headers: (*headers, *((key, old) for key, old in headers if key.lower() == name)))


def _key(call: Call) -> str:
    bearer = (first(call.headers, "authorization") or "").partition(" ")[2]
    return bearer or first(call.headers, "x-api-key") or ""


def _key_as(name: str, value: str) -> Change:
    """Sends the client's key up in a header."""
    return on_call(lambda call: replace(call, headers=(*call.headers, (name, value.format(_key(call))))))


def _key_as_user(call: Call) -> Call:
    """Sends the client's key up as the user's id."""
    return replace(call, body=json.dumps({**json.loads(call.body), "user": _key(call)}).encode())


def _cookie_passed(call: Call) -> Call:
    return replace(
        call, headers=tuple((_Passed(key) if key.lower() == "cookie" else key, old) for key, old in call.headers)
    )


def _any_key(call: Call) -> Call:
    """Takes any key, and a request without one."""
    headers = without(call.headers, frozenset({"authorization", "x-api-key"}))
    return replace(call, headers=(*headers, ("authorization", f"Bearer {DEFAULT_KEY}")))


def _twice(answering: Answering) -> Answering:
    """Asks twice, and returns the second answer."""

    async def answer(call: Call) -> Answer:
        unused = await answering(call)
        async for _ in unused.body:
            pass
        await unused.close()
        return await answering(call)

    return answer


def _answered_anyway(answering: Answering) -> Answering:
    """Answers a request that the upstream refused, without its mistake."""

    async def answer(call: Call) -> Answer:
        given = await answering(call)
        if given.status < 400:
            return given
        await given.close()
        mended = _TOKEN.sub("", call.body.decode()).replace("wizard", "user")
        return await answering(replace(call, body=mended.encode()))

    return answer


async def _refused(call: Call, answer: Answer) -> Answer:
    """Refuses the client after the upstream has answered."""
    async for _ in answer.body:
        pass
    await answer.close()
    dialect = dialect_of(call)
    return named(refusal(call, dialect, 400, "The answer is not allowed here."), call, dialect)


def _mixed() -> Change:
    """Puts the text of the request before into the prompt."""
    before = [""]

    def mixed(call: Call) -> Call:
        found = _TOKEN.search(call.body.decode("utf-8", "replace"))
        earlier, before[0] = before[0], f"The code word is. {found[0]}" if found else ""
        changed = texts(lambda text: f"{earlier}\n{text}" if earlier else text)(json.loads(call.body))
        return replace(call, body=json.dumps(changed).encode())

    return on_call(mixed)


def _answers_mixed() -> Change:
    """Puts the text of the answer before into the answer."""
    before = [b""]

    async def mixed(_call: Call, answer: Answer) -> Answer:
        body = b"".join([piece async for piece in answer.body])
        found = _TOKEN.search(body.decode("utf-8", "replace"))
        earlier, before[0] = before[0], found[0].encode() if found else b""
        if earlier and found:
            body = body.replace(found[0].encode(), found[0].encode() + b" " + earlier)

        return replace(answer, headers=without(answer.headers, frozenset({"content-length"})), body=whole(body))

    return on_answer(mixed)


ACCESS, TEXTS = "request-access", "request-texts"

FAULTS = (
    # Headers
    _fault(
        "beta-lost",
        ACCESS,
        "messages-beta",
        "The header anthropic-beta does not go up.",
        _dropped(_BETA),
        "upstream.request.anthropic-beta",
    ),
    _fault(
        "beta-doubled",
        ACCESS,
        "messages-beta",
        "The header anthropic-beta goes up twice.",
        _doubled(_BETA),
        "upstream.request.anthropic-beta",
    ),
    _fault(
        "beta-first-only",
        ACCESS,
        "messages-beta",
        "Only the first feature in anthropic-beta goes up.",
        _header(_BETA, lambda old: old.partition(",")[0]),
        "upstream.request.anthropic-beta",
    ),
    _fault(
        "version-pinned",
        ACCESS,
        "messages-version",
        "All requests go up with the version 2023-06-01.",
        _header(_VERSION, lambda _old: "2023-06-01"),
        "upstream.request.anthropic-version",
    ),
    _fault(
        "version-doubled",
        ACCESS,
        "messages-version",
        "The header anthropic-version goes up twice.",
        _doubled(_VERSION),
        "upstream.request.anthropic-version",
    ),
    _fault(
        "cookie-passed",
        ACCESS,
        "chat-cookie",
        "Cookies of the client go up.",
        on_call(_cookie_passed),
        "upstream.header",
    ),
    _fault(
        "cookie-passed-responses",
        ACCESS,
        "responses-cookie",
        "Cookies of the client go up.",
        on_call(_cookie_passed),
        "upstream.header",
    ),
    _fault(
        "cookie-passed-messages",
        ACCESS,
        "messages-cookie",
        "Cookies of the client go up.",
        on_call(_cookie_passed),
        "upstream.header",
    ),
    # Keys
    _fault(
        "key-in-own-header",
        ACCESS,
        "responses-bearer",
        "The client's key goes up in a header of the gateway's own.",
        _key_as("x-forwarded-authorization", "Bearer {}"),
        "upstream.credential",
    ),
    _fault(
        "key-in-body",
        ACCESS,
        "chat-bearer",
        "The client's key goes up as the user.",
        on_call(_key_as_user),
        "upstream.credential",
    ),
    _fault(
        "key-beside-own",
        ACCESS,
        "messages-bearer",
        "The client's key goes up in Authorization, beside the gateway's.",
        _key_as(_Passed("authorization"), "Bearer {}"),
        "upstream.credential",
    ),
    _fault(
        "key-in-api-key",
        ACCESS,
        "messages-x-api-key",
        "The client's key goes up in the header api-key.",
        _key_as(_Passed("api-key"), "{}"),
        "upstream.credential",
    ),
    _fault(
        "key-in-cookie",
        ACCESS,
        "messages-both-keys",
        "The client's key goes up as a cookie.",
        _key_as(_Passed("cookie"), "session={}"),
        "upstream.credential",
    ),
    *(
        Fault(
            id=f"upstream-{kind}-any-key",
            family=family,
            sentence="A wrong key is accepted.",
            rules=("case.refused", "upstream.requests"),
            cases=f"upstream/request-access/{kind}-{{wrong,no}}-key[upstream={family}]",
            apply=on_call(_any_key),
        )
        for kind, family in _FAMILIES.items()
    ),
    # Requests that are not due
    _fault(
        "asked-twice",
        TEXTS,
        "chat-history",
        "Every request goes up twice, and the second answer comes down.",
        _twice,
        "upstream.once",
    ),
    _fault(
        "answered-without-asking",
        TEXTS,
        "responses-history",
        "The answer comes from another request: the gateway does not ask the upstream.",
        on_request(texts(lambda text: _TOKEN.sub("", text))),
        "upstream.arrived",
    ),
    _fault(
        "refused-after-answer",
        TEXTS,
        "messages-history",
        "The client is refused after the upstream has answered.",
        on_answer(_refused),
        "upstream.request.refused-client",
        "case.accepted",
    ),
    *(
        _fault(
            f"{kind}-mistake-mended",
            ACCESS,
            f"{kind}-unknown-role",
            "A request that the upstream refused is changed and sent again.",
            _answered_anyway,
            "case.refused",
            "upstream.failure.hidden",
        )
        for kind in _FAMILIES
    ),
    _fault(
        "model-null",
        TEXTS,
        "chat-blocks",
        "The request goes up without a model.",
        on_request(put("/model", None)),
        "upstream.request.model",
        "run.model",
    ),
    # Cross-talk
    *(
        _fault(
            f"{kind}-prompts-mixed",
            TEXTS,
            f"{kind}-fifty-at-once",
            "The prompt before goes up, too, when requests come at the same time.",
            _mixed(),
            "upstream.cross-talk.up",
            "upstream.request.turns",
        )
        for kind in _FAMILIES
    ),
    _fault(
        "answers-mixed",
        TEXTS,
        "chat-fifty-at-once",
        "The answer before comes down, too, when requests come at the same time.",
        _answers_mixed(),
        "upstream.cross-talk.down",
        "upstream.answer.text",
    ),
)
