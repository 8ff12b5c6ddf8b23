"""Detects requests that do not fit into the model's context, according to the server's error.

The size of the context is that of the profile, else the one that the error states. The error is only believed if the
request is large enough: a gateway that calls a short prompt too long has a defect. The estimate of the request's tokens
is generous, because tokenizers and chat templates differ.

Sources: https://platform.openai.com/docs/guides/error-codes (context_length_exceeded),
https://docs.anthropic.com/en/docs/build-with-claude/context-windows, and the errors of vLLM and llama.cpp
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from conformance.core.case_format import Expectation
from conformance.core.model import JSON
from conformance.protocol.error_envelope import ErrorObject
from conformance.protocol.reading import Reading
from conformance.protocol.token_limit import token_limit
from conformance.target.profile import Profile

_STATUSES = frozenset({200, 400, 413, 422})
"""Statuses with which servers answer; 200 for an error inside a stream."""

_CODES = frozenset({"context_length_exceeded", "exceed_context_size_error"})
_SAYS = re.compile(
    r"(?i)\bcontext[ _-]?(?:length|window|size|limit|of)\b|\bprompt is too long\b|tokens\W+must be <=|"
    r"\bexceeds? the maximum number of tokens\b|\binput length\b"
)
_STATED = (
    re.compile(r"> ?(\d[\d,]*)"),
    re.compile(r"(?i)(?:\bcontext\b|\bmaximum\b|\bmax_\w+|\bwindow\b|\blimit\b|<=)[^\d.]{0,48}?(\d[\d,]*)"),
)
"""How errors state the size, such as `5000 tokens > 4096` or `maximum context length is 4096 tokens`."""

_SMALLEST = 256
"""Tokens. No served model has a smaller context."""

_UNSTATED = 4096
"""Tokens. A request with fewer is not believed to be too long if nothing states the size."""
_MAX_LENGTH = 200_000
"""The limit of characters of a message that are searched."""

_BYTES_A_TOKEN = 2
"""No tokenizer makes more tokens of a prompt: English and JSON have about four bytes per token."""

_TEMPLATE_TOKENS = 200
"""Tokens that a chat template may add to the shortest request."""

_FILE_TOKENS = 2000
"""The tokens of an image or a file, which are not in proportion to its bytes."""

_FILE = re.compile(r"(?:data:[\w/+.-]+;base64,)?[A-Za-z0-9+/=]{256,}")


def exceeded(reading: Reading, expect: Expectation, earlier: Sequence[Reading], profile: Profile) -> str:
    """Return the reason if a request was refused because the model's context is too small for it, else ""."""
    if expect["outcome"] == "refusal" or reading.exchange.status not in _STATUSES:
        return ""
    message = next((_message(error) for error in reading.errors if _says_so(error)), None)
    if message is None:
        return ""
    size = profile.limits.get("context_tokens") or _stated(message) or _UNSTATED
    if size < _SMALLEST or most_tokens(reading.sent) < size or any(_is_larger(each, reading) for each in earlier):
        return ""
    return f"the request does not fit into the model's context, according to the server ({message[:120]})"


def most_tokens(body: JSON) -> int:
    """Return the largest plausible number of tokens of a request, with those that it reserves for its answer."""
    texts = list(_texts(body))
    files = sum(_FILE.fullmatch(text) is not None for text in texts)
    size = sum(len(text.encode("utf-8", "replace")) for text in texts if not _FILE.fullmatch(text))
    return size // _BYTES_A_TOKEN + files * _FILE_TOKENS + _TEMPLATE_TOKENS + (token_limit(body) or 0)


def _texts(value: JSON) -> Iterator[str]:
    """Yield all strings of a document, with the names of members."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)


def _is_larger(earlier: Reading, reading: Reading) -> bool:
    """Whether a request that is at least as large was answered at the same place: then the context is not too small."""
    same = earlier.exchange.family == reading.exchange.family
    answered = same and earlier.kind in ("json", "stream") and not earlier.errors
    return answered and most_tokens(earlier.sent) >= most_tokens(reading.sent)


def _says_so(error: ErrorObject) -> bool:
    kinds = (error.fields.get("code"), error.fields.get("type"))
    return any(kind in _CODES for kind in kinds if isinstance(kind, str)) or bool(_SAYS.search(_message(error)))


def _message(error: ErrorObject) -> str:
    message = error.fields.get("message") or error.fields.get("detail") or error.error
    return message[:_MAX_LENGTH] if isinstance(message, str) else ""


def _stated(message: str) -> int | None:
    found = next((match for pattern in _STATED if (match := pattern.search(message))), None)
    return int(found[1].replace(",", "")) if found else None
