"""The scripted model: turns a `Prompt` into a `Reply`, always the same one for the same prompt.

It follows the instructions that a test suite uses: exact replies, recall, counting, tool calls, structured output,
images. To other prompts it replies with a neutral sentence, or with a long text if asked for one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import chain

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.exceptions import Unresolvable

from . import question as asked
from . import tokens, tooling
from .instance import compact, instance
from .prompt import JSON, Call, End, Image, Prompt, Reply, Turn

_SHORT = "I am a scripted model, and this is my whole answer."
_LONG = re.compile(r"\b(?:long|story|essay|detail|detailed|paragraphs?|explain|tale|article|words)\b", re.IGNORECASE)
_LONG_TEXT = (
    "Once a lighthouse keeper counted the ships that passed her island. Every evening she wrote their names in a "
    "blue book, and every morning she read the names aloud to the gulls. One winter no ship came for nine days. "
    "She lit the lamp all the same, trimmed the wick, and wrote down the weather instead of the names. On the tenth "
    "day a small boat came out of the fog and asked what the light was for. It is for you, she said, although "
    "neither of us knew it yesterday. "
)
_LONG_TIMES = 2
_THOUGHT = (
    "The request is read first, then what it asks for is found, then the answer is planned in the shortest form "
    "that does all of it, and then it is checked once more against the request before it is written down. "
)


def composed(prompt: Prompt) -> tuple[str, tuple[Call, ...]]:
    """The text and the tool calls that the prompt asks for, before limits apply."""
    calls = _calls(prompt)
    return asked.before_call(last_question(prompt.turns)) if calls else _text(prompt), calls


def _calls(prompt: Prompt) -> tuple[Call, ...]:
    """Tool calls: always if required, else if the question needs them and no tool result or exact reply answers it."""
    question = last_question(prompt.turns)
    told_otherwise = asked.exact(question) is not None and not tooling.named(prompt.tools, question)
    settled = (_results(prompt.turns) and not _asks_anew(prompt)) or told_otherwise
    return () if settled and prompt.mode != "required" else tooling.wanted(prompt, question)


def _asks_anew(prompt: Prompt) -> bool:
    """Whether the user says after the latest results which tool to call: "Call get_weather"."""
    last, question = _last_user(prompt.turns), last_question(prompt.turns)
    called = max((at for at, turn in enumerate(prompt.turns) if turn.calls), default=-1)
    said = (rf"\bcall {re.escape(tool.name)}\b" for tool in prompt.tools)
    return last is not None and last > called and any(re.search(each, question, re.IGNORECASE) for each in said)


def _text(prompt: Prompt) -> str:
    plain = _plain_text(prompt.turns)
    return plain if prompt.schema is None else _structured(prompt, plain)


def _structured(prompt: Prompt, plain: str) -> str:
    """JSON text of the requested schema: the exact reply if it is valid, else an instance made for the schema."""
    if _fits(prompt.schema, plain):
        return plain
    said = " ".join(turn.text for turn in prompt.turns if turn.role in ("user", "tool"))
    made = instance(prompt.schema, last_question(prompt.turns))
    free = asked.settings(said) or {"answer": said or _SHORT}
    return compact(free if prompt.schema == {"type": "object"} else made)


def _fits(schema: JSON, text: str) -> bool:
    """Whether the text is JSON that is valid by the schema; only references inside of the schema are followed."""
    try:
        return Draft202012Validator(schema, registry=Registry()).is_valid(json.loads(text))
    except (ValueError, Unresolvable):
        return False


def _plain_text(turns: Sequence[Turn]) -> str:
    question = last_question(turns)
    exact = asked.exact(question)
    if exact is not None:
        return exact
    if colours := _colours(turns, question):
        return colours
    if results := _results(turns):
        return "The result is: " + "; ".join([*results, *_all_told(turns, question)])
    return _unbidden(turns, question)


def _all_told(turns: Sequence[Turn], question: str) -> list[str]:
    """The facts that the turns tell, beside the results of tools, if the question asks for all facts of a kind."""
    told = asked.recalled(chain.from_iterable(map(_told, turns)), question) if asked.asks_for_all(question) else None
    return [told] if told else []


def _colours(turns: Sequence[Turn], question: str) -> str:
    """The colours of all pictures in the conversation, if the question asks for them."""
    pictures = [image for turn in turns for image in turn.images]
    return " ".join(image.colour or "unknown" for image in pictures) if asked.asks_for_colours(question) else ""


def _unbidden(turns: Sequence[Turn], question: str) -> str:
    """The answer to a question that does not ask for an exact reply."""
    rules = (asked.exact(turn.text) for turn in reversed(turns) if turn.role == "system")
    last = _last_user(turns)
    images = turns[last].images if last is not None else ()
    heard = [turn for at, turn in enumerate(turns) if last is not None and (at <= last or turn.role == "system")]
    told = [text for turn in heard for text in _told(turn)]
    answers = (next(filter(None, rules), None), asked.recalled(told, question), asked.counted(question), _seen(images))
    return next(filter(None, answers), None) or (_LONG_TEXT * _LONG_TIMES if _LONG.search(question) else _SHORT)


def _told(turn: Turn) -> list[str]:
    """The texts that a turn tells: its own, and the arguments of its calls as sentences. Tool results tell nothing."""
    named = [f"The {name} is {value}." for call in turn.calls for name, value in _arguments(call).items()]
    return [] if turn.role == "tool" else [turn.text, *named]


def _arguments(call: Call) -> dict[str, JSON]:
    """The arguments of a call; none if they are not a JSON object."""
    try:
        value = json.loads(call.arguments)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _seen(images: Sequence[Image]) -> str:
    return " and ".join(f"{each.media_type} {each.width}x{each.height}" for each in images)


def _last_user(turns: Sequence[Turn]) -> int | None:
    return next((at for at in range(len(turns) - 1, -1, -1) if turns[at].role == "user"), None)


def last_question(turns: Sequence[Turn]) -> str:
    """The text of the last turn of the user."""
    last = _last_user(turns)
    return turns[last].text if last is not None else ""


def _results(turns: Sequence[Turn]) -> list[str]:
    """The results of the latest calls, in the order of the calls."""
    last = next((at for at in range(len(turns) - 1, -1, -1) if turns[at].calls), None)
    if last is None or any(turn.role == "assistant" and not turn.calls for turn in turns[last:]):
        return []
    order = {call.id: index for at in turns[: last + 1] for index, call in enumerate(at.calls)}
    results = [turn for turn in turns[last:] if turn.role == "tool"]
    return [turn.text for turn in sorted(results, key=lambda turn: order.get(turn.answers, 0))]


def within_limits(prompt: Prompt, text: str, calls: tuple[Call, ...]) -> Reply:
    """The reply, cut at the prompt's stop sequences, then at its token limit; leaves out a call that does not fit."""
    room = prompt.cap if prompt.cap is not None else 1_000_000
    thought = _thought(min(prompt.reasoning, room // 2))
    room -= len(thought)
    text, stop = _stopped(text, prompt.stop)
    spoken = tokens.split(text)[:room]
    cut = "".join(spoken) != text
    kept, used = _fitting_calls(calls, room - len(spoken))
    end: End = "tool_calls" if calls else "stop_sequence" if stop is not None else "stop"
    used_up = end == "stop" and len(spoken) == room  # the end of the text would have been one more token
    if cut or used_up or len(kept) < len(calls) or room <= 0:
        end, stop = "length", None
    total = len(thought) + len(spoken) + used
    least = 0 if prompt.cap == 0 else 1
    return Reply("".join(thought), "".join(spoken), kept, end, stop, len(thought), max(total, least))


def _thought(wanted: int) -> list[str]:
    text = _THOUGHT * (wanted // tokens.count(_THOUGHT) + 1)
    return tokens.split(text)[:wanted]


def _stopped(text: str, sequences: Sequence[str]) -> tuple[str, str | None]:
    """The text before the first stop sequence in it, and that sequence."""
    found = [(text.index(each), each) for each in sequences if each and each in text]
    if not found:
        return text, None
    at, sequence = min(found)
    return text[:at], sequence


def _fitting_calls(calls: tuple[Call, ...], room: int) -> tuple[tuple[Call, ...], int]:
    used = 0
    for index, call in enumerate(calls):
        size = tokens.count(call.name) + tokens.count(call.arguments)
        if used + size > room:
            return calls[:index], used
        used += size
    return calls, used


def effort_tokens(effort: JSON) -> int:
    """The reasoning tokens of an effort; 0 without one."""
    return _EFFORTS.get(effort, 0)


_EFFORTS = {"minimal": 4, "low": 8, "medium": 16, "high": 24, "xhigh": 32, "max": 48}
