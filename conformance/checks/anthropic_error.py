"""What the schema cannot say of an error of Anthropic's kind: its type, its status, and the id of its request.

Source: https://docs.anthropic.com/en/api/errors, and anthropic-sdk-python, anthropic/types/shared/error_type.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.checks import breach, check
from conformance.model import JSON, Breach
from conformance.pointer import get
from conformance.reading import Reading
from conformance.shape import show

FAMILIES = ("messages", "count_tokens", "models_anthropic", "model_anthropic")
OVERLOADED = 529

TYPES: Mapping[int, tuple[str, ...]] = {
    400: ("invalid_request_error",),
    401: ("authentication_error",),
    402: ("billing_error",),
    403: ("permission_error",),
    404: ("not_found_error",),
    409: ("conflict_error", "memory_path_conflict_error"),
    412: ("memory_precondition_failed_error",),
    413: ("request_too_large",),
    429: ("rate_limit_error",),
    500: ("api_error",),
    503: ("api_error", "overloaded_error"),
    504: ("timeout_error",),
    529: ("overloaded_error",),
}
"""The types that are documented, by their status; other 4xx are invalid_request_error."""
_KNOWN = frozenset(name for names in TYPES.values() for name in names)


@check("error.anthropic.known-type", families=FAMILIES)
def known_type(reading: Reading) -> Iterator[Breach]:
    """The type is one that clients know."""
    for number, error in _errors(reading):
        kind = get(error, "/error/type", str)
        if kind and kind not in _KNOWN:
            expected = f"one of {', '.join(sorted(_KNOWN))}"
            yield breach("error.anthropic.known-type", expected, show(kind), "/error/type", number)


@check("error.anthropic.status-agrees", families=FAMILIES, on="error")
def status(reading: Reading) -> Iterator[Breach]:
    """The status and the type say the same."""
    kind = get(reading.json, "/error/type", str)
    expected = TYPES.get(reading.exchange.status or 0)
    if kind in _KNOWN and expected and kind not in expected:
        wanted = f"{' or '.join(expected)} with status {reading.exchange.status}"
        yield breach("error.anthropic.status-agrees", wanted, show(kind), "/error/type")


@check("error.anthropic.request-id", families=FAMILIES, on="error")
def request_id(reading: Reading) -> Iterator[Breach]:
    """The body tells the id by which the vendor finds the request; overloaded servers send none."""
    ours = get(reading.json, "/type", str) == "error" and reading.exchange.status != OVERLOADED
    if ours and "request_id" not in reading.json:
        yield breach("error.anthropic.request-id", "request_id is present", "it is missing", "/request_id")


@check("error.anthropic.request-id-agrees", families=FAMILIES, on="error", needs=("headers",))
def request_id_header(reading: Reading) -> Iterator[Breach]:
    """The body and the header tell the same id."""
    told, header = get(reading.json, "/request_id", str), reading.header("request-id")
    if told is not None and header is not None and told != header:
        yield breach("error.anthropic.request-id-agrees", show(header), show(told), "/request_id")


def _errors(reading: Reading) -> Iterator[tuple[int | None, JSON]]:
    """The error of an answer, or those among its events with their numbers."""
    if reading.kind == "error":
        yield None, reading.json
    elif reading.kind == "stream":
        for parsed in reading.events:
            if get(parsed.json, "/type", str) == "error":
                yield parsed.event.number, parsed.json
