"""The Response object repeats the settings of the request.

A different setting shows that the request was changed on its way. Only settings that the API repeats unchanged are
compared: it fills in defaults, resolves `auto`, and describes hosted tools in its own way.
Source: https://platform.openai.com/docs/api-reference/responses/object
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain
from math import isclose

from conformance.core.model import JSON, Breach
from conformance.core.pointer import each, get
from conformance.judge.checks import breach, check
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

_FAMILY = ("responses",)
_REPEATED: Mapping[str, str] = {
    "instructions": "responses.echo.instructions",
    "max_output_tokens": "responses.echo.max-output-tokens",
    "metadata": "responses.echo.metadata",
    "parallel_tool_calls": "responses.echo.parallel-tool-calls",
    "previous_response_id": "responses.echo.previous-response",
    "temperature": "responses.echo.sampling",
    "top_p": "responses.echo.sampling",
    "truncation": "responses.echo.truncation",
}


@check(*dict.fromkeys(_REPEATED.values()), families=_FAMILY, on="final")
def settings(reading: Reading) -> Iterator[Breach]:
    """Settings have the values of the request."""
    for member, rule in _REPEATED.items():
        sent, returned = _pair(reading, member)
        if sent not in (None, "") and returned is not _ABSENT and not _equal(sent, returned):
            yield breach(rule, show(sent), show(returned), f"/{member}")


@check("responses.echo.store", families=_FAMILY, on="final")
def store(reading: Reading) -> Iterator[Breach]:
    """`store: false` is repeated. For `true`, an account that stores nothing may answer false."""
    sent, returned = _pair(reading, "store")
    if sent is False and returned is True:
        yield breach("responses.echo.store", "false", "true", "/store")


@check("responses.echo.tool-choice", families=_FAMILY, on="final")
def tool_choice(reading: Reading) -> Iterator[Breach]:
    """tool_choice is repeated, if it is a string or the name of a function."""
    sent, returned = _pair(reading, "tool_choice")
    plain = isinstance(sent, str) or get(sent, "/type", str) == "function"
    if plain and returned is not _ABSENT and sent != returned:
        yield breach("responses.echo.tool-choice", show(sent), show(returned), "/tool_choice")


@check("responses.echo.tools", families=_FAMILY, on="final")
def tools(reading: Reading) -> Iterator[Breach]:
    """The functions are repeated. Not checked with hosted tools or a tool search, which change the list.

    A conversation that is continued may have loaded more tools in an earlier turn.
    """
    sent, returned = _pair(reading, "tools")
    if not isinstance(sent, list) or not isinstance(returned, list) or not all(map(_is_function, sent)):
        return
    if _loads_tools(reading):
        return
    wanted, listed = _names(sent), _names(returned)
    missing = Counter(wanted) - Counter(listed)
    if missing if _is_continued(reading.sent) else wanted != listed:
        yield breach("responses.echo.tools", show(wanted), show(listed), "/tools")


@check("responses.echo.text-format", families=_FAMILY, on="final")
def text_format(reading: Reading) -> Iterator[Breach]:
    """text.format has the type, and the name of the schema, of the request."""
    for member in ("type", "name"):
        sent = get(reading.sent, f"/text/format/{member}", str)
        returned = get(reading.final, f"/text/format/{member}", str)
        if sent not in (None, "") and returned is not None and sent != returned:
            yield breach("responses.echo.text-format", show(sent), show(returned), f"/text/format/{member}")


@check("responses.echo.reasoning", families=_FAMILY, on="final")
def effort(reading: Reading) -> Iterator[Breach]:
    """reasoning.effort is repeated."""
    sent, returned = (get(side, "/reasoning", dict) for side in (reading.sent, reading.final))
    asked = sent.get("effort") if sent else None
    if asked is not None and returned is not None and asked != returned.get("effort"):
        yield breach("responses.echo.reasoning", show(asked), show(returned.get("effort")), "/reasoning/effort")


_ABSENT = object()


def _pair(reading: Reading, member: str) -> tuple[JSON, JSON]:
    """Return the values in request and answer; (None, _ABSENT) with a prompt template, which may set anything."""
    if not isinstance(reading.sent, dict) or reading.sent.get("prompt") is not None:
        return None, _ABSENT
    return reading.sent.get(member), reading.final.get(member, _ABSENT)


def _equal(sent: JSON, returned: JSON) -> bool:
    if isinstance(sent, float | int) and isinstance(returned, float | int) and not isinstance(sent, bool):
        try:
            return isclose(sent, returned, abs_tol=1e-4)
        except OverflowError:  # an integer beyond all floats is close to no other number
            return sent == returned
    return bool(sent == returned)


def _is_function(tool: JSON) -> bool:
    named = get(tool, "/type", str) == "function" and get(tool, "/name", str) is not None
    return named and not tool.get("defer_loading")


def _loads_tools(reading: Reading) -> bool:
    """Whether an item of the input or the output adds tools to those of the request."""
    items = chain(each(reading.sent, "/input/*"), each(reading.final, "/output/*"))
    kinds = (get(item, "/type", str) or "" for _, item in items)
    return any(kind.startswith("tool_search") or kind == "additional_tools" for kind in kinds)


def _is_continued(sent: JSON) -> bool:
    return any(get(sent, f"/{member}", object) is not None for member in ("previous_response_id", "conversation"))


def _names(tools: list[JSON]) -> list[str]:
    return sorted(get(tool, "/name", str) or "" for tool in tools)
