"""Other spellings of a provider's ids: the client sees the new one, the provider its own."""

from __future__ import annotations

import re
from dataclasses import replace

from conformance.reference.changes.answers import DOCUMENT, on_body
from conformance.reference.changes.change import Change, chain, on_call
from conformance.reference.changes.flows import each, on_events
from conformance.reference.changes.frames import Frame, event
from conformance.reference.gateway import Call

_OPAQUE = rb"(?=[A-Za-z0-9]{16})"
"""The part of an id after its prefix; words and member names are shorter."""


def respelled(own: str, new: str) -> Change:
    """Ids with the prefix `own` get the prefix `new`; ids that a client sends back get `own` again."""
    inward = re.compile(rb"(?<!\w)" + re.escape(new.encode()) + _OPAQUE)
    outward = re.compile(rb"(?<!\w)" + re.escape(own.encode()) + _OPAQUE)

    def back(call: Call) -> Call:
        path = inward.sub(own.encode(), call.path.encode()).decode()
        return replace(
            call, body=inward.sub(own.encode(), call.body), path=path, target=inward.sub(own.encode(), call.target)
        )

    def forth(text: bytes) -> bytes:
        return outward.sub(new.encode(), text)

    def again(frame: Frame) -> list[Frame]:
        return [event(forth(frame.data.encode()).decode(), frame.name)]

    return chain(on_call(back), on_body(forth, of=DOCUMENT), on_events(each(lambda frame: bool(frame.data), again)))
