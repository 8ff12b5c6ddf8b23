"""The content of the client's request beside that of each request that went up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from conformance.core.pointer import get
from conformance.judge.both_ends.ends import Ends, once
from conformance.protocol.asked import Asked, Part, Result, Text, asked


@dataclass(frozen=True)
class Pair:
    """`sent` is the client's request, `up` one that went up, in the family `family`."""

    sent: Asked
    up: Asked
    family: str
    is_native: bool
    may_add_tools: bool = False
    """Whether the client asks for a feature for which another family has a tool, or needs one."""


@once
def pairs(ends: Ends) -> Sequence[Pair]:
    """A pair for each request that went up, without repetitions; none if a body cannot be read."""
    return tuple(_pairs(ends))


def _pairs(ends: Ends) -> Iterator[Pair]:
    sent = asked(ends.endpoint, ends.front.sent)
    seen = set[bytes]()
    for reading in ends.behind:
        family, body = reading.exchange.family, reading.exchange.request.body
        up = asked(family, reading.sent)
        if sent is not None and up is not None and body not in seen:
            seen.add(body)
            is_native = family == ends.endpoint
            enclosed = () if is_native else sent.enclosed
            adds = not is_native and any(get(ends.front.sent, at, object) is not None for at in _AS_TOOLS)
            yield Pair(_cut(sent, enclosed), _cut(up, enclosed), family, is_native, adds)


_AS_TOOLS = ("/response_format", "/text/format", "/output_config/format", "/web_search_options")
"""Members that gateways translate into a tool: one whose arguments are the answer, or the upstream's web search."""


def _cut(asked: Asked, enclosed: Sequence[str]) -> Asked:
    """A request without these texts of its documents: in a crossed lane, they may stand among those of the user."""
    if not enclosed:
        return asked
    longest_first = sorted(enclosed, key=len, reverse=True)
    return replace(asked, parts=tuple(_without(part, longest_first) for part in asked.parts))


def _without(part: Part, enclosed: Sequence[str]) -> Part:
    if isinstance(part, Text) and part.role == "user":
        return replace(part, text=_rest(part.text, enclosed))
    if isinstance(part, Result):
        return replace(part, texts=tuple(_rest(text, enclosed) for text in part.texts))
    return part


def _rest(text: str, enclosed: Sequence[str]) -> str:
    rest = text
    for each in enclosed:
        rest = rest.replace(each, "")
    return text if rest == text else rest.strip()
