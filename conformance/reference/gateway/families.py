"""The three families of the gateway's endpoints, and the models whose upstream is of one family on every endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Dialect = Literal["openai", "anthropic"]
"""The vendor whose error envelope is used."""

CHAT, RESPONSES, MESSAGES = "chat_completions", "responses", "messages"

PATHS: Mapping[str, str] = {CHAT: "/v1/chat/completions", RESPONSES: "/v1/responses", MESSAGES: "/v1/messages"}
"""Family -> the path of its endpoint."""

VIA: Mapping[str, str] = {"via-chat": CHAT, "via-responses": RESPONSES, "via-messages": MESSAGES}
"""The models of a translating gateway -> the family in which the gateway calls its upstream for them."""

UNREACHABLE = "unreachable"
"""In place of a family: the upstream is an address that refuses connections."""

IMPATIENT: Mapping[str, str] = {
    "impatient-chat": CHAT,
    "impatient-responses": RESPONSES,
    "impatient-messages": MESSAGES,
}
"""As `VIA`, but the gateway gives up after a short silence of the upstream."""

BEHIND: Mapping[str, str] = {**VIA, **IMPATIENT, "via-nowhere": UNREACHABLE}
"""All models for cases from both ends."""

UPSTREAM_MODEL = "reference-large"
"""The name that the upstream has for the models of `VIA`."""


def family_of(path: str) -> str | None:
    """The family whose endpoint the path is, or is below; None for other paths."""
    return next((family for family, root in PATHS.items() if f"{path}/".startswith(f"{root}/")), None)


def dialect_for(family: str) -> Dialect:
    """The vendor of a family."""
    return "anthropic" if family == MESSAGES else "openai"
