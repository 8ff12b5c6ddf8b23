"""`python -m benchmarks NAME`: prints measurements, and whether they meet their targets."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from benchmarks import judge, overhead, quality, soak, startup, suite
from conformance.cli.overhead import add_options

NOTICES = Path(__file__).with_name("notices.jsonl.gz")
"""Which case notices which fault."""


def main(arguments: list[str] | None = None) -> int:
    """Runs the named benchmark. Returns 0 even if a target is missed, because the machine may be busy."""
    for line in _lines(_parser().parse_args(arguments)):
        print(line, flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the performance of the suite.")
    names = parser.add_subparsers(required=True, dest="name", metavar="NAME")
    judging = names.add_parser("judge", help="judge long streams: CPU time and memory")
    judging.add_argument("--events", default="1000,10000,100000", help="deltas per stream (default: %(default)s)")
    judging.add_argument("--rounds", type=int, default=3, help="repetitions; the best counts (default: %(default)s)")
    whole = names.add_parser("suite", help="full runs and collection: wall time, CPU time and memory")
    whole.add_argument("--latencies", default="0,300,2000", help="added milliseconds (default: %(default)s)")
    whole.add_argument("--concurrencies", default="1,8,32", help="concurrent requests (default: %(default)s)")
    whole.add_argument("--generated", type=int, default=10_000, help="cases to collect (default: %(default)s)")
    shown = names.add_parser("page", help="the HTML report of a large run, in Chromium")
    shown.add_argument("run", type=Path, metavar="RUN", help="a run.json; its verdicts are repeated")
    shown.add_argument("--verdicts", type=int, default=5000, help="verdicts in the report (default: %(default)s)")
    shown.add_argument("--rounds", type=int, default=3, help="repetitions; the best counts (default: %(default)s)")
    diagnosis = names.add_parser("problems", help="each fault alone, and pairs of them: the problems that are stated")
    diagnosis.add_argument("--pairs", type=int, default=200, help="pairs of faults (default: %(default)s)")
    diagnosis.add_argument("--seed", type=int, default=1, help="of the pairs (default: %(default)s)")
    diagnosis.add_argument("--show", action="store_true", help="list the faults and pairs that miss a figure")
    names.add_parser("consequences", help="write the rules that break as a consequence of another one")
    start = names.add_parser("startup", help="the start of pytest in a project that does not use the suite")
    start.add_argument("--rounds", type=int, default=7, help="repetitions; the best counts (default: %(default)s)")
    tried = names.add_parser("notices", help="which case notices which fault, for the order of the cases")
    tried.add_argument("--file", type=Path, default=NOTICES, help="the file to bring up to date (default: %(default)s)")
    ranked = names.add_parser("order", help="the order of the cases, cross-validated over the faults")
    ranked.add_argument("--file", type=Path, default=NOTICES, help="the file with the notices (default: %(default)s)")
    added = names.add_parser("overhead", help="the time that a gateway adds to the answers of its provider")
    add_options(added)
    agreed = names.add_parser("agreement", help="whether the stated readiness agrees with the clients themselves")
    agreed.add_argument("--again", action="store_true", help="try the clients again with every fault")
    long = names.add_parser("soak", help="the memory of the suite while it soaks the reference gateway")
    long.add_argument("--minutes", type=float, default=60, help="of the soak (default: %(default)s)")
    long.add_argument("--at-once", type=int, default=64, help="sessions at once (default: %(default)s)")
    drawn = names.add_parser("quality", help="simulated runs of tool-quality: drops that it finds, and false alarms")
    drawn.add_argument("--tries", type=int, default=quality.TRIES, help="tries of each prompt (default: %(default)s)")
    drawn.add_argument("--runs", type=int, default=quality.RUNS, help="runs of each kind (default: %(default)s)")
    drifted = names.add_parser("drift", help="whether drift names the known additions to the official APIs")
    drifted.add_argument(
        "file", type=Path, nargs="?", help="recorded traffic with dates (default: that beside the checkout)"
    )
    edited = names.add_parser("forgeries", help="random legal runs that verify accepts, and forgeries that it finds")
    edited.add_argument("--runs", type=int, default=200, help="legal runs (default: %(default)s)")
    return parser


def _lines(chosen: argparse.Namespace) -> Iterator[str]:
    if chosen.name == "page":
        from benchmarks import page  # imports Playwright, which the other benchmarks do not need

        yield from page.lines(chosen.run, chosen.verdicts, chosen.rounds)
        return
    if chosen.name == "consequences":
        from benchmarks import consequences  # imports the proof of the faults

        yield from consequences.lines()
        return
    if chosen.name == "problems":
        from benchmarks import problems  # imports the proof of the faults

        yield from problems.lines(chosen.pairs, chosen.seed, chosen.show)
        return
    if chosen.name in ("notices", "order"):
        from benchmarks import notices, order  # import the tests, which the other benchmarks do not need

        yield from (notices.update(chosen.file) if chosen.name == "notices" else order.lines(chosen.file))
        return
    if chosen.name == "agreement":
        from benchmarks.agreement import page as agreement  # imports the proof of the faults

        yield from agreement.update(chosen.again)
        return
    if chosen.name == "drift":
        from benchmarks import drift  # imports the tests, which know where the recorded traffic is
        from tests.support.paths import TRAFFIC

        yield from drift.lines(chosen.file or TRAFFIC)
        return
    if chosen.name == "forgeries":
        from benchmarks import forgeries  # imports the tests

        yield from forgeries.lines(chosen.runs)
        return
    if chosen.name == "overhead":
        yield from overhead.lines(chosen)
        return
    if chosen.name == "soak":
        yield from soak.lines(chosen.minutes, chosen.at_once)
        return
    if chosen.name == "quality":
        yield from quality.lines(chosen.tries, chosen.runs)
        return
    if chosen.name == "startup":
        yield from startup.lines(chosen.rounds)
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
