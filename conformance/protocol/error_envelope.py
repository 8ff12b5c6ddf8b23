"""The error that a document tells, wherever it stands in it: an error's body, or an event of a stream."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.core.model import JSON


@dataclass(frozen=True, slots=True)
class ErrorObject:
    """An error object, the pointer to it in its document, and the number of its event in a stream.

    `error` is what the envelope holds, of any type; for a flat error it is the whole document.
    """

    error: JSON
    pointer: str
    event: int | None = None

    @property
    def fields(self) -> dict[str, JSON]:
        """The members of the error; none where it is no object."""
        return self.error if isinstance(self.error, dict) else {}


def of_body(document: JSON) -> ErrorObject:
    """The error of an error's body."""
    return _nested(document, None) or ErrorObject(document, "")


def of_answer(document: JSON) -> ErrorObject | None:
    """The error of a successful answer's body, if it tells one."""
    return _nested(document, None)


def of_event(document: JSON, event: int) -> ErrorObject | None:
    """The error of an event, if it tells one: in an envelope, flat, or inside a response that failed."""
    if not isinstance(document, dict):
        return None
    if told := _nested(document, event):
        return told
    if document.get("type") == "error":
        return ErrorObject(document, "", event)
    response = document.get("response")
    error = response.get("error") if isinstance(response, dict) else None
    return ErrorObject(error, "/response/error", event) if error else None


def _nested(document: JSON, event: int | None) -> ErrorObject | None:
    error = document.get("error") if isinstance(document, dict) else None
    return ErrorObject(error, "/error", event) if error else None
