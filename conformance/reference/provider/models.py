"""The list of models in both formats; the header `anthropic-version` selects Anthropic's.

https://platform.openai.com/docs/api-reference/models and https://docs.anthropic.com/en/api/models-list
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .errors import Refused
from .prompt import JSON

_CREATED = 1_735_689_600
_CREATED_AT = "2025-01-01T00:00:00Z"
_PAGE = 20
_LARGEST_PAGE = 1000


def openai_list(models: Sequence[str]) -> JSON:
    """All models; OpenAI's list has no pages."""
    return {"object": "list", "data": [openai_model(id_) for id_ in models]}


def openai_model(id_: str) -> JSON:
    """One model in OpenAI's format."""
    return {"id": id_, "object": "model", "created": _CREATED, "owned_by": "reference"}


def anthropic_list(models: Sequence[str], query: Mapping[str, str]) -> JSON:
    """One page of the models, by `limit`, `after_id` and `before_id`. Raises `Refused` if they are invalid."""
    low, high = _window(models, query)
    page = [anthropic_model(id_) for id_ in models[low:high]]
    more = low > 0 if "before_id" in query else high < len(models)
    first, last = (page[0]["id"], page[-1]["id"]) if page else (None, None)
    return {"data": page, "has_more": more, "first_id": first, "last_id": last}


def anthropic_model(id_: str) -> JSON:
    """One model in Anthropic's format."""
    name = id_.replace("-", " ").title()
    return {"type": "model", "id": id_, "display_name": name, "created_at": _CREATED_AT, "lifecycle": "active"}


def _window(models: Sequence[str], query: Mapping[str, str]) -> tuple[int, int]:
    limit = _limit(query)
    if "after_id" in query:
        low = _position(models, query["after_id"], "after_id") + 1
        return low, min(low + limit, len(models))
    if "before_id" in query:
        high = _position(models, query["before_id"], "before_id")
        return max(high - limit, 0), high
    return 0, min(limit, len(models))


def _position(models: Sequence[str], id_: str, param: str) -> int:
    if id_ not in models:
        raise Refused(f"{param}: there is no model '{id_}'", param=param)
    return models.index(id_)


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(_PAGE))
    if not (text.isdecimal() and text.isascii() and len(text) <= 4 and 1 <= int(text) <= _LARGEST_PAGE):
        raise Refused(f"limit: this has to be an integer from 1 to {_LARGEST_PAGE}", param="limit")
    return int(text)
