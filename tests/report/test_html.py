"""The HTML pages in a real browser: search, filters, accessibility, and no text of a gateway is executed."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from conformance.analysis import history, readiness
from conformance.analysis.diff import diff
from conformance.core.model import JSON
from conformance.report.html import history as history_page
from conformance.report.html import page as html
from conformance.report.html import problems
from conformance.report.html import run as run_page
from tests.support import browser, example_runs

pytestmark = [browser.NEEDED, pytest.mark.browser]

HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)><!--<script>"
    "'\"`${alert(3)}\u202e\u2028\x00\ud800&lt;"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.started() as running:
        yield running


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run with regressions, including the changes."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    worse = example_runs.worse()
    path.write_text(run_page.render(worse, diff(example_runs.clean(), worse)), "utf-8")
    return path


def shown(page: browser.Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all("#list .case", "all => all.map(one => one.id)")
    return found


def ids(document: JSON, outcome: str) -> list[str]:
    return [entry["id"] for entry in document["verdicts"] if entry["outcome"] == outcome]


def test_failures_come_first_and_all_cases_are_there(chromium: Browser, report: Path) -> None:
    worse = example_runs.worse()
    with browser.opened(chromium, report) as page:
        found = shown(page)
    failed = ids(worse, "failed")
    assert failed
    assert found[: len(failed)] == failed
    assert sorted(found) == sorted(entry["id"] for entry in worse["verdicts"])


def test_search_finds_by_id_title_and_rule(chromium: Browser, report: Path) -> None:
    worse = example_runs.worse()
    with browser.opened(chromium, report) as page:
        page.get_by_label("Search").fill("MESSAGES.stream.unfinished")
        expect(page.get_by_role("status")).to_contain_text("of")
        assert shown(page) == ids(worse, "failed")
        page.get_by_label("Search").fill("no case says this")
        expect(page.get_by_text("No case matches.")).to_be_visible()
        page.locator("#all").click()
        expect(page.get_by_role("status")).to_have_text(f"{len(worse['verdicts'])} cases")


def test_filters_by_outcome_and_by_area(chromium: Browser, report: Path) -> None:
    worse = example_runs.worse()
    with browser.opened(chromium, report) as page:
        tile = page.get_by_role("group", name="Cases by outcome").get_by_role("button", name="failed")
        tile.click()
        assert shown(page) == ids(worse, "failed")
        expect(tile).to_have_attribute("aria-pressed", "true")
        page.get_by_role("button", name=re.compile("^unicode .*worst: passed")).first.click()
        assert shown(page) == [
            entry["id"]
            for entry in worse["verdicts"]
            if (entry["family"], entry["area"]) == ("chat_completions", "unicode")
        ]


def test_a_failure_opens_with_the_keyboard_and_shows_everything(chromium: Browser, report: Path) -> None:
    first = ids(example_runs.worse(), "failed")[0]
    with browser.opened(chromium, report) as page:
        page.locator("#list .case summary").first.focus()
        page.keyboard.press("Enter")
        case = page.locator("#list .case").first
        expect(case.get_by_text("message_stop before the end of the stream")).to_be_visible()
        expect(case.get_by_role("img", name=re.compile(r"\d+ events in .*a finding at event"))).to_be_visible()
        assert case.locator("svg .event, svg .hit").count() > 2
        case.get_by_text("curl", exact=True).click()
        expect(case.get_by_role("group", name="curl command")).to_contain_text("$GATEWAY_API_KEY")
        case.get_by_text("Request", exact=True).click()
        expect(case.get_by_role("group", name="Request body", exact=True)).to_contain_text('"stream": true')
        case.get_by_text("Response", exact=True).click()
        expect(case.get_by_role("group", name="Response headers")).to_contain_text("text/event-stream")
        assert page.evaluate("decodeURIComponent(location.hash)") == f"#{first}"


def test_a_link_leads_to_a_case(chromium: Browser, report: Path) -> None:
    wanted = ids(example_runs.worse(), "passed")[-1]
    with browser.opened(chromium, report, "#" + wanted) as page:
        case = page.locator(f'[id="{wanted}"]')
        expect(case).to_have_attribute("open", "")
        expect(case.locator(".body")).to_be_visible()
        expect(case).to_be_in_viewport()


@pytest.fixture(scope="module")
def long_list(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run with many cases, whose rows have different heights."""
    path = tmp_path_factory.mktemp("long") / "report.html"
    document = example_runs.worse()
    own = [{**entry, "exchanges": []} for entry in document["verdicts"] if entry["outcome"] == "passed"]
    document["verdicts"] = [
        {**own[0], "id": f"case/{number:03}", "title": own[0]["title"] * (1 + number % 4)} for number in range(600)
    ]
    path.write_text(run_page.render(document), "utf-8")
    return path


@pytest.mark.parametrize("width", [390, 1280], ids=["phone", "desktop"])
def test_a_link_lands_on_its_case_in_a_long_list(chromium: Browser, long_list: Path, width: int) -> None:
    """Opened from another page, from within the page, and again after the reader scrolled away."""
    outside = long_list.with_name("outside.html")
    outside.write_text(f'<a href="{long_list.name}#case/450">a case</a>', "utf-8")
    with browser.opened(chromium, outside, width=width) as page:
        page.get_by_role("link").click()
        assert_lands(page, "case/450")
        for wanted in ("case/007", "case/599", "case/300"):
            page.evaluate("name => { location.hash = name }", wanted)
            assert_lands(page, wanted)
        page.evaluate("scrollTo(0, 0); document.querySelector('nav a').setAttribute('href', '#case/300')")
        page.locator("nav a").first.click()
        assert_lands(page, "case/300")


def assert_lands(page: browser.Page, name: str) -> None:
    """The case is opened, and its first line comes into the viewport and stays there."""
    page.locator(f'[id="{name}"] > .body').wait_for()
    page.wait_for_timeout(500)
    place = page.evaluate("name => document.getElementById(name).getBoundingClientRect().top", name)
    assert 0 <= place < 900 - 40, f"{name} is {place:.0f} px from the top"


def test_a_change_links_to_its_case(chromium: Browser, report: Path) -> None:
    first = ids(example_runs.worse(), "failed")[0]
    with browser.opened(chromium, report) as page:
        page.get_by_role("region", name="Changes").get_by_role("link", name=first, exact=True).click()
        expect(page.locator(f'[id="{first}"] .body')).to_be_visible()


def anchor() -> str:
    """The id of the element of the only problem of the worse run."""
    [found] = problems.anchors(example_runs.worse()["problems"])
    return found


def test_a_problem_leads_to_its_cases_and_back(chromium: Browser, report: Path) -> None:
    first = ids(example_runs.worse(), "failed")[0]
    with browser.opened(chromium, report) as page:
        problem = page.locator(f'[id="{anchor()}"]')
        problem.get_by_text("5 cases", exact=True).click()
        problem.get_by_role("list", name="Cases of problem 1").get_by_role("link", name=first, exact=True).click()
        assert_lands(page, first)
        back = page.locator(f'[id="{first}"]').get_by_role("list", name="Problems of this case").get_by_role("link")
        expect(back).to_have_text("1. A stream ends with message_stop or with an error event.")
        back.click()
        expect(problem.locator("summary").first).to_be_in_viewport()
        problem.get_by_role("button", name="Show these cases in the list").click()
        assert shown(page) == ids(example_runs.worse(), "failed")


def test_a_link_opens_a_folded_problem(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "known.html"
    document = example_runs.worse()
    document["problems"][0] |= {"known": "the proxy cuts it"}
    path.write_text(run_page.render(document), "utf-8")
    with browser.opened(chromium, path) as page:
        expect(page.locator(f'[id="{anchor()}"]')).to_be_hidden()
    with browser.opened(chromium, path, f"#{anchor()}") as page:
        expect(page.get_by_text("the proxy cuts it")).to_be_in_viewport()


def test_the_command_of_a_problem_is_copied(chromium: Browser, report: Path) -> None:
    with browser.opened(chromium, report) as page:
        command = page.get_by_role("group", name="curl command of problem 1").inner_text()
        page.get_by_role("button", name="Copy").first.click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        page.get_by_label("Search").focus()
        page.keyboard.press("ControlOrMeta+v")
        assert command.startswith("curl ")
        expect(page.get_by_label("Search")).to_have_value(command)


def test_a_repeated_finding_is_shown_once(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "repeated.html"
    document = example_runs.worse()
    [entry] = [entry for entry in document["verdicts"] if entry["id"] == document["problems"][0]["cases"][0]]
    [first] = entry["findings"]
    entry["findings"] = [{**first, "where": {"event": event}} for event in (1, 2, 3)]
    entry["findings"][2]["got"] = "another thing"
    path.write_text(run_page.render(document), "utf-8")
    with browser.opened(chromium, path, f"#{entry['id']}") as page:
        case = page.locator(f'[id="{entry["id"]}"]')
        expect(case.locator(".finding")).to_have_count(1)
        case.get_by_text("and in 2 more events").click()
        places = case.get_by_role("list", name="Other places of this finding").get_by_role("listitem")
        assert places.all_inner_texts() == ["event 2", f"event 3: expected {first['expected']}; got another thing"]
        assert case.locator("svg .hit").count() == 3


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280], ids=["phone", "desktop"])
def test_the_page_is_accessible(chromium: Browser, report: Path, dark: bool, width: int) -> None:
    with browser.opened(chromium, report, dark=dark, width=width) as page:
        page.evaluate("for (const one of [...document.querySelectorAll('#list .case')].slice(0, 3)) one.open = true")
        page.wait_for_selector("#list .case:nth-of-type(3) .body")
        page.evaluate("for (const one of document.querySelectorAll('.body details')) one.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert browser.violations(page) == []


@pytest.fixture(scope="module")
def routed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run with two routes and an upstream."""
    path = tmp_path_factory.mktemp("routed") / "report.html"
    told = {
        "options": {"-k": "text", "--insecure": True},
        "environment": {
            "python": "3.11.7", "platform": "Linux", "packages": {"httpx": "0.28.1"},
            "ci": {"name": "GitHub Actions", "url": "https://github.com/example/gateway/actions/runs/4711"},
        },
        "cases": {"set": "2026-11-23", "count": 9, "fingerprint": "0123456789abcdef"},
    }  # fmt: skip
    path.write_text(run_page.render({**example_runs.routed(), **told}), "utf-8")
    return path


def test_the_head_names_the_gateway_and_the_options(chromium: Browser, routed: Path) -> None:
    with browser.opened(chromium, routed) as page:
        head = page.get_by_role("banner")
        for url in (*example_runs.ROUTES.values(), "https://upstream.example/v1", "set 2026-11-23"):
            expect(head).to_contain_text(url)
        expect(head.get_by_role("link", name="GitHub Actions")).to_have_attribute("href", re.compile("/runs/4711$"))
        expect(head.get_by_text("0.28.1")).to_be_hidden()
        head.get_by_text("How it was run").click()
        expect(head.get_by_text("0.28.1")).to_be_visible()
        expect(head.get_by_text("--insecure")).to_be_visible()


def test_where_routes_differ_links_to_either(chromium: Browser, routed: Path) -> None:
    document = example_runs.routed()
    with browser.opened(chromium, routed) as page:
        table = page.get_by_role("region", name="Table of cases that the routes answer differently")
        assert table.locator("tbody tr").count() == document["summary"]["failed"] == document["summary"]["unverified"]
        row = table.locator("tbody tr").first
        assert row.locator("td").all_inner_texts() == ["? unverified", "✗ failed\nmessages.stream.unfinished"]
        row.get_by_role("link", name="failed").click()
        first = ids(document, "failed")[0]
        assert first.endswith("@us.example")
        expect(page.locator(f'[id="{first}"] .body').first).to_be_visible()


def test_cases_are_narrowed_to_a_route(chromium: Browser, routed: Path) -> None:
    with browser.opened(chromium, routed) as page:
        page.get_by_label("Route", exact=True).select_option("eu.example")
        found = shown(page)
    assert found
    assert all(name.endswith("@eu.example") for name in found)


@pytest.mark.parametrize(
    ("outcome", "blame", "ended"),
    [("failed", "the gateway; its upstream", "passed"), ("unverified", "the upstream; tested directly", "failed")],
)
def test_a_finding_is_attributed_and_shows_the_upstreams_answer(
    chromium: Browser, routed: Path, outcome: str, blame: str, ended: str
) -> None:
    first = ids(example_runs.routed(), outcome)[0]
    with browser.opened(chromium, routed, f"#{first}") as page:
        case = page.locator(f'[id="{first}"]')
        expect(case.locator(".findings").first).to_contain_text(blame)
        behind = case.locator(".upstream")
        expect(behind.locator(".exchange")).to_be_hidden()
        behind.get_by_text(f"The upstream, tested directly: {ended}").click()
        expect(behind.locator(".exchange")).to_be_visible()
        expect(behind.get_by_role("img", name=re.compile(r"\d+ events in "))).to_be_visible()
        assert ("message_stop before the end" in behind.inner_text()) == (ended == "failed")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280], ids=["phone", "desktop"])
def test_a_page_with_routes_and_upstream_is_accessible(chromium: Browser, routed: Path, dark: bool, width: int) -> None:
    first = ids(example_runs.routed(), "failed")[0]
    with browser.opened(chromium, routed, f"#{first}", dark=dark, width=width) as page:
        page.wait_for_selector(f'[id="{first}"] .body')
        page.evaluate(
            "for (const one of document.querySelectorAll('.made, .upstream, .upstream details')) one.open = true"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert browser.violations(page) == []


def hostile() -> JSON:
    """A run in which every text that comes from a gateway, or from the author of the file, is an attack."""
    document = copy.deepcopy(example_runs.worse())
    document["verdicts"] = [entry for entry in document["verdicts"] if entry["outcome"] == "failed"][:3]
    document["gateway"] |= {"name": HOSTILE, "version": HOSTILE, "base_url": HOSTILE, "models": {"default": HOSTILE}}
    document["gateway"] |= {"notes": [HOSTILE], "routes": {HOSTILE: HOSTILE, "b": HOSTILE}}
    document |= {"upstream": {"base_url": HOSTILE, "models": {}}, "options": {HOSTILE: HOSTILE}}
    ci = {"name": HOSTILE, "url": "javascript:alert(6)"}
    document["environment"] = {"python": HOSTILE, "platform": HOSTILE, "packages": {HOSTILE: HOSTILE}, "ci": ci}
    for rule in document["rules"].values():
        rule |= {"sentence": HOSTILE, "source": "javascript:alert(4)"}
    for entry in document["verdicts"]:
        entry |= {"id": entry["id"] + HOSTILE, "title": HOSTILE, "reason": HOSTILE, "file": HOSTILE}
        entry |= {"source": "javascript:alert(5)", "family": HOSTILE, "area": HOSTILE, "endpoint": HOSTILE}
        for finding in entry["findings"]:
            finding |= {"expected": HOSTILE, "got": HOSTILE, "where": {"pointer": HOSTILE, "event": 1}}
        for exchange in entry["exchanges"]:
            exchange |= {"problem": HOSTILE, "curl": HOSTILE, "headers": [["content-type", "text/event-stream"]]}
            exchange["headers"].append([HOSTILE, HOSTILE])
            exchange["request"]["url"] = HOSTILE
            exchange["chunks"] = [{"at": 0.1, "text": f"event: {HOSTILE[:40]}\ndata: {HOSTILE[:90]}\n\n"}]
        entry["upstream"] = copy.deepcopy(
            {name: entry[name] for name in ("outcome", "reason", "findings", "exchanges")}
        )
    return document


def test_hostile_text_is_inert(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    document = hostile()
    text = run_page.render(document, diff(example_runs.clean(), document))
    path.write_text(text, "utf-8")
    with browser.opened(chromium, path) as page:
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        page.wait_for_selector("#list .case:nth-of-type(3) .body")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        scripts = page.eval_on_selector_all("script", "all => all.map(one => one.type)")
        assert page.locator("img, iframe, object, form[action]").count() == 0
        addresses = page.eval_on_selector_all("a", "all => all.map(one => one.getAttribute('href'))")
        said = page.inner_text("body")
    assert [kind for kind in scripts if kind != "application/json"] == [""]
    of_clients = {need["source"] for client in readiness.of(document) for need in client["needs"]}
    assert [address for address in addresses if not address.startswith("#") and address not in of_clients] == []
    assert "<img src=x onerror=alert(2)>" in said
    assert "\\u202e" in said
    assert "\u202e" not in said


def test_the_policy_only_allows_the_reports_script(chromium: Browser, tmp_path: Path, report: Path) -> None:
    """The policy allows only the report's script and style, so that even unescaped text cannot run."""
    path = tmp_path / "injected.html"
    attack = "<script>document.title = 'taken'</script><p onclick=\"document.title='taken'\" id=trap>x</p>"
    path.write_text(report.read_text("utf-8").replace("<main", attack + "<main", 1), "utf-8")
    tab = chromium.new_page()
    tab.goto(path.as_uri())
    tab.locator("#trap").click()
    assert "taken" not in tab.title()
    tab.close()


def test_embedded_json_cannot_end_its_script_element() -> None:
    text = html.embedded({"a": HOSTILE})
    assert not set("<>&") & set(text)
    assert text.isascii()
    assert json.loads(text) == {"a": HOSTILE}


def test_the_history_page(chromium: Browser, tmp_path: Path) -> None:
    nights = []
    for day, run in enumerate([example_runs.clean(), example_runs.worse(), example_runs.clean()], 1):
        nights.append({**run, "started": f"2026-01-{day:02}T02:00:00+00:00"})
    path = tmp_path / "history.html"
    path.write_text(history_page.render(history.history(nights)), "utf-8")
    for dark in (False, True):
        with browser.opened(chromium, path, dark=dark) as page:
            expect(page.get_by_role("heading", name="Fixed")).to_be_visible()
            problem, told = page.locator(".told").first, page.locator(".told").last
            expect(problem).to_contain_text("every streamed Messages answer")
            assert page.evaluate("document.documentElement.scrollWidth") <= 1280
            expect(told).to_have_text("regressed 2026-01-02 02:00, fixed 2026-01-03 02:00")
            assert browser.violations(page) == []
