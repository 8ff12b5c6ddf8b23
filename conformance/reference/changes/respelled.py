"""Changes the prefix of the provider's ids: the client sees the new one, the provider gets its own back."""

from __future__ import annotations

import re
from dataclasses import replace

from conformance.reference.changes.answers import DOCUMENT, on_body
from conformance.reference.changes.change import Change, chain, on_call
from conformance.reference.changes.flows import each, on_events
from conformance.reference.changes.frames import Frame, event
from conformance.reference.gateway import Call

_OPAQUE = rb"(?=[A-Za-z0-9]{16})"
"""The rest of an id after the prefix; tells an id from a word or a member's name."""


def respelled(own: str, new: str) -> Change:
    """Replaces the prefix `own` of ids by `new` in answers, and `new` by `own` in requests."""
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
