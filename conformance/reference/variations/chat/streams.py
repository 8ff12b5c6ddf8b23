"""Unusual but valid streams of Chat Completions: the same answer in other chunks.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from conformance.reference.changes import Change, Frame, at, chain, drop, on_events, put
from conformance.reference.changes.chat import ARGUMENTS, CALL, ROLE, TEXT, like, role_only, with_delta
from conformance.reference.changes.flows import DONE, JSON_DATA, both, each, edit, having, render, together
from conformance.reference.variations.variation import Variation

_CHUNK = "https://platform.openai.com/docs/api-reference/chat-streaming"
_HELPER = "openai-python adds the pieces up (openai/lib/streaming/_deltas.py)"

_STREAMED = (
    "chat_completions/{text/system-and,text/recall,unicode/e,limits/m,tools/forced,tools/round-trip}*stream=true] "
    "chat_completions/usage/* chat_completions/options/{two-choices,logprobs}[stream=true]"
)
_TOOLS = (
    "chat_completions/tools/{forced,parallel[,no-arg,nested,unicode,round-trip}* chat_completions/usage/same-for-tools"
)


async def _role_later(passing: AsyncIterator[Frame]) -> AsyncIterator[Frame]:
    """The role comes with the first piece of the answer, not before it."""
    waiting: set[int] = set()
    async for frame in passing:
        index = next((choice["index"] for choice in (frame.json or {}).get("choices", ())), -1)
        if role_only(frame):
            waiting.add(index)
        elif index in waiting:
            waiting.remove(index)
            yield frame.edited(at("/choices/*/delta", lambda delta: {"role": "assistant", **delta}))
        else:
            yield frame


def _obfuscation_as_comment(frame: Frame) -> bytes:
    plain = frame.edited(drop("/obfuscation"))
    return plain.raw[:-1] + b": " + str(frame.json.get("obfuscation", "")).encode() + b"\n\n"


async def _moderated(passing: AsyncIterator[Frame]) -> AsyncIterator[Frame]:
    """The result of moderation, in a chunk of its own before the end marker."""
    last: Frame | None = None
    async for frame in passing:
        if DONE(frame) and last is not None:
            result = {"flagged": False, "model": "omni-moderation-latest"}
            yield like(last.edited(drop("/usage"), drop("/obfuscation")), choices=[], moderation=result)
        last = frame if JSON_DATA(frame) else last
        yield frame


def _one_piece_calls(*flows: Change) -> Change:
    return chain(on_events(together(ARGUMENTS, "/choices/*/index", f"{CALL}/index")), *flows)


VARIATIONS = (
    Variation(
        id="chat-role-with-text",
        family="chat_completions",
        sentence="The first chunk of a choice has the role and the first piece of the answer.",
        why=f"Role and content are members of the same delta ({_CHUNK}); a quarter of OpenAI's streams begin so.",
        apply=on_events(_role_later),
        cases=_STREAMED,
    ),
    Variation(
        id="chat-call-with-role",
        family="chat_completions",
        sentence="Role and call come in one chunk.",
        why=f"Role and calls are members of the same delta ({_CHUNK}).",
        apply=chain(_one_piece_calls(), on_events(_role_later)),
        cases=_TOOLS,
    ),
    Variation(
        id="chat-empty-deltas",
        family="chat_completions",
        sentence="There are empty deltas between the others.",
        why=f"All members of a delta are optional, and a text may be empty ({_CHUNK}).",
        apply=on_events(
            each(having(ROLE), lambda frame: [frame, with_delta(frame, {}), with_delta(frame, {"content": ""})]),
            each(having(TEXT), lambda frame: [frame, with_delta(frame, {})], number=2),
        ),
        cases=_STREAMED,
    ),
    Variation(
        id="chat-later-fragments-with-empty-id",
        family="chat_completions",
        sentence="Later fragments of a call have an empty id.",
        why=f"An empty text adds nothing: {_HELPER}.",
        apply=on_events(
            edit(both(having(ARGUMENTS), lambda frame: not frame.has(f"{CALL}/id")), put(f"{CALL}/id", ""))
        ),
        cases=_TOOLS,
    ),
    Variation(
        id="chat-obfuscation-in-comments",
        family="chat_completions",
        sentence="The padding of chunks is in comments.",
        why="Comments are not part of the data; OpenAI has sent such streams.",
        apply=on_events(render(_obfuscation_as_comment, where=having("/obfuscation"))),
        cases=_STREAMED,
    ),
    Variation(
        id="chat-moderation-chunk",
        family="chat_completions",
        sentence="A chunk with the result of moderation comes last.",
        why="`moderation` is a member of chunks (openai.types.chat.ChatCompletionChunk); it follows the usage.",
        apply=on_events(_moderated),
        cases=_STREAMED,
    ),
)
