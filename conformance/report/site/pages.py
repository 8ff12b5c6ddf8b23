"""Renders the pages of a results site. Each is one file without a script, and links to the others are relative."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from conformance.analysis.comparison import Row
from conformance.analysis.levels import is_graded
from conformance.analysis.scores import Share
from conformance.analysis.site.content import Gateway, RuleUse, Site
from conformance.core.model import Outcome
from conformance.core.plural import counted
from conformance.protocol import family
from conformance.protocol.family import MAIN
from conformance.records.run_format import ReadinessEntry
from conformance.report import comparison_markdown, history_text, text
from conformance.report.html import levels, page, problems
from conformance.report.html import readiness as html_readiness
from conformance.report.html.run import OUTCOMES
from conformance.report.levels import words as level_words
from conformance.report.readiness import words as readiness_words

MAX_BYTES = 300_000
"""The limit of a page, which loads fast on a phone."""
MAX_TEXT = 500
"""Characters of a text of a gateway."""
_MAX_CASES = 8
"""Cases that are named of a problem; the run file has all of them."""
_IN_FULL = (60, 30, 15, 5, 0)
"""How many entries a page shows in full: the first number with which it stays below the limit."""

MADE: Mapping[bool, tuple[str, Outcome]] = {True: ("reproduced", "passed"), False: ("vendor-made", "unverified")}
"""Whether others than the vendor made a run -> the words, and the outcome with the same colour."""
MADE_LEGEND = (
    "vendor-made: the vendor of the gateway made the run. reproduced: someone else made it with the documented steps. "
    "Every run was judged again from its recorded exchanges; a recording alone does not prove that they took place."
)
SHARE_LEGEND = (
    "The share of the applicable cases that broke no must rule, and the breadth: how many cases apply. A gateway that "
    "denies a capability has a smaller breadth. A dash means that no case applies."
)


def pages(site: Site, version: str) -> dict[str, str]:
    """Path -> page. `version` is that of the suite."""
    groups = _rule_groups(site)
    paged = {use.rule.id for use in site.rules if use.is_broken}
    found = {
        "index.html": _index(site, version),
        "clients.html": _page("clients", "", site, version, rows=site.comparison.clients),
        "rules.html": _fitting(lambda number: _page("rules", "", site, version, groups=groups, number=number)),
        "history.html": _history(site, version),
    }
    for endpoint, rows in _by_endpoint(site):
        found[f"areas/{endpoint}.html"] = _page("areas", "../", site, version, endpoint=endpoint, areas=rows)
    anchors = {}
    for gateway in site.gateways:
        shown = problems.shown(gateway.shown.document)
        anchors[gateway.id] = {one.entry["id"]: one.anchor for one in shown}
        found[f"gateways/{gateway.id}.html"] = _gateway(gateway, shown, site, version, paged)
    for use in site.rules:
        if use.is_broken:
            found[f"rules/{use.rule.id}.html"] = _rule(use, anchors, site, version)
    return found


def _page(name: str, root: str, site: Site, version: str, **context: object) -> str:
    """A page of the template with this name; `root` is the path to the first page."""
    return page.render(
        f"site/{name}.html.j2",
        "",
        **context,
        here=name,
        root=root,
        site=site,
        total_runs=counted(sum(len(gateway.runs) for gateway in site.gateways), "verified run"),
        suite=version,
        made=MADE,
        made_legend=MADE_LEGEND,
        share_legend=SHARE_LEGEND,
        levels_legend=level_words.LEGEND,
        level_words=level_words,
        level_marks=levels.MARKS,
        is_graded=is_graded,
        short=short,
        breadth=breadth,
        percent=percent,
        state=_state,
        minute=history_text.minute,
        often=comparison_markdown.often,
        impacts=text.IMPACTS,
        own_source=text.OWN_SOURCE,
        clients_legend=readiness_words.LEGEND,
        readiness_texts=_readiness_texts,
        readiness_mark=_readiness_mark,
    )


def _index(site: Site, version: str) -> str:
    rows = site.comparison.rows
    main = [(number, row.endpoint) for number, row in enumerate(rows) if not row.area and row.endpoint in MAIN]
    return _page("index", "", site, version, rows=rows, main=main, by_endpoint=_by_endpoint(site))


def _by_endpoint(site: Site) -> list[tuple[str, list[Row]]]:
    """The rows of each endpoint that the suite has; the first one is the whole endpoint."""
    found = groupby(site.comparison.rows, lambda row: row.endpoint)
    return [(endpoint, list(rows)) for endpoint, rows in found if endpoint in family.names()]


def _history(site: Site, version: str) -> str:
    runs = [(gateway, run) for gateway in site.gateways for run in gateway.runs]
    newest = sorted(runs, key=lambda pair: pair[1].started, reverse=True)
    return _fitting(lambda number: _page("history", "", site, version, runs=newest[: number * 20], total=len(newest)))


def _gateway(
    gateway: Gateway, found: Sequence[problems.Shown], site: Site, version: str, paged: set[str]
) -> str:  # fmt: skip
    run = gateway.shown
    listed = [one for one in found if not one.is_folded]
    column = site.gateways.index(gateway)
    return _fitting(
        lambda number: _page(
            "gateway",
            "../",
            site,
            version,
            gateway=gateway,
            run=run,
            endpoints=list(_endpoints(site.comparison.rows, column)),
            share_text=comparison_markdown.share_text,
            clients=[(row.name, row.found[column]) for row in site.comparison.clients],
            title=problems.title(found),
            problems=listed[:number],
            others=listed[number : number * 5 + 20],
            total=len(listed),
            history=gateway.history,
            lines=number + 20,
            problem_line=history_text.problem_line,
            outcomes=OUTCOMES,
            paged=paged,
            max_cases=_MAX_CASES,
        )
    )


def _endpoints(rows: Iterable[Row], column: int) -> Iterator[tuple[str, Share, list[tuple[str, Share]]]]:
    """(endpoint, its share, its areas with theirs) for the endpoints that one gateway has cases of."""
    for endpoint, group in groupby(rows, lambda row: row.endpoint):
        shares = {row.area: share for row in group if (share := row.shares[column]) is not None}
        if shares:
            yield endpoint, shares.pop(""), list(shares.items())


def _rule(use: RuleUse, anchors: Mapping[str, Mapping[str, str]], site: Site, version: str) -> str:
    """The page of a rule; `anchors` is gateway -> problem -> the id of its element on the page of the gateway."""
    facts = {"use": use, "rule": use.rule, "anchors": anchors}
    return _fitting(lambda number: _page("rule", "../", site, version, **facts, number=number))


def _rule_groups(site: Site) -> list[tuple[str, list[RuleUse]]]:
    """The rules by the first part of their ids."""
    first = sorted(site.rules, key=_first_part)
    return [(name, list(own)) for name, own in groupby(first, key=_first_part)]


def _first_part(use: RuleUse) -> str:
    return use.rule.id.partition(".")[0]


def _fitting(render: Callable[[int], str]) -> str:
    """The page with as many entries in full as it has room for."""
    found = ""
    for number in _IN_FULL:
        found = render(number)
        if len(found.encode("utf-8", "backslashreplace")) <= MAX_BYTES:
            break
    return found


def short(said: str) -> str:
    """A text of a gateway, or its start."""
    return said if len(said) <= MAX_TEXT else f"{said[:MAX_TEXT]}… ({counted(len(said) - MAX_TEXT, 'more character')})"


def percent(share: Share | None) -> str:
    """`97 %`, or `-` if no case applies."""
    return "-" if share is None or share.percent is None else f"{share.percent} %"


def breadth(share: Share | None, verb: str = "apply") -> str:
    """`412 of 430 apply`; "" without cases."""
    if share is None:
        return ""
    return f"{share.applicable:,} of {sum(share.outcomes.values()):,} {verb}"


def _state(share: Share | None) -> Outcome:
    """The outcome with the colour of a share."""
    if share is None or not share.applicable:
        return "not_applicable"
    return "passed" if share.conformant == share.applicable else "failed"


def _readiness_texts(found: ReadinessEntry | None) -> tuple[str, str]:
    return comparison_markdown.readiness_texts(found)


def _readiness_mark(found: ReadinessEntry | None) -> Outcome:
    return html_readiness.MARKS[found["status"]] if found else "not_applicable"
