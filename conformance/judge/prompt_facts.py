"""The demands of a request on the model: to repeat a text, which every model does, or to use memory or tools."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from conformance.core.case_format import AnswerExpectation, Expectation, ToolCallExpectation
from conformance.core.model import JSON, Step
from conformance.core.pointer import get

LITERAL_PROMPT = "reply with exactly: "
_ONE_WORD = re.compile(rf"{LITERAL_PROMPT}[a-z]+", re.IGNORECASE)
_LITERAL = re.compile(rf'{LITERAL_PROMPT}((?:\\[^n]|[^"\\])*)')
_RESULTS = re.compile('"(?:tool_call_id|tool_use_id|function_call_output|custom_tool_call_output)"')
_ELSEWHERE = ("system", "instructions", "previous_response_id", "conversation")
"""The members of a body, beside its messages, that a model reads."""
_ENDS = ('"', "\\n", ".")
"""The characters after the requested text in the JSON of a request."""

_PICTURES = ("image_url", "input_image", "image")
"""The types of the parts and blocks with a picture."""


def needs_memory(step: Step) -> bool:
    """Whether the expected text is not requested literally: the model has to find it in the conversation."""
    body = step.request.get("body")
    return not all(asks_literally(body, word) for word in expected_texts(step))


def needs_results(step: Step) -> bool:
    """Whether the expected text is not requested literally, and the conversation has the result of a tool."""
    return needs_memory(step) and _RESULTS.search(json.dumps(step.request.get("body"))) is not None


def needs_length(step: Step) -> bool:
    """Whether a text of more than one word is requested literally."""
    return any(len(found.split()) > 1 for found in _LITERAL.findall(_text(step.request.get("body"))))


def is_plain(step: Step) -> bool:
    """Whether the only text in a request asks for one word, as the plain control request does."""
    body = step.request.get("body")
    if not isinstance(body, dict) or any(body.get(name) for name in _ELSEWHERE):
        return False
    return _ONE_WORD.fullmatch(_only_text(body.get("messages") or body.get("input"))) is not None


def _only_text(prompt: JSON) -> str:
    """The text of a prompt that is one text: itself, or in one message or part; "" otherwise."""
    while isinstance(prompt, list) and len(prompt) == 1 and isinstance(prompt[0], dict):
        prompt = prompt[0].get("content") or prompt[0].get("text")
    return prompt if isinstance(prompt, str) else ""


def needs_several_words(step: Step) -> bool:
    """Whether several texts are expected that are not requested literally."""
    body = step.request.get("body")
    return sum(not asks_literally(body, word) for word in expected_texts(step)) > 1


def needs_sight(step: Step) -> bool:
    """Whether the expected text has to be read off a picture, because the prompt has pictures and not the text."""
    prompt = _text(step.request.get("body"))
    pictures = any(f'"type": "{kind}"' in prompt for kind in _PICTURES)
    return pictures and any(_escaped(word) not in prompt for word in expected_texts(step))


def needs_values(step: Step) -> bool:
    """Whether a tool call with given values in its arguments is expected."""
    return any(call.get("arguments") for call in expected_calls(step))


def needs_schema(step: Step) -> bool:
    """Whether the values of the expected arguments are only in the declaration of the tool."""
    body = step.request.get("body")
    if not isinstance(body, dict) or not needs_values(step):
        return False
    prompt = _text({key: value for key, value in body.items() if key != "tools"})
    return any(
        _escaped(word) not in prompt for call in expected_calls(step) for word in _strings(call.get("arguments"))
    )


def offers_tools(step: Step) -> bool:
    """Whether tools are available, and the model is expected to answer without a call."""
    expected = step.expect["outcome"] != "refusal" and not expected_calls(step)
    return expected and bool(_tools(step)) and _is_free(step)


def chooses_tools(step: Step) -> frozenset[str]:
    """Return the names of the tools from which the model is expected to choose one; empty if it is told which."""
    named = frozenset(name for tool in _tools(step) or () if (name := _name(tool)))
    return named if expected_calls(step) and named and _is_free(step) else frozenset()


def needs_parallel_calls(step: Step) -> bool:
    """Whether several tool calls in one answer are expected."""
    return len(expected_calls(step)) > 1


def needs_indentation(step: Step) -> bool:
    """Whether the model is expected to repeat lines with their white space."""
    return "verbatim" in _answer(step.expect)


def expected_calls(step: Step) -> Sequence[ToolCallExpectation]:
    """Return the tool calls that the answer must have."""
    return _answer(step.expect).get("tool_calls", [])


def _answer(expect: Expectation) -> AnswerExpectation:
    """Return what a case expects of the answer, also of a converted one."""
    if "answer" in expect:
        return expect["answer"]
    return expect["unless_converted"]["answer"] if "unless_converted" in expect else {}


def _tools(step: Step) -> JSON:
    body = step.request.get("body")
    return body.get("tools") if isinstance(body, dict) else None


def _name(tool: JSON) -> str:
    """Return the name of a tool in any family; "" for tools without a name."""
    inner = tool.get(tool.get("type")) if isinstance(tool, dict) else None
    owner = inner if isinstance(inner, dict) else tool
    return str(owner.get("name", "")) if isinstance(owner, dict) else ""


def _is_free(step: Step) -> bool:
    """Whether the model may choose between text and tool calls."""
    choice = step.request["body"].get("tool_choice") or "auto"
    return (choice.get("type") if isinstance(choice, dict) else choice) == "auto"


def asks_literally(body: JSON, word: str) -> bool:
    """Whether a request asks the model to reply with exactly this text."""
    return f"{LITERAL_PROMPT}{_escaped(word)}" in _text(body)


def is_literal(body: JSON, text: str) -> bool:
    """Whether a text is exactly the one that a request asks the model to reply with."""
    wanted = f"{LITERAL_PROMPT}{_escaped(text.strip())}"
    return bool(text.strip()) and any(f"{wanted}{end}" in _text(body) for end in _ENDS)


def literal_count(body: JSON, word: str) -> int:
    """Return how often the requested literal answer contains the word; 0 if the request asks for no literal answer."""
    return _text(body).count(_escaped(word)) if asks_literally(body, word) else 0


def literal(body: JSON, word: str) -> str | None:
    """Return the text that a request asks the model to reply with, to the end of its line, if the word is in it.

    The last such text counts; None without one.
    """
    lines = (line for text in _strings(body) for line in re.split(r"[\r\n]", text))
    wanted = (line[at + len(LITERAL_PROMPT) :] for line in lines if (at := line.lower().find(LITERAL_PROMPT)) >= 0)
    return next((text for text in reversed(list(wanted)) if word.lower() in text.lower()), None)


def asks_to_reason(body: JSON) -> bool:
    """Whether a request turns reasoning on."""
    if not isinstance(body, dict):
        return False
    places = (body.get("reasoning_effort"), get(body, "/reasoning/effort", str), get(body, "/thinking/type", str))
    return any(value not in (None, "none", "disabled") for value in places)


def _strings(value: JSON) -> Iterator[str]:
    """Yield the strings in a value, without the names of members."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _strings(member)


def _text(body: JSON) -> str:
    return json.dumps(body, ensure_ascii=False).lower()


def expected_texts(step: Step) -> list[str]:
    """Return the texts that the answer must contain."""
    words = _answer(step.expect).get("contains", [])
    return [words] if isinstance(words, str) else list(words)


def _escaped(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)[1:-1].lower()
