"""Small changes of a gateway, from which faults and variations are built.

A `Change` wraps the gateway (`create_app(around=...)`). `change` combines changes, `asked` limits them to some calls,
`answers` changes status, headers and bodies, `documents` changes JSON, `frames` and `flows` change the events of a
stream one by one, `writes` changes bytes, timing and the connection.
"""

from conformance.reference.changes.answers import (
    DOCUMENT,
    ERROR,
    STREAM,
    SUCCESS,
    add_header,
    drop_header,
    on_body,
    on_error,
    on_json,
    on_stream_body,
    on_writes,
    set_body,
    set_header,
    set_status,
)
from conformance.reference.changes.asked import family_of, only, when
from conformance.reference.changes.change import Change, chain, instead, on_answer, on_call, on_request, on_translated
from conformance.reference.changes.documents import GONE, Edit, at, drop, put, rename
from conformance.reference.changes.flows import on_events
from conformance.reference.changes.frames import Frame, event

__all__ = [
    "DOCUMENT",
    "ERROR",
    "GONE",
    "STREAM",
    "SUCCESS",
    "Change",
    "Edit",
    "Frame",
    "add_header",
    "at",
    "chain",
    "drop",
    "drop_header",
    "event",
    "family_of",
    "instead",
    "on_answer",
    "on_body",
    "on_call",
    "on_error",
    "on_events",
    "on_json",
    "on_request",
    "on_stream_body",
    "on_translated",
    "on_writes",
    "only",
    "put",
    "rename",
    "set_body",
    "set_header",
    "set_status",
    "when",
]
