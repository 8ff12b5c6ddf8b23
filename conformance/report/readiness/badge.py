"""The badge of one client: whether a gateway is ready for it, as JSON for Shields and as an SVG."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.analysis import readiness
from conformance.core.yaml_input import InputError
from conformance.records.run_format import ClientStatus, ReadinessEntry, RunDocument
from conformance.report.badge import ShieldsBadge, image
from conformance.report.readiness import words

_COLORS: Mapping[ClientStatus, tuple[str, str]] = {
    "ready": ("brightgreen", "#2e7d32"),
    "limited": ("yellow", "#8a6d00"),
    "not_ready": ("red", "#b3261e"),
    "not_judged": ("lightgrey", "#5f6368"),
}


def document(run: RunDocument, client: str) -> ShieldsBadge:
    """The badge as Shields reads it. Raises InputError for a client that the run does not have."""
    entry = _entry(run, client)
    return {
        "schemaVersion": 1,
        "label": entry["name"],
        "message": _message(entry),
        "color": _COLORS[entry["status"]][0],
    }


def svg(run: RunDocument, client: str) -> str:
    """The badge as an image. Raises InputError for a client that the run does not have."""
    entry = _entry(run, client)
    return image(entry["name"], _message(entry), _COLORS[entry["status"]][1])


def _entry(run: RunDocument, client: str) -> ReadinessEntry:
    entries = readiness.of(run)
    found = next((entry for entry in entries if entry["client"] == client), None)
    if found is None:
        known = ", ".join(entry["client"] for entry in entries)
        raise InputError(f"--client {client}: the run does not have this client; it has {known}")
    return found


def _message(entry: ReadinessEntry) -> str:
    """`not ready: tool calls` or `limited: without token counts`."""
    said = words.status(entry["status"])
    found = [need["title"] for need in words.deciding(entry)]
    if not found or entry["status"] not in ("not_ready", "limited"):
        return said
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{said}: {'without ' if entry['status'] == 'limited' else ''}{found[0]}{more}"
