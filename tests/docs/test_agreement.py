"""The page about the agreement of the readiness with the clients: it fits the results, and they reach the target."""

from __future__ import annotations

from collections import Counter

from benchmarks.agreement.page import PAGE, TARGET, page, read
from benchmarks.agreement.trials import SIZE, TRIED
from conformance.reference.faults import ONE_SIDED
from conformance.suite.clients import load_clients


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(read()), "run `python -m benchmarks agreement`"


def test_the_clients_and_faults_exist() -> None:
    cells = read()
    assert {cell.client for cell in cells} <= {client.id for client in load_clients()}
    assert {cell.fault for cell in cells} <= ONE_SIDED.keys()


def test_each_client_is_tried_with_enough_faults() -> None:
    found = Counter(tried.name for tried in TRIED for cell in read() if cell.client in tried.clients)
    assert found == {tried.name: SIZE for tried in TRIED}


def test_most_cells_agree() -> None:
    cells = read()
    assert sum(cell.agrees for cell in cells) >= TARGET * len(cells)


def test_clients_work_and_fail() -> None:
    assert {cell.outcome for cell in read()} == {"works", "fails"}
