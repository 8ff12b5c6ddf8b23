"""`render`: turns a run into HTML, Markdown, a badge, annotations, a code quality report, a certificate or JSON."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis.diff import Diff, diff
from conformance.cli import output
from conformance.core.yaml_input import InputError, display
from conformance.records.jsonl import RecordingError
from conformance.records.run_file import read_report, read_run
from conformance.records.run_format import RunDocument
from conformance.report import annotations as workflow
from conformance.report import badge, code_quality, files, markdown
from conformance.report.html import certificate
from conformance.report.html import run as html
from conformance.report.readiness import badge as client_badge

if TYPE_CHECKING:
    from conformance.cli.commands import Commands

FORMS: Mapping[str, Callable[[RunDocument, Diff | None], str]] = {
    "html": html.render,
    "full-html": partial(html.render, all_exchanges=True),
    "markdown": markdown.run,
    "badge": lambda run, difference: json.dumps(badge.document(run, difference), ensure_ascii=False),
    "badge-svg": badge.svg,
    "annotations": lambda run, difference: "\n".join(workflow.lines(run, difference, _workspace())),
    "code-quality": lambda run, difference: json.dumps(code_quality.entries(run, difference, _workspace()), indent=1),
    "certificate": lambda run, _: certificate.render(run),
    "json": lambda run, _: files.text(run),
}

OF_CLIENT: Mapping[str, Callable[[RunDocument, str], str]] = {
    "badge": lambda run, client: json.dumps(client_badge.document(run, client), ensure_ascii=False),
    "badge-svg": client_badge.svg,
}
"""The forms of --client."""

WHOLE = ("full-html", "json")
"""Forms that show the exchanges of all cases."""


def _workspace() -> Path:
    """The folder of the user's repository: that of the job of GitHub or GitLab, else the current folder."""
    return Path(os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR") or ".")


def add(commands: Commands) -> None:
    """Adds `render RUN --to FORM`."""
    parser = commands.add_parser(
        "render",
        help="turn a run.json into HTML, Markdown, a badge, annotations for GitHub, a report for GitLab, "
        "a certificate, or JSON",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="a run.json")
    parser.add_argument(
        "--to",
        choices=list(FORMS),
        required=True,
        dest="form",
        help="output format; full-html and json contain the exchanges of all cases",
    )
    parser.add_argument(
        "--baseline", type=Path, metavar="OLD", help="an earlier run.json; the output shows the differences from it"
    )
    parser.add_argument(
        "--client", metavar="NAME", help="with badge or badge-svg: whether the gateway is ready for this client"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to a file instead of the terminal")
    parser.set_defaults(command=_render)


def _render(chosen: argparse.Namespace) -> int:
    run = (read_run if chosen.form in WHOLE else read_report)(chosen.run)
    if chosen.client is not None:
        output.put(_client_form(chosen.form)(run, chosen.client), chosen.output)
        return 0
    difference = diff(read_report(chosen.baseline), run) if chosen.baseline else None
    try:
        text = FORMS[chosen.form](run, difference)
    except RecordingError as error:
        raise InputError(f"{display(chosen.run)}: {error}; render the file as the suite wrote it") from error
    if text:
        output.put(text, chosen.output)
    return 0


def _client_form(form: str) -> Callable[[RunDocument, str], str]:
    if form not in OF_CLIENT:
        raise InputError(f"--client: --to {form} shows all clients; leave it out, or use --to {' or '.join(OF_CLIENT)}")
    return OF_CLIENT[form]
