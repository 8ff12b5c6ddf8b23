"""Anthropic's errors, beyond their schema: the type, and the id of the request.

Source: https://docs.anthropic.com/en/api/errors, and anthropic-sdk-python, anthropic/types/shared/error_type.py
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import JSON, Breach
from conformance.core.pointer import get
from conformance.judge.checks import breach, check
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

FAMILIES = ("messages", "count_tokens", "models_anthropic", "model_anthropic")
OVERLOADED = 529

TYPES = (
    "invalid_request_error",
    "authentication_error",
    "billing_error",
    "permission_error",
    "not_found_error",
    "conflict_error",
    "memory_path_conflict_error",
    "memory_precondition_failed_error",
    "request_too_large",
    "rate_limit_error",
    "api_error",
    "timeout_error",
    "overloaded_error",
)


@check("error.anthropic.known-type", families=FAMILIES)
def known_type(reading: Reading) -> Iterator[Breach]:
    """The type is one of the documented ones."""
    for number, error in _errors(reading):
        kind = get(error, "/error/type", str)
        if kind and kind not in TYPES:
            yield breach("error.anthropic.known-type", f"one of {', '.join(TYPES)}", show(kind), "/error/type", number)


@check("error.anthropic.request-id", families=FAMILIES, on="error")
def request_id(reading: Reading) -> Iterator[Breach]:
    """The body has the id of the request, which support asks for. Overloaded servers send none."""
    ours = get(reading.json, "/type", str) == "error" and reading.exchange.status != OVERLOADED
    if ours and "request_id" not in reading.json:
        yield breach("error.anthropic.request-id", "request_id is present", "it is missing", "/request_id")


@check("error.anthropic.request-id-agrees", families=FAMILIES, on="error", needs=("headers",))
def request_id_header(reading: Reading) -> Iterator[Breach]:
    """The body and the header have the same request id."""
    told, header = get(reading.json, "/request_id", str), reading.header("request-id")
    if told is not None and header is not None and told != header:
        yield breach("error.anthropic.request-id-agrees", show(header), show(told), "/request_id")


def _errors(reading: Reading) -> Iterator[tuple[int | None, JSON]]:
    """Yield (event number, error): the body of an error, or the error events of a stream."""
    if reading.kind == "error":
        yield None, reading.json
    elif reading.kind == "stream":
        for parsed in reading.events:
            if get(parsed.json, "/type", str) == "error":
                yield parsed.event.number, parsed.json
