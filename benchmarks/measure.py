"""Measures CPU time (the best of several rounds) and memory (the peak of Python's allocations)."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

Key = TypeVar("Key")
Made = TypeVar("Made")
Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes: the size of the input, and the peak that the work adds to it."""

    held: int
    added: int


def seconds(works: Mapping[Key, Work], rounds: int) -> dict[Key, float]:
    """The CPU seconds of each work, the best of `rounds` rounds.

    Each round runs every work once, so that a slow phase of the machine affects all of them.
    """
    best = dict.fromkeys(works, float("inf"))
    for _ in range(rounds):
        for key, work in works.items():
            best[key] = min(best[key], _once(work))
    return best


def memory(make: Callable[[], Made], work: Callable[[Made], object]) -> Memory:
    """The memory of the value that `make` returns, and of the work on it."""
    gc.collect()
    tracemalloc.start()
    try:
        made = make()
        gc.collect()
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        work(made)
        return Memory(held, tracemalloc.get_traced_memory()[1] - held)
    finally:
        tracemalloc.stop()


def _once(work: Work) -> float:
    gc.collect()
    began = time.process_time()
    work()
    return time.process_time() - began
