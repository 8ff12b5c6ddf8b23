"""A run, or the differences between two, as Markdown for a pull request or GitHub's step summary.

The problems and the endpoints fit on one screen; what is behind them is folded. The length is bounded, and the folded
parts are shortened first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from conformance.analysis import outage, route_differences, scores
from conformance.analysis.diff import Diff
from conformance.core.model import Outcome
from conformance.core.plural import counted
from conformance.records.run_format import RunDocument
from conformance.report import applicability_text, diff_text, markdown_changes, plain_refusals_text
from conformance.report.levels import markdown as markdown_levels
from conformance.report.markdown_text import Part, cell, code, folded, listed, page, words
from conformance.report.parameters import markdown as markdown_parameters
from conformance.report.problems import markdown as markdown_problems
from conformance.report.readiness import markdown as markdown_readiness
from conformance.report.repeated import markdown as markdown_repeated
from conformance.report.soak import markdown as markdown_soak
from conformance.report.text import tally

MAX_LENGTH = 60_000
"""Characters: a comment may have 65,536, and other text may surround the report."""
MAX_REASONS = 10
MAX_ROUTE_DIFFERENCES = 100


def run(document: RunDocument, difference: Diff | None = None, longest: int = MAX_LENGTH) -> str:
    """A run; the differences from the baseline come first, if there is one."""
    parts = (
        Part(0, _head(document)),
        Part(2, markdown_changes.lines(difference) if difference is not None else ()),
        Part(1, markdown_problems.table(document)),
        Part(1, markdown_soak.lines(document)),
        Part(1, markdown_repeated.lines(document)),
        Part(0, _endpoints(document, diff_text.lost(difference))),
        Part(0, markdown_levels.lines(document)),
        Part(2, markdown_readiness.lines(document)),
        Part(3, markdown_parameters.lines(document)),
        Part(3, _routes(document)),
        Part(3, _unverified(document)),
        Part(4, markdown_problems.details(document)),
    )
    return page(parts, longest)


def diff(difference: Diff, longest: int = MAX_LENGTH) -> str:
    """The differences alone."""
    return page((Part(0, markdown_changes.lines(difference)),), longest)


def _head(document: RunDocument) -> Iterator[str]:
    gateway = document["gateway"]
    name = " ".join(part for part in (gateway.get("name", ""), gateway.get("version", "")) if part)
    yield f"## Conformance of {code(name or 'the gateway')}"
    yield from (f"\n**outage: {line}**" for line in _outage(document))
    yield from (f"\n**{code(line)}**" for line in plain_refusals_text.lines(document))
    yield ""
    yield f"{code(gateway['base_url'])}: {tally([entry['outcome'] for entry in document['verdicts']]) or 'no cases'}"
    yield from (f"\n{code(line)}" for line in applicability_text.lines(document))
    yield from (f"\nroute {code(name)}: {code(url)}" for name, url in gateway.get("routes", {}).items())
    if "upstream" in document:
        yield f"\nupstream {code(document['upstream']['base_url'])}, tested where a rule was broken"
    if "environment" in document and "ci" in document["environment"]:
        ci = document["environment"]["ci"]
        yield f"\nrun by {code(ci['name'])}: {code(ci['url'])}"
    yield from (f"\n> {code(note)}" for note in gateway.get("notes", []))


def _outage(document: RunDocument) -> Iterator[str]:
    """Whether the gateway or an endpoint stopped answering."""
    found = outage.find(document)
    if found.unsent:
        yield f"the gateway stopped answering ({counted(found.unsent, 'case')} not sent)"
    for endpoint in found.silent:
        yield f"no case of {words(endpoint)} could be judged, because the endpoint does not answer"


def _endpoints(document: RunDocument, lost: Collection[str]) -> Iterator[str]:
    yield from ("", "| endpoint | model | conformant | failed | warned | unverified | known | not applicable |")
    yield "|---|---|--:|--:|--:|--:|--:|--:|"
    for share in scores.by_endpoint(document, lost):
        percent = "-" if share.percent is None else f"{share.percent} %"
        columns: tuple[Outcome, ...] = ("failed", "warned", "unverified", "known", "not_applicable")
        numbers = " | ".join(str(share.outcomes.get(name, 0)) for name in columns)
        yield f"| {words(share.endpoint)} | {cell(share.model)} | {percent} | {numbers} |"


def _routes(document: RunDocument) -> Iterator[str]:
    """The cases that the routes answer differently."""
    found = [code(str(difference)) for difference in route_differences.differences(document["verdicts"])]
    if found:
        yield from ("", f"### The routes differ ({len(found)})", "")
        yield from folded(counted(len(found), "case"), listed(found, MAX_ROUTE_DIFFERENCES))


def _unverified(document: RunDocument) -> Iterator[str]:
    """The reasons why cases could not be judged, each with its cases."""
    reasons: dict[str, list[str]] = {}
    for entry in document["verdicts"]:
        if entry["outcome"] == "unverified":
            reasons.setdefault(entry["reason"], []).append(entry["id"])
    if reasons:
        yield from ("", f"### Unverified ({sum(map(len, reasons.values()))})", "")
        most = sorted(reasons.items(), key=lambda pair: -len(pair[1]))
        items = [f"{code(reason)}: {_named(ids)}" for reason, ids in most]
        yield from listed(items, MAX_REASONS)


def _named(ids: list[str]) -> str:
    """The id of a single case, or the number of cases and the first of them."""
    shown = ", ".join(map(code, ids[: diff_text.MAX_EXAMPLES]))
    more = len(ids) > diff_text.MAX_EXAMPLES
    return f"{counted(len(ids), 'case')}, such as {shown}" if more else shown
