"""Reported defects of real gateways: streams of Responses that are not stored, or lack their usage now and then.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count

from conformance.reference.changes import on_events, put
from conformance.reference.changes.asked import if_, when
from conformance.reference.changes.flows import edit, of
from conformance.reference.changes.replies import refuse
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Call


def _third() -> Callable[[Call], bool]:
    """Whether it is every third call."""
    calls = count(1)
    return lambda _call: next(calls) % 3 == 0


def _chains_a_stream(call: Call) -> bool:
    """Whether a call continues a response. The cases stream all turns of a chain or none."""
    body = json.loads(call.body)
    return bool(body.get("previous_response_id")) and body.get("stream") is True


FAULTS = (
    Fault(
        id="responses-streamed-not-found",
        family="responses",
        sentence="The id of a streamed response is not found as previous_response_id.",
        rules=("case.accepted",),
        cases="responses/state/previous-response*",
        apply=if_(refuse(404, "The previous response was not found.", param="previous_response_id"), _chains_a_stream),
        url="https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/1188",
    ),
    Fault(
        id="responses-usage-missing-now-and-then",
        family="responses",
        sentence="Every third stream has no usage.",
        rules=("responses.usage.present",),
        cases="responses/text/*[stream=true]",
        apply=when(if_(on_events(edit(of("response.completed"), put("/response/usage", None))), _third()), stream=True),
        url="https://github.com/router-for-me/CLIProxyAPI/issues/2179",
    ),
)
