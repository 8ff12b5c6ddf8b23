"""The most output tokens that a request allows, whatever its API calls this limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.core.model import JSON
from conformance.core.pointer import get

_MEMBERS: Mapping[str, Sequence[str]] = {
    "chat_completions": ("max_completion_tokens", "max_tokens"),
    "messages": ("max_tokens",),
    "responses": ("max_output_tokens",),
}
"""Family -> the members of the body that set the limit; the current name before a deprecated one."""

_ANY = tuple(dict.fromkeys(name for names in _MEMBERS.values() for name in names))


def token_limit(body: JSON, family: str = "") -> int | None:
    """The limit that a request body sets; None without one. Without `family`, any API's name for it counts."""
    names = _MEMBERS.get(family, ()) if family else _ANY
    return next((limit for name in names if (limit := get(body, f"/{name}", int)) is not None), None)
