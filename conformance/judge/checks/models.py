"""Lists of models, and a model by its id, beyond their schemas.

Sources: https://platform.openai.com/docs/api-reference/models, https://docs.anthropic.com/en/api/models-list, and
anthropic-sdk-python, anthropic/pagination.py
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

from conformance.core.model import Breach
from conformance.core.pointer import get
from conformance.judge.checks import breach, check
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

_LISTS = ("models", "models_anthropic")
_PAGES = ("models_anthropic",)
_LIFECYCLE_SINCE = "2026-10-21"
"""The first `anthropic-version` under which models have a lifecycle."""


@check("models.list.some", families=_LISTS, on="json")
def some(reading: Reading) -> Iterator[Breach]:
    """The list is not empty, unless it is a page after the last one."""
    query = urlsplit(reading.exchange.request.url).query
    if get(reading.json, "/data", list) == [] and "_id=" not in query:
        yield breach("models.list.some", "at least one model", "[]", "/data")


@check("models.list.unique-ids", families=_LISTS, on="json")
def unique(reading: Reading) -> Iterator[Breach]:
    """No model is listed twice."""
    seen: set[str] = set()
    for index, name in enumerate(_ids(reading)):
        if name and name in seen:
            yield breach("models.list.unique-ids", "a unique id", show(name), f"/data/{index}/id")
        seen.add(name or "")


@check("models.lifecycle", families=("models_anthropic", "model_anthropic"), on="json")
def lifecycle(reading: Reading) -> Iterator[Breach]:
    """Each model has a lifecycle, if the request asks for a version of the API that has it."""
    asked = (value for name, value in reading.exchange.request.headers if name.lower() == "anthropic-version")
    if next(asked, "") < _LIFECYCLE_SINCE:
        return
    page = get(reading.json, "/data", list)
    models = [("", reading.json)] if page is None else [(f"/data/{index}", model) for index, model in enumerate(page)]
    for at, model in models:
        if isinstance(model, dict) and "lifecycle" not in model:
            yield breach("models.lifecycle", "lifecycle is present", "it is missing", f"{at}/lifecycle")


@check("models.page.ids", families=_PAGES, on="json")
def ends(reading: Reading) -> Iterator[Breach]:
    """first_id and last_id of a page match its entries; the SDK uses them for the next page."""
    ids = _ids(reading)
    for member, expected in (("first_id", ids[0] if ids else None), ("last_id", ids[-1] if ids else None)):
        if get(reading.json, "/data", list) is None or member not in reading.json:
            continue
        returned = reading.json[member]
        if returned != expected and (returned is None or isinstance(returned, str)):
            yield breach("models.page.ids", show(expected), show(returned), f"/{member}")


@check("models.page.more-of-nothing", families=_PAGES, on="json")
def endless(reading: Reading) -> Iterator[Breach]:
    """An empty page has has_more false."""
    if get(reading.json, "/has_more", bool) and get(reading.json, "/data", list) == []:
        yield breach("models.page.more-of-nothing", "false", "true", "/has_more")


@check("models.page.limit", families=_PAGES, on="json")
def limit(reading: Reading) -> Iterator[Breach]:
    """A page has at most `limit` entries."""
    asked = parse_qs(urlsplit(reading.exchange.request.url).query).get("limit", [""])[0]
    count = len(_ids(reading))
    if asked.isdecimal() and count > int(asked):
        yield breach("models.page.limit", f"at most {asked} model(s)", str(count), "/data")


@check("models.retrieve.id", families=("model",), on="json")
def retrieved(reading: Reading) -> Iterator[Breach]:
    """The answer has the id of the requested model, which may contain slashes."""
    asked = unquote(urlsplit(reading.exchange.request.url).path.partition("/models/")[2])
    returned = get(reading.json, "/id", str)
    if asked and returned and returned != asked:
        yield breach("models.retrieve.id", show(asked), show(returned), "/id")


def _ids(reading: Reading) -> list[str | None]:
    return [get(model, "/id", str) for model in get(reading.json, "/data", list) or ()]
