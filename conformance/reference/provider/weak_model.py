"""Weak versions of the scripted model, with the weaknesses of real models behind a correct API.

The name of the model selects the weakness. Answers are deterministic: the same request gets the same answer, and
another spelling of it, such as its stream, may get another one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from . import tokens
from .errors import Refused
from .prompt import JSON, Call, Prompt, Reply
from .scripted_model import composed, within_limits


@dataclass(frozen=True, slots=True)
class Weakness:
    """The weaknesses of a model.

    - `words`: the most words of a text, or None;
    - `reads`: whether it reads the prompt; a model that does not says the same to everyone, and calls a tool only if
      it is forced to;
    - `random`: its texts are random words, and it calls tools at random, with values that nothing asks for;
    - `context`: the most tokens of the prompt and the answer's limit together;
    - `tools`: whether tools are accepted.
    """

    words: int | None = None
    reads: bool = True
    random: bool = False
    context: int = tokens.CONTEXT
    tools: bool = True


WEAK_MODELS: Mapping[str, Weakness] = {
    "weak-short": Weakness(words=2),
    "weak-disobedient": Weakness(reads=False),
    "weak-random": Weakness(random=True),
    "weak-small-context": Weakness(context=2_000),
    "weak-no-tools": Weakness(tools=False),
    "weak": Weakness(words=2, reads=False, random=True, context=2_000, tools=False),
}
"""The weaknesses by the name of the model: each alone, and all together."""

_ABLE = Weakness()
_WORDS = (
    "harbour", "seven", "under", "glass", "quickly", "on", "the", "maple", "draws", "a", "round", "tomorrow", "blue",
    "without", "paper", "it", "sings", "never", "and", "stone",
)  # fmt: skip
_MOST_WORDS = 40
_MADE_ID = re.compile(r"\b[a-z]+[-_][0-9A-Za-z]{16,}")
"""An id such as `call_` with random letters and digits."""


def reply(model: str, prompt: Prompt, seed: JSON) -> Reply:
    """The answer of the model with this name; `seed` is the request, which decides what a random model says.

    Ids in it that are made for each answer do not count: the same conversation gets the same answers.
    """
    weak = _weakness(model)
    read = prompt if weak.reads and not weak.random else replace(prompt, turns=())
    dice = random.Random(f"{model} {_MADE_ID.sub('', str(seed))}")  # noqa: S311 (no secret)
    text, calls = _at_random(read, dice) if weak.random else composed(read)
    if weak.words is not None and prompt.schema is None:
        text, calls = " ".join(text.split(" ")[: weak.words]), calls[:1]
    return within_limits(prompt, text, calls)


def context(model: str) -> int:
    """The most tokens of a prompt for the model with this name."""
    return _weakness(model).context


def check_tools(model: str, body: JSON) -> None:
    """Refuses tools if the model with this name has none."""
    if body.get("tools") and not _weakness(model).tools:
        raise Refused("This model does not support tools.", param="tools", code="unsupported_parameter")


def _weakness(model: str) -> Weakness:
    return WEAK_MODELS.get(model, _ABLE)


def _at_random(prompt: Prompt, dice: random.Random) -> tuple[str, tuple[Call, ...]]:
    """Random words or random calls; what the API guarantees (a forced tool, the format) is kept."""
    calls_anyway = prompt.tools and prompt.mode == "auto" and prompt.schema is None and dice.random() < 0.5
    mode = "required" if calls_anyway else prompt.mode
    tools = tuple(dice.sample(prompt.tools, len(prompt.tools)))
    text, calls = composed(replace(prompt, tools=tools, mode=mode))
    if calls or prompt.schema is not None:
        return text, calls
    return " ".join(dice.choices(_WORDS, k=dice.randint(1, _MOST_WORDS))), ()
