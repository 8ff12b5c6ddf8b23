"""The limit of output tokens in a request body, for all APIs."""

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
    """Return the limit of output tokens in a request body, or None. Without `family`, any API's name for it counts."""
    names = _MEMBERS.get(family, ()) if family else _ANY
    return next((limit for name in names if (limit := get(body, f"/{name}", int)) is not None), None)
