"""The one parametrised test: every case of the library against the gateway under test."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.core.model import Case, Verdict
from conformance.plugin.settle import settle


def test_gateway(case: Case, verdict_of: Callable[[Case], Verdict], pytestconfig: pytest.Config) -> None:
    """Sends the requests of a case and ends with its verdict; `--gateway-strict` also fails on a `should` rule."""
    settle(verdict_of(case), strict=pytestconfig.option.gateway_strict)
