"""The badge: the level of each family and how much of it was tested, as JSON for Shields and as an SVG.

A run of a part of the cases has no level; then the badge has the number of passed cases among all that were run. Both
numbers include the cases that do not apply, so a denial cannot raise them. The badge also names the endpoints that the
gateway does not have, and the capabilities that it rejects; endpoints that the profile leaves out are not shown.

The JSON is that of https://shields.io/badges/endpoint-badge; the image needs neither a font nor a network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import TypedDict

from conformance.analysis import applicability, levels
from conformance.analysis.applicability import Inapplicable
from conformance.analysis.diff import Diff
from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.protocol.family import MAIN
from conformance.records import run_file
from conformance.records.run_format import LevelEntry, LevelName, RunDocument
from conformance.report import applicability_text, diff_text
from conformance.report.levels import words

LABEL = "conformance"
NAMES = {"chat_completions": "chat"}
"""Endpoints with a shorter name."""

MAX_REJECTED = 2
"""Capabilities that the badge names for an endpoint."""

_COLORS = {
    "brightgreen": "#2e7d32",
    "yellow": "#8a6d00",
    "red": "#b3261e",
    "lightgrey": "#5f6368",
}
"""The names of colours, the best first, with their codes."""
_OF_LEVEL: Mapping[LevelName, str] = {
    "complete": "brightgreen",
    "agent": "brightgreen",
    "core": "yellow",
    "none": "red",
    "not_judged": "lightgrey",
    "not_offered": "lightgrey",
}
_NOT_JUDGED = words.status("not_judged")
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
    """For example `messages: agent, 412 of 430 apply · no responses`, or `not judged: chat 11 of 12 pass`."""
    shown = levels.stated(document)
    parts = " · ".join(_parts(shown, difference))
    if not parts:
        return "nothing judged"
    return parts if words.is_told(shown["levels"]) else f"{_NOT_JUDGED}: {parts}"


def _parts(document: RunDocument, difference: Diff | None) -> Iterator[str]:
    graded = {entry["family"]: entry for entry in levels.of(document)}
    for endpoint, counts in applicability.by_endpoint(document).items():
        name = NAMES.get(endpoint, endpoint)
        lost = _lost(document, endpoint, difference)
        if endpoint in graded and (counts.total < counts.cases or lost):
            colon = ":" if words.is_told(levels.of(document)) else ""
            yield f"{name}{colon} {', '.join(_facts(document, graded[endpoint], counts, lost))}"
        elif endpoint in MAIN and counts.found:
            yield f"no {name}"


def _facts(document: RunDocument, entry: LevelEntry, counts: Inapplicable, lost: int) -> Iterator[str]:
    if levels.is_graded(entry):
        yield words.reached(entry)
    else:
        own = [one for one in document["verdicts"] if one["endpoint"] == entry["family"]]
        passed = sum(one["outcome"] in run_file.CONFORMANT for one in own)
        status = f"{_NOT_JUDGED}, " if words.is_told(levels.of(document)) else ""
        yield f"{status}{passed:,} of {len(own):,} pass"
        if broken := _over_run(document, entry["family"]):
            yield f"{counted(broken, 'rule')} broken together"
    if counts.rejected:
        yield f"without {applicability_text.rejected(counts, MAX_REJECTED)}"
    if lost:
        yield f"{lost} lost"


def _lost(document: RunDocument, endpoint: str, difference: Diff | None) -> int:
    """The number of cases that applied and passed in the baseline, and no longer apply."""
    lost = diff_text.lost(difference)
    return sum(entry["endpoint"] == endpoint and entry["id"] in lost for entry in document["verdicts"])


def _over_run(document: RunDocument, family: str) -> int:
    """The number of required rules that the answers of a family break together."""
    found = [one for one in document.get("over_run", []) if one["family"] == family]
    return sum(run_file.over_run_outcome(one) == "failed" for one in found)


def document(run: RunDocument, difference: Diff | None = None) -> ShieldsBadge:
    """The badge as Shields reads it."""
    shown = levels.stated(run)
    color, _ = _color(shown, difference)
    return {"schemaVersion": 1, "label": LABEL, "message": message(shown, difference), "color": color}


def svg(run: RunDocument, difference: Diff | None = None) -> str:
    """The badge as an image."""
    shown = levels.stated(run)
    return image(LABEL, message(shown, difference), _color(shown, difference)[1])


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


def _color(document: RunDocument, difference: Diff | None) -> tuple[str, str]:
    """The worst colour of a family that the gateway has; grey if no level was judged and nothing is broken."""
    shown = {
        endpoint for endpoint, counts in applicability.by_endpoint(document).items() if counts.total < counts.cases
    }
    found = {_OF_LEVEL[entry["level"]] for entry in levels.of(document) if entry["family"] in shown}
    if any(_is_bad(document, endpoint, difference) for endpoint in MAIN):
        found.add("red")
    name = next((name for name in ("red", "yellow", "brightgreen") if name in found), "lightgrey")
    return name, _COLORS[name]


def _is_bad(document: RunDocument, endpoint: str, difference: Diff | None) -> bool:
    """Whether a required rule is broken at an endpoint in a run without levels, or cases are lost."""
    if _lost(document, endpoint, difference):
        return True
    if any(entry["family"] == endpoint and levels.is_graded(entry) for entry in levels.of(document)):
        return False
    failed = any(entry["endpoint"] == endpoint and entry["outcome"] == "failed" for entry in document["verdicts"])
    return failed or bool(_over_run(document, endpoint))


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
