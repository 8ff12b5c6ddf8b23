"""Finds the error object in a document: the body of an error, a JSON answer, or an event of a stream."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.core.model import JSON


@dataclass(frozen=True, slots=True)
class ErrorObject:
    """An error object, the JSON Pointer to it in its document, and the number of its event in a stream.

    `error` is the value inside the envelope, of any type; for an error without an envelope it is the whole document.
    """

    error: JSON
    pointer: str
    event: int | None = None

    @property
    def fields(self) -> dict[str, JSON]:
        """The members of the error; {} if it is not an object."""
        return self.error if isinstance(self.error, dict) else {}


def of_body(document: JSON) -> ErrorObject:
    """Return the error in the body of an answer with an error status."""
    return _nested(document, None) or ErrorObject(document, "")


def of_answer(document: JSON) -> ErrorObject | None:
    """Return the error in the body of an answer with status 2xx, if there is one."""
    return _nested(document, None)


def of_event(document: JSON, event: int) -> ErrorObject | None:
    """Return the error in an event, if there is one: in an envelope, without one, or in a failed response."""
    if not isinstance(document, dict):
        return None
    if found := _nested(document, event):
        return found
    if document.get("type") == "error":
        return ErrorObject(document, "", event)
    response = document.get("response")
    error = response.get("error") if isinstance(response, dict) else None
    return ErrorObject(error, "/response/error", event) if error else None


def _nested(document: JSON, event: int | None) -> ErrorObject | None:
    error = document.get("error") if isinstance(document, dict) else None
    return ErrorObject(error, "/error", event) if error else None
