"""The `answer` keyword: expectations about the content of the answer, for all families, streamed or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from jsonschema import Draft202012Validator

from conformance.core.case_format import AnswerExpectation, ToolCallExpectation
from conformance.core.model import JSON, Answer, Breach
from conformance.core.pointer import values
from conformance.judge import prompt_facts
from conformance.judge.expectations import exactness
from conformance.judge.expectations.context import Context, shown_answer, text_of
from conformance.protocol.reading import Reading, parse
from conformance.protocol.schema_check import show


def answer(want: AnswerExpectation, reading: Reading, _context: Context) -> Iterator[Breach]:
    """Check every member of `answer`."""
    given = reading.answer
    if given is None:
        yield Breach("case.answer-text", "an answer from the model", shown_answer(reading))
        return
    for name, value in want.items():
        yield from _MEMBERS[name](value, given, reading)


def _contains(want: str | Sequence[str], answer: Answer, reading: Reading) -> Iterator[Breach]:
    for word in [want] if isinstance(want, str) else want:
        times = answer.text.lower().count(word.lower())
        if not times:
            yield Breach("case.answer-text", f"text that contains {word!r}", text_of(answer))
        elif len(word) >= UNLIKELY_TWICE and times > prompt_facts.literal_count(reading.sent, word) > 0:
            yield Breach("case.answer-text", f"text that contains {word!r} only once", text_of(answer))
        elif literal := prompt_facts.literal(reading.sent, word):
            yield from _exact(literal, answer, reading)
        elif len(word) >= UNLIKELY_TWICE and times == 1 and exactness.difference(word, answer.text) == "repeated":
            yield Breach("case.answer-text", f"{word!r} only once", text_of(answer))


def _exact(literal: str, answer: Answer, reading: Reading) -> Iterator[Breach]:
    """The answer is the requested text and nothing else; a call or a JSON format may come with other text."""
    if answer.tool_calls or not parse(answer.text)[1]:
        return
    found = exactness.difference(literal, answer.text)
    expected = f"{show(literal)} and nothing else"
    if found == "repeated":
        yield Breach("case.answer-text", f"{show(literal)} only once", text_of(answer))
    elif found == "before" and prompt_facts.asks_to_reason(reading.sent) and _is_long(literal, answer.text):
        yield Breach(REASONING_IN_TEXT, expected, text_of(answer))
    elif found in ("before", "after"):
        yield Breach(EXACT, expected, text_of(answer))


def _is_long(literal: str, text: str) -> bool:
    """Whether the text before the literal is longer than a polite introduction."""
    return len(text.lower().partition(literal.lower())[0].split()) >= _THOUGHT_WORDS


def _verbatim(want: str, answer: Answer, _reading: Reading) -> Iterator[Breach]:
    given = exactness.unfenced(answer.text)
    if given == want:
        return
    rule = WHITE_SPACE if exactness.same_words(want, given) else "case.answer-text"
    yield Breach(rule, show(want), text_of(answer))


EXACT = "case.answer-exact"
REASONING_IN_TEXT = "case.reasoning-in-text"
EXTRA_WORDS = frozenset({EXACT, REASONING_IN_TEXT})
"""The rules about words in addition to a text that the prompt asks for, which some models always add."""

WHITE_SPACE = "case.answer-white-space"
"""The rule that depends on a model that repeats indentation."""

_THOUGHT_WORDS = 12
"""Words. An introduction such as "Sure, here is the text that you asked for:" has fewer."""


def _lacks(want: str, answer: Answer, _reading: Reading) -> Iterator[Breach]:
    if want.lower() in answer.text.lower():
        yield Breach("case.answer-text", f"text without {want!r}", text_of(answer))


def _text_is(want: str, answer: Answer, _reading: Reading) -> Iterator[Breach]:
    if bool(answer.text) != (want == "present"):
        yield Breach("case.answer-text", f"text {want}", text_of(answer))


def _json(want: JSON, answer: Answer, _reading: Reading) -> Iterator[Breach]:
    document, problem = parse(answer.text)
    if problem:
        yield Breach("case.answer-json", "text that is JSON", f"{text_of(answer)} ({problem})")
        return
    for violation in Draft202012Validator(want).iter_errors(document):
        yield Breach("case.answer-json", "JSON in the requested format", violation.message[:200])


FILLED_IN = "case.tool-arguments"
"""The rule that depends on a model that puts given values into the arguments of a call."""

UNLIKELY_TWICE = 6
"""A word with this many letters, requested once, is not written twice by chance: parts of the answer were doubled."""

NATURAL = frozenset({"stop", "end_turn", "completed"})
"""The stop reasons of an answer that ended by itself."""

_TOOL_STOPS = frozenset({"tool_calls", "tool_use"})
"""The stop reasons of an answer with tool calls."""


def _stop(want: Sequence[str], answer: Answer, reading: Reading) -> Iterator[Breach]:
    if answer.stop not in want and not (_TOOL_STOPS & {*want} and declined(answer, reading)):
        yield Breach("case.answer-stop", " or ".join(want), str(answer.stop))


def _tool_calls(want: Sequence[ToolCallExpectation], answer: Answer, reading: Reading) -> Iterator[Breach]:
    names = sorted(call["name"] for call in want)
    called = sorted(call.name for call in answer.tool_calls)
    if names != called:
        rule = "case.tool-chosen" if names and declined(answer, reading) else "case.tool-called"
        yield Breach(rule, f"calls to {', '.join(names) or 'no tool'}", ", ".join(called) or f"none: {text_of(answer)}")
        return
    for call in want:
        if "arguments" in call and not any(_fits(call, made.name, made.arguments) for made in answer.tool_calls):
            made = "; ".join(show(made.arguments) for made in answer.tool_calls)
            yield Breach(FILLED_IN, f"{call['name']} with {show(call['arguments'])}", made)


def declined(answer: Answer, reading: Reading) -> bool:
    """Whether the model did something else although a call was expected, and was free to do so.

    A call of another kind, such as a tool search, is something else as well.
    """
    did_something = not is_empty(answer) or any(is_call(kind) for kind in values(reading.final, "/output/*/type"))
    return did_something and not answer.tool_calls and not _forced(reading.sent)


def is_call(kind: object) -> bool:
    """Whether a value is the type of a call among the output items of the Responses API.

    Source: https://platform.openai.com/docs/api-reference/responses/object
    """
    return isinstance(kind, str) and kind.endswith("_call")


def is_empty(answer: Answer) -> bool:
    """Whether an answer ended by itself, and has neither text nor calls nor a refusal."""
    return answer.stop in NATURAL and not (answer.text or answer.tool_calls or answer.refusal)


def _forced(sent: JSON) -> bool:
    """Whether the request forces the model to call a tool."""
    choice = sent.get("tool_choice") if isinstance(sent, dict) else None
    kind = choice.get("type") if isinstance(choice, dict) else choice
    return kind not in (None, "auto", "none")


def _fits(want: ToolCallExpectation, name: str, arguments: JSON) -> bool:
    """Whether a call has the wanted values in its arguments; a string may contain more than the wanted text."""
    value = parse(arguments)[0] if isinstance(arguments, str) else arguments
    return want["name"] == name and _within(want["arguments"], value)


def _within(want: JSON, value: JSON) -> bool:
    if isinstance(want, dict):
        return isinstance(value, dict) and all(_within(member, value.get(key)) for key, member in want.items())
    if isinstance(want, str):
        return isinstance(value, str) and want.lower() in value.lower()
    return bool(want == value)


def _max_tool_calls(want: int, answer: Answer, _reading: Reading) -> Iterator[Breach]:
    if len(answer.tool_calls) > want:
        yield Breach("case.tool-called", f"at most {want} call(s)", f"{len(answer.tool_calls)} calls")


def _reasoning(want: str, answer: Answer, _reading: Reading) -> Iterator[Breach]:
    if bool(answer.reasoning) != (want == "present"):
        yield Breach("case.reasoning", f"reasoning {want}", show(answer.reasoning) if answer.reasoning else "none")


def _choices(want: int, answer: Answer, _reading: Reading) -> Iterator[Breach]:
    if answer.choices != want:
        yield Breach("case.choices", f"{want} choice(s)", str(answer.choices))


def _max_output_tokens(want: int, answer: Answer, _reading: Reading) -> Iterator[Breach]:
    if answer.output_tokens is not None and answer.output_tokens > want:
        yield Breach("case.tokens-cap", f"at most {want} output tokens", str(answer.output_tokens))


_MEMBERS: Mapping[str, Callable[[JSON, Answer, Reading], Iterator[Breach]]] = {
    "contains": _contains,
    "verbatim": _verbatim,
    "lacks": _lacks,
    "text": _text_is,
    "json": _json,
    "stop": _stop,
    "tool_calls": _tool_calls,
    "max_tool_calls": _max_tool_calls,
    "reasoning": _reasoning,
    "choices": _choices,
    "max_output_tokens": _max_output_tokens,
}
