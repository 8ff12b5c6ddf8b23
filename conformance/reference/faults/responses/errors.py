"""Faults of the errors of Responses: the status, the envelope, and how a stream fails."""

from __future__ import annotations

from conformance.model import JSON
from conformance.reference.changes import on_error, on_events
from conformance.reference.changes.flows import Flow, Frames, Where, each, stop_after
from conformance.reference.changes.frames import Frame, typed
from conformance.reference.faults.fault import Fault
from conformance.reference.faults.responses.places import CREATED, END, TOLD

REFUSED = "responses/errors/no-model* responses/errors/unknown-role"
ERROR_OBJECT = {"type": "server_error", "code": "server_error", "message": "The model had to stop.", "param": None}


def failing(document: dict[str, JSON], where: Where = TOLD) -> Flow:
    """The stream ends with this event, where another would have come; it is numbered if it wants to be."""

    def flow(passing: Frames) -> Frames:
        return stop_after(lambda frame: frame.type == document["type"])(each(where, instead, 1)(passing))

    def instead(frame: Frame) -> list[Frame]:
        number = {"sequence_number": frame.json["sequence_number"]} if "sequence_number" in document else {}
        return [typed({**document, **number})]

    return flow


FAULTS = (
    Fault(
        id="responses-error-of-messages",
        family="responses",
        sentence="Errors have the envelope of Messages.",
        rules=("error.openai.foreign-envelope", "error.openai.code", "error.openai.param"),
        cases=REFUSED,
        apply=on_error(
            lambda body: {
                "type": "error",
                "error": {"type": "invalid_request_error", "message": body["error"]["message"]},
            }
        ),
    ),
    Fault(
        id="responses-error-in-detail",
        family="responses",
        sentence="Errors are a `detail`.",
        rules=("error.message.reason", "error.openai.object"),
        cases=REFUSED,
        apply=on_error(lambda body: {"detail": body["error"]["message"]}),
    ),
    Fault(
        id="responses-error-as-text",
        family="responses",
        sentence="The error is a text.",
        rules=("error.openai.object",),
        cases=REFUSED,
        apply=on_error(lambda body: {"error": body["error"]["message"]}),
    ),
    Fault(
        id="responses-stream-breaks-with-error",
        family="responses",
        sentence="A stream ends in an error after all of its text.",
        rules=("case.answer-stop", "case.value"),
        cases="responses/text/input-text[stream=true]",
        apply=on_events(failing({"type": "error", "error": ERROR_OBJECT, "sequence_number": 0}, TOLD)),
    ),
    Fault(
        id="responses-error-event-without-message",
        family="responses",
        sentence="The error that ends a stream has no message.",
        rules=("responses.error-event.shape", "case.answer-stop", "case.value"),
        cases="responses/text/input-text[stream=true]",
        apply=on_events(
            failing(
                {"type": "error", "error": {"type": "server_error", "code": None, "param": None}, "sequence_number": 0},
                TOLD,
            )
        ),
    ),
    Fault(
        id="responses-error-event-code-number",
        family="responses",
        sentence="The code of the error that ends a stream is the number of a status.",
        rules=("responses.error-event.shape", "case.answer-stop", "case.value"),
        cases="responses/text/input-text[stream=true]",
        apply=on_events(failing({"type": "error", "error": {**ERROR_OBJECT, "code": 500}, "sequence_number": 0}, TOLD)),
    ),
    Fault(
        id="responses-error-event-flat",
        family="responses",
        sentence="The error that ends a stream stands beside the type of its event.",
        rules=("responses.error-event.nested", "case.answer-stop", "case.value"),
        cases="responses/text/input-text[stream=true]",
        apply=on_events(
            failing(
                {
                    "type": "error",
                    "code": "server_error",
                    "message": "The model had to stop.",
                    "param": None,
                    "sequence_number": 0,
                },
                TOLD,
            )
        ),
    ),
    Fault(
        id="responses-error-event-empty",
        family="responses",
        sentence="The error that ends a stream says nothing.",
        rules=("responses.error-event.shape", "case.answer-stop", "case.value"),
        cases="responses/text/input-text[stream=true]",
        apply=on_events(failing({"type": "error", "sequence_number": 0}, TOLD)),
    ),
    Fault(
        id="responses-error-event-not-numbered",
        family="responses",
        sentence="The error that ends a stream has no sequence_number.",
        rules=("responses.error-event.sequence-number", "case.answer-stop", "case.value"),
        cases="responses/text/input-text[stream=true]",
        apply=on_events(failing({"type": "error", "error": ERROR_OBJECT}, TOLD)),
    ),
    Fault(
        id="responses-error-before-created",
        family="responses",
        sentence="A stream begins with an error, and ends there.",
        rules=("responses.stream.error-first", "case.answer-text", "case.value"),
        cases="responses/text/input-text[stream=true]",
        apply=on_events(failing({"type": "error", "error": ERROR_OBJECT, "sequence_number": 0}, CREATED)),
    ),
    Fault(
        id="responses-stream-ends-with-foreign-event",
        family="responses",
        sentence="A stream ends with the last event of Messages.",
        rules=("responses.stream.foreign-event", "case.answer-stop", "case.value", "responses.stream.terminal"),
        cases="responses/text/input-text[stream=true]",
        apply=on_events(failing({"type": "message_stop"}, END)),
    ),
)
