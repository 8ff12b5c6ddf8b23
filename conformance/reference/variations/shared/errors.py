"""Unusual but valid errors.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace

from conformance.reference.changes import DOCUMENT, ERROR, Change, at, chain, on_answer, on_body, on_error
from conformance.reference.changes.answers import Kind, set_status
from conformance.reference.changes.replies import refuse
from conformance.reference.gateway import Answer, Answering, Call
from conformance.reference.variations.variation import Variation

_NEWER_NULL = re.compile(
    rb'"(audio|moderation|verbosity|prompt_cache_\w+|prompt|conversation|container|diagnostics|speed)": null'
)
_CODES = "https://platform.openai.com/docs/guides/error-codes"
_WORDING = "The wording of messages is not part of either contract; programs use status and type."
_REFUSALS = "*/errors/no-m* */errors/unknown-* */errors/*json */errors/temperature* auth/*-no-key* auth/*-wrong-key*"


def _status(old: int) -> Kind:
    return lambda answer: answer.status == old


def _unknown_model_with_400() -> Change:
    async def change(_call: Call, answer: Answer) -> Answer:
        return replace(answer, status=400) if answer.status == 404 and DOCUMENT(answer) else answer

    return on_answer(change)


def _newer_null_refused(answering: Answering) -> Answering:
    """Refuses a newer parameter that is null, by name."""

    async def answer(call: Call) -> Answer:
        found = _NEWER_NULL.search(call.body)
        name = found[1].decode() if found else ""
        changed = refuse(400, f"{name}: this parameter is not known", param=name) if found else chain()
        return await changed(answering)(call)

    return answer


VARIATIONS = (
    Variation(
        id="error-newer-null",
        family="all",
        sentence="Newer parameters that are null are rejected with 400, and the error names them.",
        why="A gateway may implement an older version of the API, and reject what it does not know.",
        apply=_newer_null_refused,
        cases="*/nulls/newer-unset*",
    ),
    Variation(
        id="error-chinese",
        family="all",
        sentence="Messages of errors are in Chinese.",
        why=_WORDING,
        apply=on_error(at("/error/message", lambda text: f"请求被拒绝。详情「{text}」请检查参数后重试。")),
        cases=_REFUSALS,
    ),
    Variation(
        id="error-long-message",
        family="all",
        sentence="Messages of errors have several lines and a link.",
        why=_WORDING,
        apply=on_error(
            at("/error/message", lambda text: f"{text}\n\n{'See the documentation. ' * 40}\nhttps://docs.example/e")
        ),
        cases=_REFUSALS,
    ),
    Variation(
        id="error-authentication-type",
        family="chat_completions",
        sentence="A wrong key is reported as an `authentication_error`.",
        why=f"Pages of the vendor name this type for 401 ({_CODES}); openai-python goes by the status.",
        apply=on_error(
            at("/error", lambda error: {**error, "type": "authentication_error"} if _is_key(error) else error)
        ),
        cases="auth/openai/chat*",
    ),
    Variation(
        id="error-unknown-model-400",
        family="responses",
        sentence="An unknown model is refused with 400.",
        why="The Responses API answered 400 `model_not_found` for long; both are seen.",
        apply=_unknown_model_with_400(),
        cases="responses/errors/unknown-model* responses/errors/no-model*",
    ),
    Variation(
        id="error-wrong-method-404",
        family="all",
        sentence="A wrong method is answered as if the path did not exist.",
        why="A resource that does not tell whether it exists answers 404 (RFC 9110, section 15.5.5).",
        apply=set_status(404, of=_status(405)),
        cases="routing/methods/*",
    ),
    Variation(
        id="error-422",
        family="all",
        sentence="Invalid bodies are answered with 422.",
        why="The status of a body that is well-formed but wrong (RFC 9110, section 15.5.21); the vendors use 400.",
        apply=set_status(422, of=_status(400)),
        cases=_REFUSALS,
        remarks=("case.status-422", "error.status.validation"),
    ),
    Variation(
        id="error-indented",
        family="all",
        sentence="Errors are indented, and end with a line end.",
        why="White space may stand around every token (RFC 8259, section 2).",
        apply=on_body(lambda body: json.dumps(json.loads(body), indent=4).encode() + b"\n", of=ERROR),
        cases=_REFUSALS,
    ),
)


def _is_key(error: dict[str, object]) -> bool:
    return error.get("code") == "invalid_api_key" or "key" in str(error.get("message", "")).lower()
