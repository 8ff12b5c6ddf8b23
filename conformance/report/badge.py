"""The badge: the conformance of each endpoint, as JSON for Shields and as an SVG.

The JSON is that of https://shields.io/badges/endpoint-badge; the image needs neither a font nor a network.
"""

from __future__ import annotations

from html import escape
from typing import TypedDict

from conformance.analysis import scores
from conformance.core.terminal_text import plain
from conformance.records import run_file
from conformance.records.run_format import RunDocument

LABEL = "conformance"
NAMES = {"chat_completions": "chat"}
"""Endpoints with a shorter name."""

SHOWN = ("chat_completions", "responses", "messages")
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


def message(document: RunDocument) -> str:
    """For example `chat 100 % · responses 92 % · messages 97 %`."""
    found = [f"{NAMES.get(name, name)} {percent} %" for name, percent in _percents(document)]
    return " · ".join(found) or "nothing judged"


def document(run: RunDocument) -> ShieldsBadge:
    """The badge as Shields reads it."""
    return {"schemaVersion": 1, "label": LABEL, "message": message(run), "color": _color(run)[0]}


def svg(run: RunDocument) -> str:
    """The badge as an image."""
    text = message(run)
    left, right = (_width(part) for part in (LABEL, text))
    return _SVG.format(
        label=LABEL,
        message=escape(plain(text)),
        color=_color(run)[1],
        width=left + right,
        left=left,
        right=right,
        label_at=left / 2,
        message_at=left + right / 2,
        label_length=left - _PADDING,
        message_length=right - _PADDING,
    )


def _percents(document: RunDocument) -> list[tuple[str, int]]:
    """(endpoint, percent) of the three main endpoints; the worst model counts.

    An endpoint whose answers break a required rule together is not conformant, whatever its cases are.
    """
    over_run = document.get("over_run", [])
    broken = {entry["family"] for entry in over_run if run_file.over_run_outcome(entry) == "failed"}
    found: dict[str, int] = {}
    for share in scores.by_endpoint(document):
        if share.endpoint in SHOWN and share.percent is not None:
            most = _ALMOST if share.endpoint in broken else 100
            found[share.endpoint] = min(share.percent, found.get(share.endpoint, most))
    return list(found.items())


def _color(document: RunDocument) -> tuple[str, str]:
    worst = min((percent for _, percent in _percents(document)), default=None)
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
