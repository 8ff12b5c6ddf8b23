"""`render`: turns a run into HTML, Markdown, a badge, annotations, a code quality report, a certificate or JSON."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis.diff import Diff, diff
from conformance.cli import output
from conformance.core.plural import counted
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
    """Adds `render RUN --to FORM`; both `--to` and `-o` may be repeated, to read the run once for several files."""
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
        action="append",
        dest="forms",
        help="output format; full-html and json contain the exchanges of all cases. Can be repeated, each with its -o",
    )
    parser.add_argument(
        "--baseline", type=Path, metavar="OLD", help="an earlier run.json; the output shows the differences from it"
    )
    parser.add_argument(
        "--client", metavar="NAME", help="with badge or badge-svg: whether the gateway is ready for this client"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        dest="outputs",
        help="write to a file instead of the terminal",
    )
    parser.set_defaults(command=_render)


def _render(chosen: argparse.Namespace) -> int:
    @cache
    def read(whole: bool) -> RunDocument:
        return (read_run if whole else read_report)(chosen.run)

    difference = diff(read_report(chosen.baseline), read(False)) if chosen.baseline else None
    for form, output_file in zip(chosen.forms, _files(chosen.forms, chosen.outputs), strict=True):
        if text := _text(form, read(form in WHOLE), difference, chosen):
            output.put(text, output_file)
    return 0


def _files(forms: Sequence[str], outputs: Sequence[Path]) -> Sequence[Path | None]:
    """The file of each form; the last form is for the terminal if it has none."""
    if not len(forms) - 1 <= len(outputs) <= len(forms):
        raise InputError(
            f"--to is given for {counted(len(forms), 'format')}, and -o for {counted(len(outputs), 'file')}; "
            "give each format its file, in the same order; only the last one can go to the terminal"
        )
    return [*outputs, None][: len(forms)]


def _text(form: str, run: RunDocument, difference: Diff | None, chosen: argparse.Namespace) -> str:
    if chosen.client is not None:
        return _client_form(form)(run, chosen.client)
    try:
        return FORMS[form](run, difference)
    except RecordingError as error:
        raise InputError(f"{display(chosen.run)}: {error}; render the file as the suite wrote it") from error


def _client_form(form: str) -> Callable[[RunDocument, str], str]:
    if form not in OF_CLIENT:
        raise InputError(f"--client: --to {form} shows all clients; leave it out, or use --to {' or '.join(OF_CLIENT)}")
    return OF_CLIENT[form]
