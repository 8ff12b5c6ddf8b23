"""The badge: the conformance of each endpoint, as JSON for Shields and as an SVG.

The badge also says what does not apply: endpoints that the gateway does not have, and capabilities that it rejects.
With a baseline, cases that are lost count as not conformant. Endpoints and capabilities that the profile leaves out are
not shown.

The JSON is that of https://shields.io/badges/endpoint-badge; the image needs neither a font nor a network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from html import escape
from typing import TypedDict

from conformance.analysis import applicability, scores
from conformance.analysis.diff import Diff
from conformance.core.terminal_text import plain
from conformance.protocol.family import MAIN
from conformance.records import run_file
from conformance.records.run_format import RunDocument
from conformance.report import applicability_text, diff_text

LABEL = "conformance"
NAMES = {"chat_completions": "chat"}
"""Endpoints with a shorter name."""

MAX_REJECTED = 2
"""Capabilities that the badge names for an endpoint."""

_ALMOST = 99
_COLORS = ((100, "brightgreen", "#2e7d32"), (90, "yellow", "#8a6d00"), (0, "red", "#b3261e"))
_CHARACTER = 6.6
"""The width of a character in pixels; `textLength` stretches any font to it."""
_PADDING = 12


class ShieldsBadge(TypedDict):
    """The badge as Shields reads it."""

    schemaVersion: int
    label: str
    message: str
    color: str


def message(document: RunDocument, difference: Diff | None = None) -> str:
    """For example `chat 100 % without vision · no responses · messages 97 %`."""
    percents = _percents(document, difference)
    lost = Counter(entry["endpoint"] for entry in document["verdicts"] if entry["id"] in diff_text.lost(difference))
    return " · ".join(_parts(document, percents, lost)) or "nothing judged"


def _parts(document: RunDocument, percents: Mapping[str, int], lost: Mapping[str, int]) -> Iterator[str]:
    for endpoint, counts in applicability.by_endpoint(document).items():
        name = NAMES.get(endpoint, endpoint)
        if endpoint in percents:
            without = f" without {applicability_text.rejected(counts, MAX_REJECTED)}" if counts.rejected else ""
            losses = f", {lost[endpoint]} lost" if lost[endpoint] else ""
            yield f"{name} {percents[endpoint]} %{without}{losses}"
        elif endpoint in MAIN and counts.found:
            yield f"no {name}"


def document(run: RunDocument, difference: Diff | None = None) -> ShieldsBadge:
    """The badge as Shields reads it."""
    color, _ = _color(run, difference)
    return {"schemaVersion": 1, "label": LABEL, "message": message(run, difference), "color": color}


def svg(run: RunDocument, difference: Diff | None = None) -> str:
    """The badge as an image."""
    return image(LABEL, message(run, difference), _color(run, difference)[1])


def image(label: str, text: str, color: str) -> str:
    """A badge as an SVG, with its two texts and a color."""
    left, right = (_width(part) for part in (label, text))
    return _SVG.format(
        label=escape(plain(label)),
        message=escape(plain(text)),
        color=color,
        width=left + right,
        left=left,
        right=right,
        label_at=left / 2,
        message_at=left + right / 2,
        label_length=left - _PADDING,
        message_length=right - _PADDING,
    )


def _percents(document: RunDocument, difference: Diff | None) -> Mapping[str, int]:
    """Endpoint -> percent, for the three main endpoints; the worst model counts.

    An endpoint whose answers break a required rule together is not conformant, whatever its cases are.
    """
    over_run = document.get("over_run", [])
    broken = {entry["family"] for entry in over_run if run_file.over_run_outcome(entry) == "failed"}
    found: dict[str, int] = {}
    for share in scores.by_endpoint(document, diff_text.lost(difference)):
        if share.endpoint in MAIN and share.percent is not None:
            most = _ALMOST if share.endpoint in broken else 100
            found[share.endpoint] = min(share.percent, found.get(share.endpoint, most))
    return found


def _color(document: RunDocument, difference: Diff | None) -> tuple[str, str]:
    worst = min(_percents(document, difference).values(), default=None)
    if worst is None:
        return "lightgrey", "#5f6368"
    return next((name, code) for least, name, code in _COLORS if worst >= least)


def _width(text: str) -> int:
    return round(len(text) * _CHARACTER) + _PADDING


_SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{label}: {message}">
<title>{label}: {message}</title>
<clipPath id="r"><rect width="{width}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)">
<rect width="{left}" height="20" fill="#444b54"/>
<rect x="{left}" width="{right}" height="20" fill="{color}"/>
</g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">
<text x="{label_at}" y="14" textLength="{label_length}" lengthAdjust="spacingAndGlyphs">{label}</text>
<text x="{message_at}" y="14" textLength="{message_length}" lengthAdjust="spacingAndGlyphs">{message}</text>
</g>
</svg>
"""
