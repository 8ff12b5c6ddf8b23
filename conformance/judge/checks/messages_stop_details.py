"""Only a refusal has stop_details.

Source: anthropic-sdk-python anthropic/types/refusal_stop_details.py,
https://docs.anthropic.com/en/docs/build-with-claude/handling-stop-reasons
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import Breach
from conformance.core.pointer import get
from conformance.judge.checks import breach, check
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show


@check("messages.stop-details.agrees", families=("messages",), on="final")
def details(reading: Reading) -> Iterator[Breach]:
    """stop_details is present only for a refusal."""
    reason = get(reading.final, "/stop_reason", str)
    found = get(reading.final, "/stop_details", dict)
    if found and reason not in (None, "refusal"):
        got = f"{show(found)} with stop_reason {reason}"
        yield breach("messages.stop-details.agrees", "null, unless the stop_reason is refusal", got, "/stop_details")
