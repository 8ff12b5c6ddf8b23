"""Measures the HTML report of a large run: writing it, opening it in Chromium, searching, and following a link."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from conformance.core.model import JSON
from conformance.records.run_file import read_report
from conformance.report.html import run as page

OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
PAINTED = "new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
MAX_SECONDS = 1.0
"""The target for each step of the reader, in seconds on an idle machine."""


def enlarged(document: JSON, count: int) -> JSON:
    """The run with `count` verdicts. Its verdicts are repeated, the copies with other ids."""
    own = document["verdicts"]
    copies = ({**own[number % len(own)], "id": f"{own[number % len(own)]['id']}-{number}"} for number in range(count))
    return {**document, "verdicts": [*own[:count], *list(copies)[len(own) :]]}


def lines(file: Path, count: int, rounds: int) -> Iterator[str]:
    """One line for each step that a reader waits for. Raises InputError if the file is not a run.json."""
    document = enlarged(read_report(file), count)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "page.html"
        start = time.perf_counter()
        path.write_text(page.render(document), "utf-8")
        yield f"{count} verdicts, {path.stat().st_size / 1e6:.1f} MB, written in {time.perf_counter() - start:.2f} s"
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(OPTIONS))
        measured = [_steps(browser, path.as_uri(), document["verdicts"][-1]["id"]) for _ in range(rounds)]
        browser.close()
    for step in measured[0]:
        yield _target(step, *min(steps[step] for steps in measured))


def _target(step: str, wall: float, busy: float) -> str:
    met = "met   " if wall < MAX_SECONDS else "MISSED"
    return f"{met} {step}: under {MAX_SECONDS:g} s, best {wall:.2f} s (main thread of the page: {busy:.2f} s)"


def _steps(browser: Browser, address: str, last: str) -> dict[str, tuple[float, float]]:
    """Step -> (seconds of wall time, seconds in which the main thread of the page was busy)."""
    tab = browser.new_page()
    clock = tab.context.new_cdp_session(tab)
    clock.send("Performance.enable")

    def busy() -> float:
        metrics = clock.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))

    def timed(action: Callable[[Page], object]) -> tuple[float, float]:
        start, used = time.perf_counter(), busy()
        action(tab)
        tab.evaluate(PAINTED)
        return time.perf_counter() - start, busy() - used

    steps: dict[str, Callable[[Page], object]] = {
        "opened": lambda tab: tab.goto(address),
        "searched": lambda tab: tab.fill("#search", "stream=true"),
        "opened a case": lambda tab: tab.locator(".case summary").first.click(),
        "followed a link": lambda tab: tab.evaluate("id => { location.hash = encodeURIComponent(id) }", last),
    }
    found = {name: timed(action) for name, action in steps.items()}
    tab.close()
    return found
