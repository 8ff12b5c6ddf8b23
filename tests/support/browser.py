"""A real browser for the tests of pages: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_core_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
NEEDED = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed; apt-get install chromium")


@contextmanager
def started() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, path: Path, fragment: str = "", dark: bool = False, width: int = 1280) -> Iterator[Page]:
    """A page from disk. Console output, network requests and dialogs of the page are errors, and so is what it stores.

    All pages are opened in one tab, because each tab of its own starts a process of Chromium. A page that stores
    nothing leaves nothing to the next one.
    """
    page = browser.contexts[0].pages[0] if browser.contexts else browser.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(media="null", color_scheme="dark" if dark else "light")
    complaints: list[str] = []
    heard = {
        "console": lambda message: complaints.append(f"{message.type}: {message.text}"),
        "pageerror": lambda error: complaints.append(str(error)),
        "request": lambda request: complaints.append(request.url) if request.url.startswith("http") else None,
        "dialog": lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()),
    }
    page.goto("about:blank")  # the same file with another fragment would not be loaded again
    for event, listener in heard.items():
        page.on(event, listener)  # type: ignore[call-overload]
    try:
        page.goto(path.as_uri() + fragment)
        yield page
        assert page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    finally:
        for event, listener in heard.items():
            page.remove_listener(event, listener)
    assert complaints == []


ALIKE = """() => {
    const ids = [...document.querySelectorAll("[id]")].map(one => one.id)
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index)
    const shape = one => [one, ...one.querySelectorAll("*")].map(each => [
        each.tagName, each.textContent.trim() !== "",
        ...[...each.attributes].map(({name, value}) => SHOWN.includes(name) ? name + "=" + value : name),
    ].join(" ")).join("\\n")
    const SHOWN = ["class", "style", "role", "open", "hidden", "tabindex", "type", "fill", "scope", "aria-hidden"]
    for (const parent of [...document.body.querySelectorAll("*")].reverse()) {
        const seen = {}
        for (const child of [...parent.children]) {
            const form = shape(child)
            seen[form] = (seen[form] || 0) + 1
            if (seen[form] > 3) child.remove()
        }
    }
    return twice
}"""
"""Removes rows and cells that differ from three others beside them in nothing but their words; returns ids used twice.

axe takes milliseconds for each element, and finds in a hundred rows of one shape what it finds in three.
"""


def violations(page: Page) -> list[str]:
    """The accessibility problems that axe finds in the current page. It removes repeated rows, so call it last."""
    twice = page.evaluate(ALIKE)
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then(result => result.violations)")
    problems = [f"{one['id']}: {one['help']}: {node['html'][:200]}" for one in found for node in one["nodes"][:3]]
    return [*problems, *(f"the id {name} is used twice" for name in twice)]
