"""The console script `gateway-conformance`: everything that is not a run of pytest."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from conformance import data, library, rulebook, traffic
from conformance.model import JSON, Case, Rule
from conformance.recording import RecordingError
from conformance.report import traffic as traffic_report
from conformance.yamls import InputError

USAGE = 2
"""The exit code for input that cannot be used."""
BROKEN = 1
"""The exit code for traffic that breaks a `must`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code. Bad input gives one sentence on stderr."""
    chosen = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = chosen.command
    try:
        return command(chosen)
    except InputError as error:
        print(f"gateway-conformance: {error}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gateway-conformance", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="run the scripted provider or the reference gateway, until Ctrl-C")
    serve.add_argument("server", choices=["provider", "gateway"])
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    serve.set_defaults(command=_serve)
    check = commands.add_parser("check", help="hold recorded traffic against the contract, without sending anything")
    check.add_argument("files", nargs="+", type=Path, metavar="FILE", help="HAR, run.json, or JSON lines (.gz too)")
    check.add_argument("--json", action="store_true")
    check.set_defaults(command=_check)
    cases = commands.add_parser("cases", help="list the cases, and check their files")
    cases.add_argument("folder", nargs="?", type=Path, help="a folder of cases instead of the suite's own")
    cases.add_argument("--json", action="store_true")
    cases.set_defaults(command=_cases)
    rules = commands.add_parser("rules", help="list the rules that every exchange is held against")
    rules.add_argument("--json", action="store_true")
    rules.set_defaults(command=_rules)
    return parser


def _serve(chosen: argparse.Namespace) -> int:
    from conformance.reference import command
    from conformance.reference.serving import ServingError

    serve = command.serve_provider if chosen.server == "provider" else command.serve_gateway
    try:
        serve(chosen.host, chosen.port)
    except ServingError as error:
        raise InputError(str(error)) from error
    return 0


def _check(chosen: argparse.Namespace) -> int:
    try:
        tally = traffic.judge(chosen.files)
    except RecordingError as error:
        raise InputError(str(error)) from error
    if chosen.json:
        print(json.dumps(traffic_report.document(tally), indent=1, ensure_ascii=False))
    else:
        print("\n".join(traffic_report.lines(tally)))
    return BROKEN if tally.rules("must") else 0


def _cases(chosen: argparse.Namespace) -> int:
    cases = library.load(chosen.folder or data.folder("cases"))
    _print([_case(case) for case in cases], [f"{case.id}  {case.title}" for case in cases], chosen.json)
    return 0


def _rules(chosen: argparse.Namespace) -> int:
    rules = list(rulebook.rules().values())
    _print([asdict(rule) for rule in rules], [_rule(rule) for rule in rules], chosen.json)
    return 0


def _case(case: Case) -> JSON:
    shown = ("id", "title", "family", "area", "endpoint", "level", "source", "needs", "marks", "file", "line")
    return {name: getattr(case, name) for name in shown}


def _rule(rule: Rule) -> str:
    return f"{rule.id}  {rule.level}, {rule.impact}: {rule.sentence}"


def _print(entries: Sequence[JSON], lines: Sequence[str], as_json: bool) -> None:
    print(json.dumps(entries, indent=1, ensure_ascii=False) if as_json else "\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
