"""Builds a chat completion from the model's `Reply`: as a JSON object, or as a stream of chunks.

Shapes: `CreateChatCompletionResponse`, `CreateChatCompletionStreamResponse` in
https://github.com/openai/openai-openapi; the order of fields is that of real answers.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from .. import tokens
from ..identity import fresh, padding
from ..prompt import JSON, Call, Reply
from ..wire import DONE, frame
from .parse import is_forced

_FINGERPRINT = "fp_reference0"
_SOUND_BYTES = 960
"""20 ms of silence, as pcm16 with 24,000 samples per second."""


class Completion:
    """One answer; the JSON object and the stream have the same ids.

    `details` has further counts for the details of the usage, by their member: `prompt_tokens_details`.
    """

    def __init__(
        self,
        body: JSON,
        reply: Reply,
        prompt_tokens: int,
        cached_tokens: int = 0,
        details: Mapping[str, Mapping[str, int]] | None = None,
    ) -> None:
        self._asked = body
        self._reply = reply
        self.prompt_tokens = prompt_tokens
        self._cached_tokens = cached_tokens
        self._details = details or {}
        self._choices = [_with_ids(reply) for _ in range(body.get("n") or 1)]
        self._id, self._created = fresh("chatcmpl-", 29), int(time.time())

    def body(self) -> JSON:
        """The `chat.completion` object."""
        choices = [self._choice(index, calls) for index, calls in enumerate(self._choices)]
        tail = {"service_tier": "default", "system_fingerprint": _FINGERPRINT}
        return {**self._head("chat.completion"), "choices": choices, "usage": self._usage(), **tail}

    def frames(self) -> list[bytes]:
        """The stream: the chunks of every choice, the usage if requested, and `[DONE]`."""
        options = self._asked.get("stream_options") or {}
        usage = bool(options.get("include_usage"))
        chunks = [self._chunk([each], {"usage": None} if usage else {}) for each in self._deltas()]
        if usage:
            chunks.append(self._chunk([], {"usage": self._usage()}))
        hidden = options.get("include_obfuscation", True)
        return [frame({**chunk, "obfuscation": padding()} if hidden else chunk) for chunk in chunks] + [DONE]

    def _head(self, kind: str) -> dict[str, JSON]:
        return {"id": self._id, "object": kind, "created": self._created, "model": self._asked["model"]}

    def _chunk(self, choices: list[JSON], usage: dict[str, JSON]) -> dict[str, JSON]:
        more = {"service_tier": "default", "system_fingerprint": _FINGERPRINT}
        return {**self._head("chat.completion.chunk"), **more, "choices": choices, **usage}

    def _choice(self, index: int, calls: tuple[Call, ...]) -> JSON:
        refusal = self._reply.refusal or None
        content = None if refusal else self._reply.text
        message: dict[str, JSON] = {"role": "assistant", "content": content, "refusal": refusal}
        if calls:
            message |= {"content": self._reply.text or None, **self._called(calls)}
        message["annotations"] = self._annotations()
        if sound := self._sound():
            message |= {"content": None, "audio": sound}
        logprobs = self._logprobs(tokens.split(self._reply.text))
        return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": self._finish()}

    def _deltas(self) -> Iterator[JSON]:
        for index, calls in enumerate(self._choices):
            has_text = bool(self._reply.text) or not (calls or self._reply.refusal)
            first = {"role": "assistant", "content": "" if has_text else None, "refusal": None}
            yield self._delta(index, first, [])
            yield from (self._delta(index, *each) for each in self._spoken())
            for piece in tokens.split(self._reply.refusal):
                yield self._delta(index, {"refusal": piece})
            for at, call in enumerate(calls):
                yield from (self._delta(index, each) for each in self._call_deltas(at, call))
            if found := self._annotations():
                yield self._delta(index, {"annotations": found})
            yield {**self._delta(index, {}), "finish_reason": self._finish()}

    def _spoken(self) -> Iterator[tuple[JSON, list[str] | None]]:
        """The deltas of the text, or of the sound that says it."""
        sound = self._sound()
        if not sound:
            yield from (({"content": piece}, [piece]) for piece in tokens.split(self._reply.text))
            return
        yield {"audio": {"id": sound["id"], "transcript": ""}}, None
        yield from (({"audio": {"transcript": piece}}, None) for piece in tokens.split(sound["transcript"]))
        yield {"audio": {"data": sound["data"]}}, None
        yield {"audio": {"expires_at": sound["expires_at"]}}, None

    def _sound(self) -> JSON:
        """The spoken answer, if the request asks for sound: silence, with what the model says as its transcript."""
        if "audio" not in (self._asked.get("modalities") or []) or not self._reply.text:
            return None
        data = base64.b64encode(bytes(_SOUND_BYTES)).decode()
        sound = {"id": f"audio_{self._id[9:]}", "data": data, "expires_at": self._created + 3600}
        return {**sound, "transcript": self._reply.text}

    def _annotations(self) -> list[JSON]:
        """The page that a web search has found, cited for the whole text."""
        if self._asked.get("web_search_options") is None or not self._reply.text:
            return []
        place = {"start_index": 0, "end_index": len(self._reply.text)}
        page = {"title": "The harbour", "url": "https://example.com/harbour"}
        return [{"type": "url_citation", "url_citation": {**place, **page}}]

    def _called(self, calls: Sequence[Call]) -> dict[str, JSON]:
        """The member of a message with the calls; a request with the older `functions` has one."""
        if self._asked.get("functions"):
            return {"function_call": {"name": calls[0].name, "arguments": calls[0].arguments}}
        return {"tool_calls": [_call(call) for call in calls]}

    def _call_deltas(self, at: int, call: Call) -> Iterator[JSON]:
        if self._asked.get("functions"):
            yield {"function_call": {"name": call.name, "arguments": ""}}
            yield from ({"function_call": {"arguments": piece}} for piece in tokens.split(call.arguments))
            return
        yield from ({"tool_calls": [each]} for each in _call_pieces(at, call))

    def _delta(self, index: int, delta: JSON, pieces: list[str] | None = None) -> dict[str, JSON]:
        logprobs = None if pieces is None else self._logprobs(pieces)
        return {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": None}

    def _logprobs(self, pieces: list[str]) -> JSON:
        if not self._asked.get("logprobs") or (self._reply.calls and not self._reply.text):
            return None
        wanted = self._asked.get("top_logprobs") or 0
        return {"content": [tokens.logprob(piece, wanted) for piece in pieces], "refusal": None}

    def _finish(self) -> str:
        """A call of a forced tool ends with `stop`, as the function calling guide says."""
        if self._reply.end == "tool_calls":
            called = "function_call" if self._asked.get("functions") else "tool_calls"
            return "stop" if is_forced(self._asked) else called
        return self._reply.end if self._reply.end in ("length", "content_filter") else "stop"

    def _predicted(self) -> int:
        """The tokens of the answer that the request has predicted, from its beginning on."""
        content = (self._asked.get("prediction") or {}).get("content") or ""
        foreseen = content if isinstance(content, str) else "".join(part["text"] for part in content)
        pairs = zip(tokens.split(self._reply.text), tokens.split(foreseen), strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

    def _usage(self) -> JSON:
        completion = self._reply.output_tokens * len(self._choices)
        reasoning = self._reply.reasoning_tokens * len(self._choices)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": completion,
            "total_tokens": self.prompt_tokens + completion,
            "prompt_tokens_details": {
                "cached_tokens": self._cached_tokens,
                "audio_tokens": 0,
                **self._details.get("prompt_tokens_details", {}),
            },
            "completion_tokens_details": {
                "reasoning_tokens": reasoning,
                "audio_tokens": 0,
                "accepted_prediction_tokens": self._predicted(),
                "rejected_prediction_tokens": 0,
                **self._details.get("completion_tokens_details", {}),
            },
        }


def _with_ids(reply: Reply) -> tuple[Call, ...]:
    return tuple(replace(call, id=call.id or fresh("call_")) for call in reply.calls)


def _call(call: Call) -> JSON:
    if call.custom:
        return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _call_pieces(at: int, call: Call) -> Iterator[JSON]:
    """The fragments of a call: its id and name with an empty text, then the text token by token."""
    kind, text = ("custom", "input") if call.custom else ("function", "arguments")
    yield {"index": at, "id": call.id, "type": kind, kind: {"name": call.name, text: ""}}
    for piece in tokens.split(call.arguments):
        yield {"index": at, kind: {text: piece}}
