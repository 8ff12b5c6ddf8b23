"""The page about the agreement of the readiness with the clients: it fits the results, and they reach the target."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.agreement.page import HELD_OUT, PAGE, RESULTS, TARGET, page, read
from benchmarks.agreement.trials import SIZE, TRIED
from conformance.reference.faults import ONE_SIDED
from conformance.suite.clients import load_clients


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(read(RESULTS), read(HELD_OUT)), "run `python -m benchmarks agreement`"


samples = pytest.mark.parametrize("path", [RESULTS, HELD_OUT], ids=lambda path: path.stem)


@samples
def test_the_clients_and_faults_exist(path: Path) -> None:
    cells = read(path)
    assert {cell.client for cell in cells} <= {client.id for client in load_clients()}
    assert {cell.fault for cell in cells} <= ONE_SIDED.keys()


@samples
def test_each_client_is_tried_with_enough_faults(path: Path) -> None:
    found = Counter(tried.name for tried in TRIED for cell in read(path) if cell.client in tried.clients)
    assert found == {tried.name: SIZE for tried in TRIED}


@samples
def test_clients_work_and_fail(path: Path) -> None:
    assert {cell.outcome for cell in read(path)} == {"works", "fails"}


def test_the_samples_have_no_fault_in_common() -> None:
    first, second = ({(cell.client, cell.fault) for cell in read(path)} for path in (RESULTS, HELD_OUT))
    assert not first & second


def test_most_cells_agree() -> None:
    cells = read(RESULTS)
    assert sum(cell.agrees for cell in cells) >= TARGET * len(cells)
