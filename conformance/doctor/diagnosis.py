"""The result of an examination: one cause, the five questions, the changes, and the request that works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from conformance.core.model import Request

CAUSES: Mapping[str, str] = {
    "healthy": "the request is answered",
    "unreachable": "nothing answers at this address",
    "dns": "the name of the host is not known",
    "tls": "the certificate or the TLS settings are wrong",
    "proxy": "the proxy on the way to the gateway does not pass the request on",
    "timeout": "the gateway does not answer in time",
    "outage": "the gateway, or the provider behind it, fails",
    "slow": "short requests are answered, and this one takes too long",
    "wrong-key": "the key is refused",
    "no-key": "the request has no key",
    "key-form": "the key is in the wrong header, or in the wrong form",
    "upstream-key": "the gateway's own key for its provider is refused",
    "model-access": "the key may not use this model",
    "budget": "the budget, quota or credit is used up",
    "rate-limit": "the rate limit is reached",
    "model-name": "the name of the model is misspelled",
    "model-missing": "the gateway does not have the model",
    "other-endpoint": "the model is served at another endpoint",
    "wrong-family": "the body is written for another API than the endpoint's",
    "body": "the body does not fit the endpoint's schema",
    "not-json": "the body is not JSON",
    "header": "a header is missing or wrong",
    "method": "the method is wrong",
    "base-url": "the base URL is wrong",
    "refused-member": "the gateway refuses a member that the API has",
    "too-large": "the request is too large",
    "sdk-mode": "the SDK does not send the request in this mode",
    "unknown": "the cause was not found",
}
"""Cause -> its meaning, in the order of the documentation."""

State = Literal["ok", "wrong", "unknown"]

QUESTIONS = ("model", "endpoint", "body", "base URL", "SDK")
"""The five questions."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to one of the five questions, with its evidence."""

    question: str
    state: State
    text: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A request of the examination: why it was sent, and the kind of its answer."""

    why: str
    method: str
    url: str
    status: int | None
    kind: str


@dataclass(frozen=True, slots=True)
class Converted:
    """The body for another family. `lost` are the parameters that it cannot keep."""

    family: str
    body: Mapping[str, Any]
    lost: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The cause of a failure. `is_proven` is True if the cure was sent and answered.

    `changes` are the smallest changes, and `cure` is the request with them; None if there is no request that works.
    `also` are further causes that have to be corrected too.
    """

    cause: str
    sentence: str
    is_proven: bool = False
    questions: Sequence[Answered] = ()
    changes: Sequence[str] = ()
    also: Sequence[str] = ()
    notes: Sequence[str] = ()
    cure: Request | None = None
    converted: Converted | None = None
    sent: Sequence[Sent] = field(default=())

    @property
    def is_healthy(self) -> bool:
        return self.cause == "healthy"
