"""The client's token counts are the upstream's.

A gateway is free to count by itself if the upstream reports nothing, to report nothing in a stream of Chat Completions
whose client did not ask for it, and to leave out the counts for which the client's family has no member.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.core.model import Breach, Where
from conformance.core.pointer import get
from conformance.judge.both_ends.answers import answers
from conformance.judge.both_ends.ends import Ends
from conformance.judge.both_ends.failed import failure
from conformance.protocol.common_terms import DETAILS, TOTALS, counts
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show


def totals(ends: Ends) -> Iterator[Breach]:
    """The input tokens, with those of the cache, and the output tokens, with those of reasoning."""
    both = answers(ends)
    if both is None:
        return
    up, down = (counts(side.family, side.reading.final) for side in (both.up, both.down))
    is_silent = all(down.get(kind) is None for kind in TOTALS)
    if is_silent and not _is_due(both.down.reading):
        return
    wrong = {kind: up[kind] for kind in TOTALS if up.get(kind) is not None and up[kind] != down.get(kind)}
    if wrong:
        yield Breach("upstream.answer.usage", f"the upstream's {_listed(wrong)}", _listed(down, wrong), _USAGE)


def begun(ends: Ends) -> Iterator[Breach]:
    """The input tokens of a stream that was cut, or that the client left: a native lane has those of the upstream."""
    last, front = ends.last, ends.front
    if last is None or not ends.is_native or front.kind != "stream" or last.kind != "stream":
        return
    if front.exchange.ended == "complete" and not failure(front):
        return  # `totals` has whole answers
    up, down = (counts(reading.family.name, reading.final).get("input") for reading in (last, front))
    if up and down and up != down:
        yield Breach("upstream.answer.usage", f"the upstream's input tokens {up}", f"input tokens {down}", _USAGE)


def details(ends: Ends) -> Iterator[Breach]:
    """The tokens of the cache, of reasoning and of audio, where the client's family has them."""
    both = answers(ends)
    if both is None or get(both.down.reading.final, "/usage", dict) is None:
        return
    up, down = (counts(side.family, side.reading.final) for side in (both.up, both.down))
    shared = [kind for kind in DETAILS if kind in down and up.get(kind) is not None]
    wrong = {kind: up[kind] for kind in shared if up[kind] != (down[kind] or 0)}
    if wrong:
        yield Breach("upstream.answer.usage-details", f"the upstream's {_listed(wrong)}", _listed(down, wrong), _USAGE)


_USAGE = Where("/usage")


def _is_due(reading: Reading) -> bool:
    """Whether the client gets a usage; in a stream of Chat Completions, it has to ask for it."""
    is_optional = reading.family.name == "chat_completions" and reading.kind == "stream"
    return not is_optional or get(reading.sent, "/stream_options/include_usage", bool) is True


def _listed(found: Mapping[str, int | None], kinds: Mapping[str, int | None] | None = None) -> str:
    return ", ".join(f"{kind.replace('_', ' ')} tokens {show(found.get(kind))}" for kind in kinds or found)
