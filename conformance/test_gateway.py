"""The one parametrised test: every case of the library against the gateway under test."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.core.model import Case, Verdict
from conformance.plugin.hooks import settle


def test_gateway(case: Case, verdict_of: Callable[[Case], Verdict], pytestconfig: pytest.Config) -> None:
    """Sends what the case says, and ends as the verdict does; `--strict` fails on a `should`, too."""
    settle(verdict_of(case), strict=bool(pytestconfig.getini("strict")))
