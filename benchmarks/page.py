"""How long the page of a large run takes: to make, to open in Chromium, and to search.

    python -m benchmarks.page run.json [VERDICTS]

Repeats the verdicts of a run until there are enough (5,000 by default), and prints seconds.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import sync_playwright

from conformance import runs
from conformance.model import JSON
from conformance.report.html import run as page

OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
PAINTED = "new Promise(done => requestAnimationFrame(() => setTimeout(done)))"


def enlarged(document: JSON, count: int) -> JSON:
    """The run with so many verdicts, each with an id of its own."""
    own = document["verdicts"]
    many = ({**own[number % len(own)], "id": f"{own[number % len(own)]['id']}-{number}"} for number in range(count))
    return {**document, "verdicts": list(many)}


def timed(what: str, action: Callable[[], object]) -> None:
    start = time.perf_counter()
    action()
    print(f"{what}: {time.perf_counter() - start:.2f} s")


def main() -> None:
    document = enlarged(runs.read(Path(sys.argv[1])), int(sys.argv[2]) if len(sys.argv) > 2 else 5000)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "page.html"
        timed("made", lambda: path.write_text(page.render(document), "utf-8"))
        print(f"{len(document['verdicts'])} verdicts, {path.stat().st_size / 1e6:.1f} MB")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(OPTIONS))
        tab = browser.new_page()
        timed("opened", lambda: (tab.goto(path.as_uri()), tab.evaluate(PAINTED)))
        timed("searched", lambda: (tab.fill("#search", "stream=true"), tab.evaluate(PAINTED)))
        timed(
            "opened a case", lambda: (tab.locator(".case:not([hidden]) summary").first.click(), tab.evaluate(PAINTED))
        )
        browser.close()


if __name__ == "__main__":
    main()
