"""Faults of the errors of Responses: the status, the envelope, and how a stream fails."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import ERROR, drop, on_error, on_events, put, set_status
from conformance.reference.changes.documents import Edit
from conformance.reference.changes.flows import Flow, Frames, Where, each, edit, stop_after
from conformance.reference.changes.frames import Frame, typed
from conformance.reference.faults.fault import Fault
from conformance.reference.faults.responses_places import CREATED, END, TEXT, TOLD

REFUSED = "responses/errors/no-model* responses/errors/unknown-role"
UNKNOWN_MODEL = "responses/errors/unknown-model*"
ERROR_OBJECT = {"type": "server_error", "code": "server_error", "message": "The model had to stop.", "param": None}


def _status(status: int, rules: tuple[str, ...]) -> Fault:
    sentence = f"A request without a model is answered with {status}."
    return Fault(
        f"responses-errors-with-{status}",
        "responses",
        sentence,
        rules,
        "responses/errors/no-model*",
        set_status(status, of=ERROR),
    )


def _error(id_: str, sentence: str, rules: tuple[str, ...], edit: Edit, cases: str = REFUSED) -> Fault:
    return Fault(f"responses-error-{id_}", "responses", sentence, rules, cases, on_error(edit))


def failing(document: dict[str, JSON], where: Where = TOLD) -> Flow:
    """The stream ends with this event, where another would have come; it is numbered if it wants to be."""

    def flow(passing: Frames) -> Frames:
        return stop_after(lambda frame: frame.type == document["type"])(each(where, instead, 1)(passing))

    def instead(frame: Frame) -> list[Frame]:
        number = {"sequence_number": frame.json["sequence_number"]} if "sequence_number" in document else {}
        return [typed({**document, **number})]

    return flow


def _failed(id_: str, sentence: str, rules: tuple[str, ...], document: dict[str, JSON], where: Where = TOLD) -> Fault:
    return Fault(f"responses-{id_}", "responses", sentence, rules, TEXT, on_events(failing(document, where)))


def _ended(id_: str, sentence: str, rules: tuple[str, ...], *edits: Edit) -> Fault:
    return Fault(f"responses-{id_}", "responses", sentence, rules, TEXT, on_events(edit(END, *edits)))


_STATUS = (
    _status(
        200,
        (
            "responses.object.id",
            "responses.object.model",
            "responses.object.nullable",
            "responses.object.object",
            "responses.object.output",
            "responses.object.parallel-tool-calls",
            "responses.object.settings",
            "responses.object.status",
            "responses.object.time",
            "responses.object.tool-choice",
            "responses.object.tools",
            "responses.status.error",
            "responses.usage.present-incomplete",
            "http.status.error-in-success",
            "http.stream.expected",
            "case.refused",
        ),
    ),
    _status(401, ("case.status", "error.code.agrees")),
    _status(404, ("case.status", "error.code.agrees")),
    _status(422, ("case.status-422", "error.status.validation")),
    _status(429, ("error.code.agrees", "error.status.wait")),
    _status(500, ("case.status", "error.code.agrees", "error.type.agrees")),
    _status(503, ("case.status", "error.code.agrees", "error.type.agrees")),
)

_ENVELOPE = (
    _error(
        "of-messages",
        "Errors have the envelope of Messages.",
        ("error.openai.foreign-envelope", "error.openai.code", "error.openai.param"),
        lambda body: {"type": "error", "error": {"type": "invalid_request_error", "message": body["error"]["message"]}},
    ),
    _error(
        "in-detail",
        "Errors are a `detail`.",
        ("error.message.reason", "error.openai.object"),
        lambda body: {"detail": body["error"]["message"]},
    ),
    _error(
        "as-text", "The error is a text.", ("error.openai.object",), lambda body: {"error": body["error"]["message"]}
    ),
    _error(
        "message-lost",
        "Errors have no message.",
        ("error.openai.message", "error.message.reason"),
        drop("/error/message"),
    ),
    _error("type-null", "The type of an error is null.", ("error.openai.type",), put("/error/type", None)),
)

_FAILED = (
    _failed(
        "stream-breaks-with-error",
        "A stream ends in an error after all of its text.",
        ("case.answer-stop", "case.value"),
        {"type": "error", "error": ERROR_OBJECT, "sequence_number": 0},
    ),
    _failed(
        "error-event-without-message",
        "The error that ends a stream has no message.",
        ("responses.error-event.shape", "case.answer-stop", "case.value"),
        {"type": "error", "error": {"type": "server_error", "code": None, "param": None}, "sequence_number": 0},
    ),
    _failed(
        "error-event-code-number",
        "The code of the error that ends a stream is the number of a status.",
        ("responses.error-event.shape", "case.answer-stop", "case.value"),
        {"type": "error", "error": {**ERROR_OBJECT, "code": 500}, "sequence_number": 0},
    ),
    _failed(
        "error-event-flat",
        "The error that ends a stream stands beside the type of its event.",
        ("responses.error-event.nested", "case.answer-stop", "case.value"),
        {
            "type": "error",
            "code": "server_error",
            "message": "The model had to stop.",
            "param": None,
            "sequence_number": 0,
        },
    ),
    _failed(
        "error-event-empty",
        "The error that ends a stream says nothing.",
        ("responses.error-event.shape", "case.answer-stop", "case.value"),
        {"type": "error", "sequence_number": 0},
    ),
    _failed(
        "error-event-not-numbered",
        "The error that ends a stream has no sequence_number.",
        ("responses.error-event.sequence-number", "case.answer-stop", "case.value"),
        {"type": "error", "error": ERROR_OBJECT},
    ),
    _failed(
        "error-before-created",
        "A stream begins with an error, and ends there.",
        ("responses.stream.error-first", "case.answer-text", "case.value"),
        {"type": "error", "error": ERROR_OBJECT, "sequence_number": 0},
        CREATED,
    ),
    _failed(
        "stream-ends-with-foreign-event",
        "A stream ends with the last event of Messages.",
        ("responses.stream.foreign-event", "case.answer-stop", "case.value", "responses.stream.terminal"),
        {"type": "message_stop"},
        END,
    ),
    _ended(
        "failed-with-null-error",
        "A response failed, and its error is null.",
        ("responses.status.error", "case.answer-stop", "case.value"),
        put("/type", "response.failed"),
        put("/response/status", "failed"),
    ),
    _ended(
        "failed-with-error-text",
        "A response failed, and its error is a text.",
        ("responses.object.error", "case.answer-stop", "case.value", "responses.status.error"),
        put("/type", "response.failed"),
        put("/response/status", "failed"),
        put("/response/error", "The model had to stop."),
    ),
    _ended(
        "failed-with-code-number",
        "A response failed, and the code of its error is a number.",
        ("responses.object.error", "case.answer-stop", "case.value"),
        put("/type", "response.failed"),
        put("/response/status", "failed"),
        put("/response/error", {"code": 502, "message": "The model had to stop."}),
    ),
    _ended(
        "incomplete-but-completed",
        "A response is told to be incomplete, and has the status completed.",
        ("responses.stream.terminal-status",),
        put("/type", "response.incomplete"),
    ),
)

FAULTS = (*_STATUS, *_ENVELOPE, *_FAILED)
