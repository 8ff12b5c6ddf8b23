"""The pages of a results site: links, sizes, marks, and hostile texts; in a browser, accessibility."""

from __future__ import annotations

import copy
import posixpath
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from conformance.analysis.site import content
from conformance.core.model import JSON
from conformance.report.site import pages
from tests.support import browser, example_runs
from tests.support.submitted import dated, run

RULE = "messages.stream.unfinished"
HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(2)>'\"`{{7*7}}`\u202e\x00\ud800"
VERSION = "9.9"


def site_of(*runs: content.Run, **more: JSON) -> content.Site:
    return content.site("Gateways of a test", "How they ran.", runs, more.get("refused", {}))


@cache
def made() -> dict[str, str]:
    """Acme's vendor made a run, others repeated it and found a problem. Zeta has its vendor's, and denies a case."""
    clean, worse, narrow = example_runs.clean(), example_runs.worse(), example_runs.clean()
    narrow["verdicts"][0] |= {"outcome": "not_applicable", "reason": "the profile denies it"}
    found = site_of(
        run(dated(clean, "2026-01-01T02:00:00+00:00"), made="by-the-vendor", file="acme/vendor.json.gz"),
        run(dated(worse, "2026-01-03T02:00:00+00:00"), file="acme/others.json.gz"),
        run(dated(narrow, "2026-01-02T02:00:00+00:00", "2.0", "Zeta"), "zeta", "by-the-vendor", "zeta.json.gz"),
        refused={"forged.json.gz": ["one: recorded as passed, re-judged as failed"]},
    )
    return pages.pages(found, VERSION)


def hostile(document: JSON) -> JSON:
    """A run in which every text of a gateway that a page shows is an attack."""
    changed = copy.deepcopy(document)
    changed["gateway"] |= {"name": HOSTILE, "version": HOSTILE, "base_url": HOSTILE}
    changed["suite"] = {"name": HOSTILE, "version": HOSTILE}
    for problem in changed["problems"]:
        problem["example"] |= {"expected": HOSTILE, "got": HOSTILE}
        problem["scope"] = {**problem["scope"], "words": HOSTILE}
    return changed


def hostile_site() -> dict[str, str]:
    worse = example_runs.worse()
    accepted = run(worse, note=HOSTILE)
    attack = content.Run(
        accepted.submission, "0" * 64, hostile(accepted.document), dict.fromkeys(accepted.commands, HOSTILE), 3
    )
    return pages.pages(site_of(attack, refused={"a.json.gz": [HOSTILE]}), VERSION)


def test_each_gateway_and_each_broken_rule_has_a_page() -> None:
    found = [name for name in made() if not name.startswith("areas/")]
    assert found == [
        "index.html", "clients.html", "rules.html", "history.html",
        "gateways/acme.html", "gateways/zeta.html", f"rules/{RULE}.html",
    ]  # fmt: skip
    assert {"areas/chat_completions.html", "areas/messages.html", "areas/responses.html"} <= made().keys()


def test_links_are_relative_and_lead_to_pages_and_runs() -> None:
    found = made()
    runs = {"runs/acme/vendor.json.gz", "runs/acme/others.json.gz", "runs/zeta.json.gz"}
    for name, text in found.items():
        for address in re.findall(r'href="([^"]*)"', text):
            if address.startswith(("https://", "http://", "data:")):
                continue
            path, _, anchor = address.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            assert target in {*found, *runs}, f"{name}: {address}"
            assert not anchor or f'id="{anchor}"' in found[target], f"{name}: {address}"


def test_every_page_tells_who_made_the_runs() -> None:
    for name, text in made().items():
        body = text.partition("<main")[2].partition("<footer")[0] + text.partition("<header")[2].partition("<nav")[0]
        marks = set(re.findall(r'<span class="mark \w+">(vendor-made|reproduced)</span>', body))
        assert marks == {
            "gateways/zeta.html": {"vendor-made"},
            f"rules/{RULE}.html": {"reproduced"},
            "rules.html": {"reproduced"},
        }.get(name, {"vendor-made", "reproduced"}), name
        assert pages.MADE_LEGEND in text


def test_the_areas_have_share_and_breadth() -> None:
    text = "".join(page for name, page in made().items() if name.startswith("areas/"))
    assert re.search(r'<span class="mark passed">100 %</span> <span class="count">\d+ of \d+ apply</span>', text)
    cells = re.findall(r"(\d+) of (\d+) apply", text)
    assert any(int(applicable) < int(total) for applicable, total in cells)


def test_the_first_page_has_levels_and_refused_runs() -> None:
    text = made()["index.html"]
    for expected in ("How they ran.", "forged.json.gz", "re-judged as failed"):
        assert expected in text
    assert '<span class="mark unverified">not judged</span>' in text, "the runs of this test are a part of the suite"


def test_the_level_is_shown_with_its_breadth() -> None:
    accepted = run(example_runs.clean())
    level = {"family": "messages", "model": "m", "level": "agent", "applicable": 412, "cases": 430, "reason": "<b>"}
    graded = {**accepted.document, "levels": [{**level, "next": "complete"}]}
    found = pages.pages(site_of(content.Run(accepted.submission, "0" * 64, graded, {}, 0)), VERSION)
    shown = '<span class="mark passed">agent</span> <span class="count">412 of 430 apply</span>'
    assert shown in found["index.html"]
    assert shown in found["gateways/acme.html"]
    assert "not complete: &lt;b&gt;" in found["gateways/acme.html"]


def test_the_page_of_a_gateway() -> None:
    text = made()["gateways/acme.html"]
    clean = example_runs.clean()
    judged = sum(one["outcome"] in ("passed", "warned", "failed", "known") for one in clean["verdicts"])
    for expected in (
        "Acme 1.0",
        f"{judged - 5} of {judged} cases have the same outcome",
        "1 problem: 1 must",
        f'<a class="id" href="../rules/{RULE}.html">{RULE}</a>',
        '<a href="../runs/acme/others.json.gz">',
        "gateway-conformance verify others.json.gz",
        "acme-gateway --port 4000",
        "$GATEWAY_API_KEY",
        "first 2026-01-03 02:00, last 2026-01-03 02:00",
    ):
        assert expected in text
    assert "No problem was found" in made()["gateways/zeta.html"]


def test_the_page_of_a_rule() -> None:
    text = made()[f"rules/{RULE}.html"]
    for expected in (
        "A stream ends with <code>message_stop</code>",
        "Clients break: Clients treat a partial answer as complete, or wait.",
        "Anthropic SDK for Python",
        "5 cases, run of 2026-01-03",
        f'<a href="../gateways/acme.html#problem-{RULE}-messages-streamed">',
        "message_stop before the end of the stream",
    ):
        assert expected in text


def test_texts_of_gateways_are_escaped() -> None:
    for name, text in hostile_site().items():
        assert "<script" not in text, name
        assert "<img" not in text, name
        assert "\u202e" not in text, name
        assert "{{7*7}}" in text, name


def test_a_page_stays_below_the_limit() -> None:
    accepted = run(example_runs.worse())
    [problem] = accepted.document["problems"]
    long = "&" * 5_000
    many = [
        {**problem, "id": f"{RULE}@{number}", "cases": [long] * 50, "example": {**problem["example"], "got": long}}
        for number in range(400)
    ]
    document = {**accepted.document, "problems": many}
    commands = {one["id"]: "&" * 2_000 for one in many}
    attack = content.Run(accepted.submission, "0" * 64, document, commands, 0)
    for name, text in pages.pages(site_of(attack), VERSION).items():
        assert len(text.encode()) <= pages.MAX_BYTES, name


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.started() as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages on disk, below a path with a space."""
    root = tmp_path_factory.mktemp("site") / "a sub path"
    for name, text in made().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


@browser.NEEDED
@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280], ids=["phone", "desktop"])
def test_the_pages_are_accessible(chromium: Browser, folder: Path, dark: bool, width: int) -> None:
    for name in made():
        with browser.opened(chromium, folder / name, dark=dark, width=width) as page:
            page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            assert browser.violations(page) == [], name


@browser.NEEDED
@pytest.mark.browser
@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ('<td style="color: #ccc; background: #fff">pale</td>', "color-contrast"),
        ('<td><a href="https://example.org"></a></td>', "link-name"),
        ('<td><img src="data:,"></td>', "image-alt"),
        ('<td id="cell-3">word</td>', "cell-3"),
        ("<td>word</td>", ""),
    ],
    ids=["colour", "link", "picture", "id", "good"],
)
def test_one_bad_row_among_many_is_found(chromium: Browser, tmp_path: Path, row: str, wrong: str) -> None:
    """Rows of one shape are left out for axe; a row that is different is not."""
    rows = [f'<tr><td id="cell-{number}">word {number}</td></tr>' for number in range(60)]
    rows[50] = f"<tr>{row}</tr>"
    table = f"<main><h1>Rows</h1><table><tr><th>Words</th></tr>{''.join(rows)}</table></main>"
    page_of_rows = tmp_path / "rows.html"
    page_of_rows.write_text(
        f'<!doctype html><html lang="en"><title>Rows</title><style>body {{ background: #fff }}</style>{table}', "utf-8"
    )
    with browser.opened(chromium, page_of_rows) as page:
        found = browser.violations(page)
        assert page.locator("tr").count() < 10
    assert all(wrong in told for told in found)
    assert bool(found) is bool(wrong)


@browser.NEEDED
@pytest.mark.browser
def test_a_reader_follows_the_links(chromium: Browser, folder: Path) -> None:
    with browser.opened(chromium, folder / "index.html") as page:
        page.get_by_role("region", name="Table of gateways").get_by_role("link", name="Acme").click()
        expect(page.get_by_role("heading", name="Acme 1.0")).to_be_visible()
        page.locator("details.problem summary").first.click()
        page.get_by_role("link", name=RULE, exact=True).click()
        expect(page.get_by_role("heading", name=RULE)).to_be_visible()
        page.get_by_role("link", name="History", exact=True).click()
        expect(page.get_by_role("link", name="History", exact=True)).to_have_attribute("aria-current", "page")


@browser.NEEDED
@pytest.mark.browser
def test_hostile_texts_are_inert(chromium: Browser, tmp_path: Path) -> None:
    for name, text in hostile_site().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", errors="backslashreplace")
        with browser.opened(chromium, path) as page:
            assert page.locator("img, iframe, object, form, script").count() == 0
            assert browser.violations(page) == [], name
