"""Log probabilities: they match the text, and each other.

Source: https://platform.openai.com/docs/api-reference/chat/object#chat/object-choices and openai-python
openai/types/chat/chat_completion_token_logprob.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import JSON, Breach
from conformance.core.pointer import each, get
from conformance.judge.checks import breach, check
from conformance.judge.checks.chat_completions import FAMILIES, WILLING, failed
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

_ROUNDING = 1e-4


@check("chat.logprobs.asked", families=FAMILIES, on="final", needs=("request",))
def given_where_asked(reading: Reading) -> Iterator[Breach]:
    """A text has log probabilities if `logprobs` is true."""
    if get(reading.sent, "/logprobs", bool) and not failed(reading):
        for at, choice in each(reading.final, "/choices/*"):
            if get(choice, "/message/content", str) and not get(choice, "/logprobs/content", list):
                got = show(get(choice, "/logprobs", object))
                yield breach("chat.logprobs.asked", "a list of tokens", got, f"{at}/logprobs/content")


@check("chat.logprobs.top", families=FAMILIES, on="final")
def alternatives_are_its_own(reading: Reading) -> Iterator[Breach]:
    """A token is among its alternatives, or less likely than each of them."""
    for at, entry in each(reading.final, "/choices/*/logprobs/content/*"):
        own = get(entry, "/logprob", float)
        others = [value for _, value in each(entry, "/top_logprobs/*/logprob") if isinstance(value, int | float)]
        tokens = [value for _, value in each(entry, "/top_logprobs/*/token")]
        if own is not None and others and get(entry, "/token", str) not in tokens and own - _ROUNDING > min(others):
            yield breach("chat.logprobs.top", "the token among its top_logprobs", show(tokens), f"{at}/top_logprobs")


@check("chat.logprobs.top-count", families=FAMILIES, on="final", needs=("request",))
def no_more_than_asked(reading: Reading) -> Iterator[Breach]:
    """A token has at most `top_logprobs` alternatives; none without it."""
    asked = get(reading.sent, "/top_logprobs", int) or 0
    for at, others in each(reading.final, "/choices/*/logprobs/content/*/top_logprobs"):
        if isinstance(reading.sent, dict) and isinstance(others, list) and len(others) > asked:
            yield breach("chat.logprobs.top-count", f"at most {asked} alternative(s)", str(len(others)), at)


@check("chat.logprobs.text", families=FAMILIES, on="final")
def tokens_are_the_text(reading: Reading) -> Iterator[Breach]:
    """The bytes of the tokens are those of the text, if the model ended it and no stop sequence was removed."""
    if get(reading.sent, "/stop", object) or failed(reading):
        return
    for at, choice in each(reading.final, "/choices/*"):
        text, content = get(choice, "/message/content", str), get(choice, "/logprobs/content", list)
        if text and content and get(choice, "/finish_reason", str) in WILLING:
            spelled = b"".join(_bytes(entry) for entry in content)
            if spelled != text.encode("utf-8", "surrogatepass"):
                got = show(spelled.decode("utf-8", "replace"))
                yield breach("chat.logprobs.text", show(text), got, f"{at}/logprobs/content")


def _bytes(entry: JSON) -> bytes:
    numbers = get(entry, "/bytes", list)
    if numbers is not None and all(isinstance(number, int) and 0 <= number < 256 for number in numbers):
        return bytes(numbers)
    return (get(entry, "/token", str) or "").encode("utf-8", "surrogatepass")
