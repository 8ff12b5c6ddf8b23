"""Accumulates the fragments of a streamed choice one by one, so that a long stream needs little memory.

Source: https://platform.openai.com/docs/api-reference/chat-streaming, and the accumulation in openai-python,
openai/lib/streaming/_deltas.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.core.model import JSON

_KINDS = ("function", "custom")
_MEMBERS = ("function_call", "audio")
_LOGPROBS = ("content", "refusal")


@dataclass(slots=True)
class Fragments:
    """An object that arrives in parts: strings are concatenated; of other values, the first and the last are kept."""

    first: dict[str, JSON] = field(default_factory=dict)
    last: dict[str, JSON] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)

    def add(self, part: Mapping[str, JSON]) -> None:
        """Add a part. A value that is null, "" or 0 does not count as the first one."""
        for key, value in part.items():
            if isinstance(value, str):
                self.texts.setdefault(key, []).append(value)
            if value is not None:
                self.last[key] = value
            if value and key not in self.first:
                self.first[key] = value

    def joined(self) -> dict[str, JSON]:
        """Return the members that are strings in some part, concatenated."""
        return {key: "".join(pieces) for key, pieces in self.texts.items()}

    def whole(self, *once: str) -> dict[str, JSON]:
        """Return the object. Members named in `once` are not concatenated: their first value counts."""
        return self.last | self.joined() | {key: self.first.get(key) for key in once if key in self.last}


@dataclass(slots=True)
class ToolCall:
    """A tool call: its own members, and the object of its kind (`function` or `custom`)."""

    call: Fragments = field(default_factory=Fragments)
    kinds: dict[str, Fragments] = field(default_factory=dict)

    def add(self, part: Mapping[str, JSON]) -> None:
        """Add a part of the call."""
        self.call.add(part)
        for kind in _KINDS:
            if isinstance(body := part.get(kind), dict):
                self.kinds.setdefault(kind, Fragments()).add(body)

    def whole(self) -> dict[str, JSON]:
        """Return the call, as in an answer that is not streamed."""
        head = {key: self.call.first.get(key) for key in ("id", "type")}
        return head | {kind: self.kinds[kind].whole("name") for kind in _KINDS if kind in self.kinds}


@dataclass(slots=True)
class Choice:
    """A choice: its message, its log probabilities, and its finish reason."""

    message: Fragments = field(default_factory=Fragments)
    calls: dict[int | str | None, ToolCall] = field(default_factory=dict)
    members: dict[str, Fragments] = field(default_factory=dict)
    """The members of the message that are objects, by name."""
    logprobs: dict[str, list[JSON]] | None = None
    reason: JSON = None

    def add(self, part: Mapping[str, JSON]) -> None:
        """Add a part, as a chunk contains it."""
        self.reason = self.reason or part.get("finish_reason")
        if isinstance(logprobs := part.get("logprobs"), dict):
            self._add_logprobs(logprobs)
        if isinstance(delta := part.get("delta"), dict):
            self._add_delta(delta)

    def whole(self) -> dict[str, JSON]:
        """Return the choice without its index, as in an answer that is not streamed."""
        message: dict[str, JSON] = {"role": None, "content": None, "refusal": None}
        message |= self.message.joined() | {"role": self.message.first.get("role")}
        if self.calls:
            message["tool_calls"] = [call.whole() for call in self.calls.values()]
        message |= {key: self.members[key].whole("id") for key in _MEMBERS if key in self.members}
        return {"message": message, "logprobs": self._logprobs(), "finish_reason": self.reason or None}

    def _add_delta(self, delta: Mapping[str, JSON]) -> None:
        self.message.add(delta)
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict):
                index = call.get("index")
                self.calls.setdefault(index if isinstance(index, int | str) else None, ToolCall()).add(call)
        for key in _MEMBERS:
            if isinstance(member := delta.get(key), dict):
                self.members.setdefault(key, Fragments()).add(member)

    def _add_logprobs(self, logprobs: Mapping[str, JSON]) -> None:
        self.logprobs = self.logprobs or {}
        for key in _LOGPROBS:
            if isinstance(entries := logprobs.get(key), list):
                self.logprobs.setdefault(key, []).extend(entries)

    def _logprobs(self) -> JSON:
        return None if self.logprobs is None else {key: self.logprobs.get(key) for key in _LOGPROBS}
