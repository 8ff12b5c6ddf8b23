"""A page from a template: one file, which runs no script but our own.

Jinja escapes every text, and `plain` makes control characters visible; data for the script are JSON without `<`. A
content security policy (https://www.w3.org/TR/CSP3/) allows only the script and the style with the given digests.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import quote

import jinja2
from markupsafe import Markup, escape

from conformance.core.terminal_text import plain
from conformance.report.text import words

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, script: str, **context: object) -> str:
    """The page of a template; `script` is the name of its JavaScript file, or ""."""
    style, code = _source("style.css"), _source(script) if script else ""
    policy = f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(code)}'; "
    policy += "base-uri 'none'; form-action 'none'"
    return _environment().get_template(template).render(
        style=Markup(style), script=Markup(code), policy=policy, **context  # noqa: S704 - files of ours
    )  # fmt: skip


def embedded(value: object) -> Markup:
    """JSON for a script element: ASCII, without characters that could end the element or start another."""
    text = json.dumps(value, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - nothing of HTML is left in it


def coded(text: str) -> Markup:
    """A text with its parts in backticks as code."""
    escaped = str(escape(plain(text)))
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped))  # noqa: S704 - it is escaped


def link(url: str) -> str:
    """A URL that may be followed, else ""; a foreign report may have a URL of any scheme."""
    return url if url.startswith(("https://", "http://")) else ""


def fragment(name: str) -> str:
    """The part of a URL after # that leads to the element with this id."""
    return quote(plain(name))


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "coded": coded,
        "fragment": fragment,
        "link": link,
        "words": lambda text: words(str(text)),
    }
    return environment


def _visible(value: object) -> object:
    """Texts with visible control characters, before they are escaped."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _source(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
