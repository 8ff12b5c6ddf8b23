"""`python -m benchmarks judge [--events N,N,…] [--rounds N]`: prints a table, and which targets it meets."""

from __future__ import annotations

import argparse

from benchmarks import judge


def main(arguments: list[str] | None = None) -> int:
    """Runs the benchmark that is named. Always 0: a busy machine is no failure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What the suite costs.")
    parser.add_argument("name", choices=["judge"], help="judge: streams against the contract of their family")
    parser.add_argument("--events", default="1000,10000,100000", help="deltas in a stream (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of which the best counts (default: %(default)s)")
    chosen = parser.parse_args(arguments)
    counts = sorted(int(count) for count in chosen.events.split(","))
    found = judge.rows(counts, chosen.rounds)
    print(*judge.table(found), "", *judge.targets(found), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
