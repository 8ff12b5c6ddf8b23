"""Measures the HTML report of a large run: writing it, opening it in Chromium, and searching in it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from conformance.core.model import JSON
from conformance.records.run_file import read_report
from conformance.report.html import run as page

OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
PAINTED = "new Promise(done => requestAnimationFrame(() => setTimeout(done)))"


def enlarged(document: JSON, count: int) -> JSON:
    """The run with `count` verdicts. Its verdicts are repeated, each with a unique id."""
    own = document["verdicts"]
    many = ({**own[number % len(own)], "id": f"{own[number % len(own)]['id']}-{number}"} for number in range(count))
    return {**document, "verdicts": list(many)}


def lines(file: Path, count: int) -> Iterator[str]:
    """One line for each step that a reader waits for. Raises InputError if the file is not a run.json."""
    document = enlarged(read_report(file), count)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "page.html"
        yield _timed("made", lambda: path.write_text(page.render(document), "utf-8"))
        yield f"{count} verdicts, {path.stat().st_size / 1e6:.1f} MB"
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(OPTIONS))
        tab = browser.new_page()
        yield _timed("opened", lambda: (tab.goto(path.as_uri()), tab.evaluate(PAINTED)))
        yield _timed("searched", lambda: (tab.fill("#search", "stream=true"), tab.evaluate(PAINTED)))
        case = tab.locator(".case:not([hidden]) summary").first
        yield _timed("opened a case", lambda: (case.click(), tab.evaluate(PAINTED)))
        browser.close()


def _timed(what: str, action: Callable[[], object]) -> str:
    start = time.perf_counter()
    action()
    return f"{what}: {time.perf_counter() - start:.2f} s"
