"""How `verify` judges random legal runs (none may be refused) and the forgeries of the tests (all must be)."""

from __future__ import annotations

import contextlib
import io
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from conformance.records import seal
from tests.analysis import test_forgeries
from tests.support import legal_runs, random_runs


def lines(runs: int) -> Iterator[str]:
    """Yields the figures: accepted runs by kind, found forgeries, and the CPU time of both."""
    start = time.process_time()
    accepted, made = Counter[str](), Counter[str]()
    seeds = count()
    while made.total() < runs:
        seed = next(seeds)
        try:
            kind, is_accepted, said = _accepted(seed)
        except legal_runs.NoReportError:
            continue  # it did not begin
        made[kind] += 1
        accepted[kind] += is_accepted
        if not is_accepted:
            yield f"  seed {seed} ({kind}) is refused: {said}"
    kinds = ", ".join(f"{kind} {accepted[kind]}/{made[kind]}" for kind in random_runs.KINDS if made[kind])
    seconds = time.process_time() - start
    yield f"{accepted.total()} of {made.total()} legal runs accepted ({kinds}); {seconds:.0f} s of CPU"
    start = time.process_time()
    missed = [forge.__name__ for forge in test_forgeries.FORGERIES if not _is_found(forge.__name__)]
    number = len(test_forgeries.FORGERIES)
    not_found = f", not {', '.join(missed)}" if missed else ""
    yield f"{number - len(missed)} of {number} forgeries found{not_found}; {time.process_time() - start:.0f} s of CPU"


def _accepted(seed: int) -> tuple[str, bool, str]:
    """The kind of a run, whether `verify` accepts it, and what it says; one without its exchanges only says that."""
    said = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(said):
        drawn = random_runs.draw(seed, Path(folder))
        said.seek(0)
        said.truncate()
        code = drawn.verified()
    text = said.getvalue()
    expected = 1 if drawn.kind == "failed" and "did not write the exchanges" in text else 0
    return drawn.kind, code == expected, text[-300:]


def _is_found(name: str) -> bool:
    forge = next(one for one in test_forgeries.FORGERIES if one.__name__ == name)
    run = legal_runs.honest()
    forge(run)
    return any(test_forgeries.FORGERIES[forge] in line for line in test_forgeries.found(seal.sealed(run)))
