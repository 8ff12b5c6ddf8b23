"""The client's answer says the same as the upstream's: its text, its end, its refusal, its signatures, its model.

A gateway is free to join the parts of a text with white space when it translates, to put a refusal in either
of the places that the client's family has, and to name the model as the client does, or as the upstream does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.core.model import JSON, Breach
from conformance.core.pointer import get
from conformance.judge.both_ends.answers import Answers, Side, answers, difference
from conformance.judge.both_ends.ends import Ends
from conformance.protocol.schema_check import show


def text(ends: Ends) -> Iterator[Breach]:
    """The text is the upstream's. That of a refusal may be in another place after translation; see `refusal`."""
    both = answers(ends)
    if both is None or (both.are_refused and not both.is_native):
        return
    want, got = both.up.answer.text, both.down.answer.text
    is_joined = not both.is_native and len(both.up.values("texts")) > 1
    if want != got and not (is_joined and _squeezed(want) == _squeezed(got)):
        yield Breach("upstream.answer.text", *difference(want, got))


def stop_reason(ends: Ends) -> Iterator[Breach]:
    """The answer ends for the upstream's reason, in the words of the client's family."""
    both = answers(ends)
    if both is None or both.are_refused or both.up.end is None or both.down.end is None:
        return
    if both.up.end == "pause" and not both.is_native:  # no other family has such an end
        return
    calls_are_lost = both.up.answer.tool_calls and not both.down.answer.tool_calls  # another rule
    if calls_are_lost or (both.up.end == both.down.end and not _is_unforced(both, ends.front.sent)):
        return
    yield Breach("upstream.answer.stop-reason", _meant(both), show(both.down.answer.stop))


def _is_unforced(both: Answers, sent: JSON) -> bool:
    """Whether calls end with `stop` in Chat Completions, although the client did not force a tool."""
    is_stop = both.down.family == "chat_completions" and both.down.answer.stop == "stop" and both.down.end == "tool"
    return is_stop and both.up.answer.stop != "stop" and not isinstance(get(sent, "/tool_choice", object), dict)


def _meant(both: Answers) -> str:
    stop = f"{show(both.up.answer.stop)}{' with calls' if both.up.answer.tool_calls else ''}"
    same = "the same" if both.is_native else "what it means"
    return f"{same}: the upstream ended with {stop} ({both.up.end})"


def stop_sequence(ends: Ends) -> Iterator[Breach]:
    """The stop sequence that ended the answer is the upstream's; only Messages names it."""
    both = answers(ends)
    if both is None or not both.is_native:
        return
    want, got = (get(side.reading.final, "/stop_sequence", str) for side in (both.up, both.down))
    if want != got:
        yield Breach("upstream.answer.stop-sequence", f"{show(want)}, as the upstream wrote", show(got))


def choices(ends: Ends) -> Iterator[Breach]:
    """All choices are the upstream's, by their index. (Of the first one, the other checks compare everything.)"""
    both = answers(ends)
    if both is None or not both.is_native:
        return
    want, got = dict(_choices(both.up.reading.final)), dict(_choices(both.down.reading.final))
    wrong = sorted(index for index in {*want, *got} if want.get(index) != got.get(index))
    if wrong:
        expected = f"choice {wrong[0]}: {show(want.get(wrong[0]))}, as the upstream wrote"
        yield Breach("upstream.answer.choices", expected, show(got.get(wrong[0])))


def _choices(final: JSON) -> Iterator[tuple[int, Sequence[str | None]]]:
    """The text and the end of each choice but the first, by index."""
    for choice in get(final, "/choices", list) or ():
        if index := get(choice, "/index", int):
            yield index, (get(choice, "/message/content", str) or "", get(choice, "/finish_reason", str))


def reasoning(ends: Ends) -> Iterator[Breach]:
    """The reasoning is the upstream's. No text but the upstream's is shown as reasoning in any lane.

    Chat Completions has no member for it, and a gateway that translates may leave it out.
    """
    both = answers(ends)
    if both is None:
        return
    want, got = both.up.answer.reasoning, both.down.answer.reasoning
    is_kept = both.is_native and both.up.family != "chat_completions"
    if (got or is_kept) and _squeezed(want) != _squeezed(got):
        yield Breach("upstream.answer.reasoning", *difference(want, got))


def results(ends: Ends) -> Iterator[Breach]:
    """Results of the upstream's own tools, and parts of types that the gateway may not know, are the upstream's."""
    both = answers(ends)
    if both is None or not both.is_native:
        return
    want, got = _others(both.up), _others(both.down)
    lost = [part for part in want if part not in got]
    if lost or len(want) != len(got):
        added = [part for part in got if part not in want]
        yield Breach("upstream.answer.results", f"{show(lost or want)}, as the upstream wrote", show(added))


def _others(side: Side) -> list[JSON]:
    """The parts of other types than text, calls and reasoning, without their ids and without what is null."""
    usual = side.values_of("usual")
    parts = (part for part in side.values("parts") if isinstance(part, dict) and part.get("type") not in usual)
    return [{name: value for name, value in part.items() if name != "id" and value is not None} for part in parts]


def refusal(ends: Ends) -> Iterator[Breach]:
    """A refusal is a refusal for the client, with its words, and nothing else is one."""
    both = answers(ends)
    if both is None or not both.are_refused:
        return
    rule = "upstream.answer.refusal" if both.is_native else "upstream.answer.refusal-translated"
    up, down = both.up.answer, both.down.answer
    if both.up.end != both.down.end:
        is_one = both.up.end == "refusal"
        expected = f"{'a refusal' if is_one else 'an answer'}: the upstream ended with {show(up.stop)}"
        refused = f" and the refusal {show(down.refusal)}" if down.refusal else ""
        yield Breach(rule, expected, f"{show(down.stop)}{refused} with the text {show(down.text)}")
        return
    words = _squeezed(down.text + down.refusal)
    lost = [said for said in _said(both) if _squeezed(said) not in words]
    if lost or (both.is_native and up.refusal != down.refusal):
        yield Breach(rule, f"the upstream's words, {show(up.text + up.refusal)}", show(down.text + down.refusal))


def _said(both: Answers) -> Iterator[str]:
    """The words of a refusal that the client has to see; Messages explains one in a member that no other family has."""
    yield both.up.answer.text
    if both.is_native or both.up.family != "messages":
        yield both.up.answer.refusal


def sealed(ends: Ends) -> Iterator[Breach]:
    """Signatures and encrypted reasoning are the upstream's, byte for byte."""
    both = answers(ends)
    if both is None or not both.is_native:
        return
    want, got = both.up.values("sealed"), both.down.values("sealed")
    if want and want != got:
        yield Breach("upstream.answer.signature", f"{show(want)}, as the upstream wrote", show(got))


def members(ends: Ends) -> Iterator[Breach]:
    """Log probabilities, annotations and citations are the upstream's."""
    both = answers(ends)
    if both is None or not both.is_native:
        return
    want, got = ([value for value in side.values("members") if value] for side in (both.up, both.down))
    if want != got:
        yield Breach("upstream.answer.members", f"{show(want)}, as the upstream wrote", show(got))


def model(ends: Ends) -> Iterator[Breach]:
    """The answer names the model that the client asked for, or the one that the upstream was asked for or names."""
    both = answers(ends)
    named = get(ends.front.final, "/model", str)
    if both is None or not named:
        return
    asked = [get(document, "/model", str) for document in _naming(both, ends)]
    known = [*(name for name in asked if name), *ends.profile.upstreams]
    if _short(named) not in map(_short, known):
        yield Breach("upstream.answer.model", " or ".join(map(show, dict.fromkeys(filter(None, asked)))), show(named))


def _naming(both: Answers, ends: Ends) -> tuple[JSON, ...]:
    return ends.front.sent, both.up.reading.sent, both.up.reading.final


def _short(model: str) -> str:
    """A model's name without the name of its vendor: `openai/gpt-5` is `gpt-5`."""
    return model.rpartition("/")[2].lower()


def _squeezed(text: str) -> str:
    return "".join(text.split())
