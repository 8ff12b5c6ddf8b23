"""`sign`: signs a report with the vendor's own key."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.core.yaml_input import InputError, display
from conformance.records import signature
from conformance.records.run_file import read_report

if TYPE_CHECKING:
    from conformance.cli.commands import Commands


def add(commands: Commands) -> None:
    """Adds `sign RUN --key FILE` and `sign --new-key FILE`."""
    parser = commands.add_parser("sign", help="sign a run.json with your own key, in the format of minisign")
    parser.add_argument("run", nargs="?", type=Path, metavar="RUN", help="a run.json or run.json.gz")
    parser.add_argument("--key", type=Path, metavar="FILE", help="the secret key; the signature goes to RUN.minisig")
    parser.add_argument(
        "--new-key", type=Path, metavar="FILE", help="make a key without a password; FILE.pub is its public key"
    )
    parser.set_defaults(command=_sign)


def _sign(chosen: argparse.Namespace) -> int:
    if chosen.new_key:
        public = signature.generate(chosen.new_key)
        print(f"{display(chosen.new_key)} is the secret key, keep it; {display(public)} is the public one, publish it")
        return 0
    if not chosen.run or not chosen.key:
        raise InputError("sign: give a run.json and --key, or --new-key to make a key")
    report = read_report(chosen.run)
    if "digests" not in report:
        raise InputError(
            f"{display(chosen.run)}: the report has no digests of its exchanges, so a signature would not cover them; "
            "make the run with this version"
        )
    comment = f"report of {report['gateway'].get('name') or report['gateway']['base_url']}, {report['started']}"
    print(f"{display(signature.sign(chosen.run, chosen.key, _one_line(comment)))} has the signature")
    return 0


def _one_line(text: str) -> str:
    return " ".join(text.split())
