"""The request that goes up says the same as the client's: system texts, turns, tool calls and results, media.

The order of the content is compared, not its grouping. A correct gateway may do the following, and is not blamed:

- it writes a text as a string or as blocks, joins neighbouring texts with line breaks, and splits them;
- it leaves out texts that are empty or of white space alone, and the white space at the end of the last text of an
  assistant (Messages refuses it there);
- it uses `system` for `developer` and the reverse, and moves system texts to the front where the upstream has another
  family;
- it merges neighbouring turns of one role, and splits a turn with several tool results (one message each in Chat
  Completions);
- it puts the calls of a turn behind its text, and the results before it; the results of parallel calls may be in any
  order;
- in crossed lanes: it makes the text of a custom tool the only argument of a function; it renames the ids of calls,
  the same way in the call and in its result; it moves the images of a tool result and late system texts into the
  user's turn, and says so (`repairs`); it puts words before an error result for an upstream that has no `is_error`;
  it sends the bytes of an image instead of its URL; it writes the texts of documents and search results among those
  of the user; it leaves out reasoning, and content that the other family does not have.

A request that the upstream refused may be repaired: the next one may lack reasoning and other content of its family.

A request that continues a stored one (`previous_response_id`) is compared in its native lane only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from conformance.core.model import Breach
from conformance.judge.both_ends import request_texts as texts
from conformance.judge.both_ends.ends import Ends
from conformance.judge.both_ends.pairs import Pair, pairs
from conformance.judge.both_ends.repairs import undone
from conformance.protocol.asked import Asked, Call, Media, Native, Result, Text
from conformance.protocol.reading import parse

SYSTEM = "upstream.request.system"
SYSTEM_ADDED = "upstream.request.system-added"
SYSTEM_PLACE = "upstream.request.system-place"
TURNS = "upstream.request.turns"
CALLS = "upstream.request.calls"
MEDIA = "upstream.request.media"
MEDIA_PLACE = "upstream.request.media-place"
NATIVE = "upstream.request.native-content"
RULES = (SYSTEM, SYSTEM_ADDED, SYSTEM_PLACE, TURNS, CALLS, MEDIA, MEDIA_PLACE, NATIVE)


def kept(ends: Ends) -> Iterator[Breach]:
    """Every request that goes up has the content of the client's; each rule is reported once."""
    reported = set[str]()
    for pair in pairs(ends):
        if pair.sent.refers and not pair.is_native:
            continue
        for breach in _breaches(undone(pair)):
            if breach.rule not in reported:
                reported.add(breach.rule)
                yield breach


def _breaches(pair: Pair) -> Iterator[Breach]:
    for check in (_system, _turns, _calls, _media, _media_places, _native):
        yield from check(pair)


def _system(pair: Pair) -> Iterator[Breach]:
    sent, got = pair.sent.system, pair.up.system
    if texts.same(sent, got):
        if pair.is_native and _system_places(pair.sent) != _system_places(pair.up):
            yield Breach(
                SYSTEM_PLACE, "each system text at its place among the turns", "a system text at another place"
            )
        return
    rule = SYSTEM_ADDED if texts.contained(sent, got) else SYSTEM
    ours, theirs = texts.difference(sent, got)
    yield Breach(rule, f"the system texts of the client: {ours}", theirs)


def _system_places(asked: Asked) -> list[tuple[int, int]]:
    """The length of the turns before each system text, and its own; neighbouring texts count as one."""
    places: list[tuple[int, int]] = []
    before = 0
    for part in asked.parts:
        if not isinstance(part, Text) or not part.text.strip():
            continue
        size = _size(part.text)
        if part.role != "system":
            before += size
        elif places and places[-1][0] == before:
            places[-1] = (before, places[-1][1] + size)
        else:
            places.append((before, size))
    return places


def _size(text: str) -> int:
    """The number of characters without white space, which does not change when texts are joined."""
    return sum(not character.isspace() for character in text)


def _turns(pair: Pair) -> Iterator[Breach]:
    sent, got = _spoken(pair.sent), _spoken(pair.up)
    if len(sent) == len(got) and all(
        _same_turn(*both, pair, both[0] is sent[-1]) for both in zip(sent, got, strict=True)
    ):
        return
    for number, (ours, theirs) in enumerate(zip(sent, got, strict=False), 1):
        if not _same_turn(ours, theirs, pair, ours is sent[-1]):
            wanted, found = texts.difference(ours[1], theirs[1])
            yield Breach(TURNS, f"turn {number} of the {ours[0]}: {wanted}", f"turn of the {theirs[0]}: {found}")
            return
    yield Breach(TURNS, f"{len(sent)} turns", f"{len(got)} turns")


Spoken = tuple[str, list[str]]
"""A turn: its role, and its texts."""


def _spoken(asked: Asked) -> list[Spoken]:
    """The turns that have text. Neighbouring turns of one role are one."""
    turns: list[Spoken] = []
    for part in asked.parts:
        if not isinstance(part, Text) or part.role == "system" or not part.text.strip():
            continue
        if turns and turns[-1][0] == part.role:
            turns[-1][1].append(part.text)
        else:
            turns.append((part.role, [part.text]))
    return turns


def _same_turn(ours: Spoken, theirs: Spoken, pair: Pair, is_last: bool) -> bool:
    if ours[0] != theirs[0]:
        return False
    if texts.same(ours[1], theirs[1]):
        return True
    trims = is_last and ours[0] == "assistant" and pair.family == "messages"
    return trims and texts.same([*ours[1][:-1], ours[1][-1].rstrip()], theirs[1])


@dataclass
class _Used:
    """A tool call or a result, with the length of the turns before it."""

    part: Call | Result
    before: int


@dataclass
class _History:
    """The calls and results of a request, in order."""

    calls: list[_Used] = field(default_factory=list)
    results: list[_Used] = field(default_factory=list)


def _history(asked: Asked) -> _History:
    """The calls stand behind the texts of their turn, the results before them."""
    history, before, turn, role = _History(), 0, 0, ""
    waiting: list[_Used] = []
    for part in asked.parts:
        own = _role(part)
        if own == "system":
            continue
        if own != role:
            before, turn, role, waiting = before + turn, 0, own, []
        if isinstance(part, Text):
            turn += _size(part.text)
            for used in waiting:
                used.before = before + turn
        elif isinstance(part, Call):
            waiting.append(_Used(part, before + turn))
            history.calls.append(waiting[-1])
        elif isinstance(part, Result):
            history.results.append(_Used(part, before))
    return history


def _role(part: object) -> str:
    if isinstance(part, Call):
        return "assistant"
    return "user" if isinstance(part, Result) else str(getattr(part, "role", ""))


def _calls(pair: Pair) -> Iterator[Breach]:
    sent, got = _history(pair.sent), _history(pair.up)
    if breach := _lost(sent, got):
        yield breach
        return
    ids: dict[str, str] = {}
    for ours, theirs in zip(sent.calls, got.calls, strict=True):
        one, other = ours.part, theirs.part
        assert isinstance(one, Call)
        assert isinstance(other, Call)
        ids[one.id] = other.id
        if one.name != other.name or not _same_arguments(one, other, pair):
            yield Breach(
                CALLS, f"the call {one.name}({_short(one.arguments)})", f"{other.name}({_short(other.arguments)})"
            )
            return
        if pair.is_native and one.id != other.id:
            yield Breach(CALLS, f"the call {one.name} with the id {one.id}", f"the id {other.id}")
            return
        if ours.before != theirs.before and _has_same_turns(pair):
            yield Breach(CALLS, f"the call {one.name} at its place among the turns", "the call at another place")
            return
    if len(set(ids.values())) < len(ids):
        yield Breach(CALLS, "a different id for each call", "two calls with one id")
        return
    yield from _results(pair, sent, got, ids)


def _same_arguments(ours: Call, theirs: Call, pair: Pair) -> bool:
    """Whether two calls have the same arguments; the text of a custom tool may be the only argument of a function."""
    if ours.arguments == theirs.arguments:
        return True
    wrapped, _ = parse(theirs.arguments)
    return not pair.is_native and isinstance(wrapped, dict) and list(wrapped.values()) == [ours.arguments]


def _has_same_turns(pair: Pair) -> bool:
    return not [*_turns(pair)]


def _lost(sent: _History, got: _History) -> Breach | None:
    for what, ours, theirs in (("calls", sent.calls, got.calls), ("results", sent.results, got.results)):
        if len(ours) != len(theirs):
            return Breach(CALLS, f"{len(ours)} tool {what} in the history", f"{len(theirs)} tool {what}")
    return None


def _results(pair: Pair, sent: _History, got: _History, ids: dict[str, str]) -> Iterator[Breach]:
    found = {used.part.id: used for used in got.results}
    for used in sent.results:
        ours = used.part
        assert isinstance(ours, Result)
        id_ = ids.get(ours.id, ours.id)
        if id_ not in found:
            yield Breach(CALLS, f"a result of the call {id_}", f"results of {', '.join(found) or 'no call'}")
            return
        theirs = found[id_].part
        assert isinstance(theirs, Result)
        if not _same_result(ours, theirs):
            wanted, got_ = texts.difference(ours.texts, theirs.texts)
            error = _error(ours) if _error(ours) != _error(theirs) and theirs.is_error is not None else ""
            other = _error(theirs) if error else ""
            yield Breach(CALLS, f"the result of the call {id_}: {error}{wanted}", f"{other}{got_}")
            return
        if found[id_].before != used.before and _has_same_turns(pair):
            yield Breach(
                CALLS, f"the result of the call {id_} at its place among the turns", "the result at another place"
            )
            return


def _same_result(ours: Result, theirs: Result) -> bool:
    if ours.is_error is not None and theirs.is_error is not None and ours.is_error != theirs.is_error:
        return False
    if not texts.said(ours.texts):
        return True  # some upstreams want a text, so a gateway may write one
    may_explain = (bool(ours.is_error) and theirs.is_error is None) or len(theirs.media) < len(ours.media)
    return texts.same(ours.texts, theirs.texts) or (may_explain and texts.contained(ours.texts, theirs.texts))


def _error(result: Result) -> str:
    return "an error, " if result.is_error else "no error, "


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:120]}…"


def _media(pair: Pair) -> Iterator[Breach]:
    sent, got = _all_media(pair.sent), _all_media(pair.up)
    if pair.is_native:
        if sent != got:
            ours, theirs = _first_difference(sent, got)
            yield Breach(MEDIA, _described(ours), _described(theirs))
        return
    left = Counter((one.kind, one.data) for one in got)
    loaded = sum(1 for one in got if one.is_bytes) - sum(1 for one in sent if one.is_bytes)
    for one in sent:
        if left[one.kind, one.data]:
            left[one.kind, one.data] -= 1
        elif not one.is_bytes and loaded > 0:
            loaded -= 1
        else:
            yield Breach(MEDIA, _described(one), ", ".join(map(_described, got)) or "no image and no file")
            return
    types = {one.data: one.type for one in got if one.type}
    for one in sent:
        if one.type and types.get(one.data, one.type) != one.type:
            yield Breach(MEDIA, _described(one), f"the same bytes as {types[one.data]}")
            return
    own = [part for part in pair.sent.parts if isinstance(part, Media)]
    if _order(own) != _order([one for one in got if one.data in {mine.data for mine in own}]):
        yield Breach(MEDIA, "the images and files in the client's order", "another order")


def _media_places(pair: Pair) -> Iterator[Breach]:
    sent, got = _places(pair.sent), _places(pair.up)
    moved = [data for data, places in sent.items() if data in got and places != got[data]]
    if moved and _has_same_turns(pair) and not [*_media(pair)]:
        yield Breach(MEDIA_PLACE, f"{moved[0][:80]} at its place among the texts", "the same at another place")


def _places(asked: Asked) -> dict[str, list[int]]:
    """The length of the turns before each image or file, by its content."""
    places: dict[str, list[int]] = {}
    before = 0
    for part in asked.parts:
        if isinstance(part, Text) and part.role != "system":
            before += _size(part.text)
        elif isinstance(part, Media):
            places.setdefault(part.data, []).append(before)
    return places


def _order(media: Sequence[Media]) -> list[str]:
    """The bytes in their order; URLs may have become bytes, and images of tool results may have moved."""
    return [one.data for one in media if one.is_bytes]


def _all_media(asked: Asked) -> list[Media]:
    found: list[Media] = []
    for part in asked.parts:
        if isinstance(part, Media):
            found.append(part)
        elif isinstance(part, Result):
            found.extend(part.media)
    return found


def _first_difference(sent: Sequence[Media], got: Sequence[Media]) -> tuple[Media | None, Media | None]:
    for index in range(max(len(sent), len(got))):
        ours, theirs = (list_[index] if index < len(list_) else None for list_ in (sent, got))
        if ours != theirs:
            return ours, theirs
    raise AssertionError("the lists are the same")


def _described(media: Media | None) -> str:
    if media is None:
        return "no further image or file"
    return " ".join(word for word in (media.role, media.kind, media.type, media.data[:80], media.detail) if word)


def _native(pair: Pair) -> Iterator[Breach]:
    if not pair.is_native or pair.is_repair:
        return
    sent, got = _own(pair.sent), _own(pair.up)
    if sent != got:
        lost = next((one for one in sent if one not in got), None)
        wanted = f"the {lost.kind} content {_short(lost.value)}" if lost else f"{len(sent)} such parts in order"
        yield Breach(NATIVE, wanted, "changed or missing" if lost else f"{len(got)} such parts, or another order")


def _own(asked: Asked) -> list[Native]:
    return [part for part in asked.parts if isinstance(part, Native)]
