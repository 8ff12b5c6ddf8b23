"""The gateway's own model list, in the format of either vendor.

Sources: openai-python (`openai.types.Model`) and anthropic-sdk-python (`anthropic.types.ModelInfo`,
`anthropic.pagination.Page`, `anthropic.types.ModelListParams`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qs

from conformance.core.model import JSON
from conformance.reference.gateway.errors import Dialect

CREATED = datetime(2025, 1, 1, tzinfo=UTC)
"""The creation time of every model; its value does not matter."""


def model(name: str, dialect: Dialect) -> JSON:
    """One model's record."""
    if dialect == "openai":
        return {"id": name, "object": "model", "created": int(CREATED.timestamp()), "owned_by": "reference"}
    return {
        "type": "model",
        "id": name,
        "display_name": name,
        "created_at": CREATED.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lifecycle": "active",
    }


def model_list(names: Sequence[str], dialect: Dialect, query: str) -> JSON:
    """The whole list for OpenAI, one page of it for Anthropic. Raises ValueError if the page does not exist."""
    if dialect == "openai":
        return {"object": "list", "data": [model(name, dialect) for name in names]}
    page, more = _page(list(names), {key: values[-1] for key, values in parse_qs(query).items()})
    return {
        "data": [model(name, dialect) for name in page],
        "has_more": more,
        "first_id": page[0] if page else None,
        "last_id": page[-1] if page else None,
    }


def _page(names: list[str], asked: dict[str, str]) -> tuple[list[str], bool]:
    """The requested page, and whether more models follow in that direction."""
    limit = _limit(asked.get("limit", "20"))
    if "before_id" in asked:
        rest = names[: _position(names, asked["before_id"], "before_id")]
        return rest[-limit:], len(rest) > limit
    start = _position(names, asked["after_id"], "after_id") + 1 if "after_id" in asked else 0
    return names[start : start + limit], len(names) > start + limit


def _limit(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 1000:
        return int(text)
    raise ValueError("limit: must be a whole number from 1 to 1000")


def _position(names: list[str], name: str, parameter: str) -> int:
    if name in names:
        return names.index(name)
    raise ValueError(f"{parameter}: no such model")
