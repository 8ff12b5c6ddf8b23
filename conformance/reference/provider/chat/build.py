"""Builds a chat completion from the model's `Reply`: as a JSON object, or as a stream of chunks.

Shapes: `CreateChatCompletionResponse`, `CreateChatCompletionStreamResponse` in
https://github.com/openai/openai-openapi; the order of fields is that of real answers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

from .. import tokens
from ..identity import fresh, padding
from ..prompt import JSON, Call, Reply
from ..wire import DONE, frame
from .parse import is_forced

_FINGERPRINT = "fp_reference0"


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
            message |= {"content": self._reply.text or None, "tool_calls": [_call(call) for call in calls]}
        message["annotations"] = []
        logprobs = self._logprobs(tokens.split(self._reply.text))
        return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": self._finish()}

    def _deltas(self) -> Iterator[JSON]:
        for index, calls in enumerate(self._choices):
            has_text = bool(self._reply.text) or not (calls or self._reply.refusal)
            first = {"role": "assistant", "content": "" if has_text else None, "refusal": None}
            yield self._delta(index, first, [])
            for piece in tokens.split(self._reply.text):
                yield self._delta(index, {"content": piece}, [piece])
            for piece in tokens.split(self._reply.refusal):
                yield self._delta(index, {"refusal": piece})
            for at, call in enumerate(calls):
                yield from (self._delta(index, {"tool_calls": [each]}) for each in _call_pieces(at, call))
            yield {**self._delta(index, {}), "finish_reason": self._finish()}

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
            return "stop" if is_forced(self._asked) else "tool_calls"
        return self._reply.end if self._reply.end in ("length", "content_filter") else "stop"

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
                "accepted_prediction_tokens": 0,
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
