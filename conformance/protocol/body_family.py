"""Tells by its members which API the body of a request is written for, without a look at its endpoint."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.core.model import JSON
from conformance.core.pointer import get, tokens, values

_OWN: Mapping[str, tuple[str, ...]] = {
    "chat_completions": (
        "/max_completion_tokens",
        "/response_format",
        "/stream_options/include_usage",
        "/tools/*/function",
        "/functions",
        "/messages/*/tool_calls",
        "/messages/*/tool_call_id",
        "/messages/*/content/*/image_url",
    ),
    "messages": (
        "/system",
        "/stop_sequences",
        "/anthropic_version",
        "/output_config",
        "/tools/*/input_schema",
        "/messages/*/content/*/source",
        "/messages/*/content/*/tool_use_id",
    ),
    "responses": ("/input", "/max_output_tokens", "/instructions", "/previous_response_id", "/text/format"),
}
"""Family -> places that only its bodies have."""

_ROLES = {"developer": "chat_completions", "tool": "chat_completions", "function": "chat_completions"}
"""Role in `messages` -> the family that has it."""


def families(body: JSON) -> frozenset[str]:
    """Return the families that the body may be written for; empty if it has neither `messages` nor `input`.

    A body with members of several families may be for each of them: some gateways extend an API in this way.
    """
    if get(body, "/messages", list) is None:
        return frozenset({"responses"} if get(body, "/input", object) is not None else ())
    found = {family for family, places in _OWN.items() if any(_has(body, at) for at in places)}
    found |= {_ROLES[role] for role in values(body, "/messages/*/role") if isinstance(role, str) and role in _ROLES}
    if not found & {"chat_completions", "messages"}:
        found |= {"chat_completions", "messages"}
    return frozenset(found)


def foreign_members(body: JSON, family: str) -> frozenset[str]:
    """Return the names of the members at the top of the body that belong to other families."""
    places = [at for other, own in _OWN.items() if other != family for at in own if _has(body, at)]
    return frozenset(at.split("/")[1] for at in places)


def _has(body: JSON, at: str) -> bool:
    has_member = isinstance(body, dict) and tokens(at)[0] in body  # most bodies have few of the members
    return has_member and any(value is not None for value in values(body, at))
