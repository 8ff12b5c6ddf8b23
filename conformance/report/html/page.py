"""A page from a template: one file, in which nothing acts but our own script.

Every text is escaped by Jinja and made visible by `plain`; data for the script are JSON in which no `<` stands;
and a policy (https://www.w3.org/TR/CSP3/) lets the browser run the one script and style whose digests it names.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from conformance.core.model import JSON
from conformance.core.terminal_text import plain

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, script: str, **context: object) -> str:
    """The page of a template; `script` is the file with its JavaScript, "" where there is none."""
    style, code = _source("style.css"), _source(script) if script else ""
    policy = f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(code)}'; "
    policy += "base-uri 'none'; form-action 'none'"
    return _environment().get_template(template).render(
        style=Markup(style), script=Markup(code), policy=policy, **context  # noqa: S704 - files of ours
    )  # fmt: skip


def embedded(value: JSON) -> Markup:
    """JSON to stand in a script element: ASCII, and no character that could end the element or begin another."""
    text = json.dumps(value, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - nothing of HTML is left in it


def link(url: str) -> str:
    """An address that may be followed, else ""; a report from a stranger may name any scheme."""
    return url if url.startswith(("https://", "http://")) else ""


def fragment(name: str) -> str:
    """The part of an address after # that leads to the element with this id."""
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
    environment.filters |= {"link": link, "fragment": fragment, "words": lambda text: str(text).replace("_", " ")}
    return environment


def _visible(value: object) -> object:
    """Texts with their acting characters made visible, before they are escaped."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _source(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
