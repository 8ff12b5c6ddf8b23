"""Faults of HTTP: statuses, headers, bytes of bodies, connections.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import DOCUMENT, drop_header, on_body
from conformance.reference.faults.fault import Fault

FAULTS = (
    Fault(
        id="http-request-id-lost",
        family="all",
        sentence="Answers have no request id.",
        rules=("http.header.request-id",),
        cases="*/text/system-and-user* responses/text/input-text*",
        apply=lambda answering: drop_header("request-id")(drop_header("x-request-id")(answering)),
    ),
    Fault(
        id="http-json-with-bom",
        family="all",
        sentence="JSON bodies begin with a byte order mark.",
        rules=("http.body.encoding",),
        cases="*/text/system*stream=false]",
        apply=on_body(lambda body: b"\xef\xbb\xbf" + body, of=DOCUMENT),
    ),
)
