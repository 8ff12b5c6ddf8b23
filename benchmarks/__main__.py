"""`python -m benchmarks judge|suite|page`: prints tables, and which targets are met."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from benchmarks import judge, suite


def main(arguments: list[str] | None = None) -> int:
    """Runs the benchmark that is named. Always 0: a busy machine is no failure."""
    for line in _lines(_parser().parse_args(arguments)):
        print(line, flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What the suite costs.")
    names = parser.add_subparsers(required=True, dest="name", metavar="NAME")
    judging = names.add_parser("judge", help="streams against the contract of their family")
    judging.add_argument("--events", default="1000,10000,100000", help="deltas in a stream (default: %(default)s)")
    judging.add_argument("--rounds", type=int, default=3, help="runs of which the best counts (default: %(default)s)")
    whole = names.add_parser("suite", help="a full run: wall time, CPU, memory, and collecting")
    whole.add_argument("--latencies", default="0,300,2000", help="milliseconds to add (default: %(default)s)")
    whole.add_argument("--concurrencies", default="1,8,32", help="requests at once (default: %(default)s)")
    whole.add_argument("--generated", type=int, default=10_000, help="cases to collect (default: %(default)s)")
    shown = names.add_parser("page", help="the HTML page of a large run, in Chromium")
    shown.add_argument("run", type=Path, metavar="RUN", help="a run.json, whose verdicts are repeated")
    shown.add_argument("--verdicts", type=int, default=5000, help="how many of them (default: %(default)s)")
    return parser


def _lines(chosen: argparse.Namespace) -> Iterator[str]:
    if chosen.name == "page":
        from benchmarks import page  # drives a browser, which the others do without

        yield from page.lines(chosen.run, chosen.verdicts)
        return
    if chosen.name == "suite":
        yield from suite.report(_numbers(chosen.latencies), _numbers(chosen.concurrencies), chosen.generated)
        return
    found = judge.rows(_numbers(chosen.events), chosen.rounds)
    yield from (*judge.table(found), "", *judge.targets(found))


def _numbers(text: str) -> list[int]:
    return sorted(int(number) for number in text.split(","))


if __name__ == "__main__":
    raise SystemExit(main())
