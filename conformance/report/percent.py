"""Shares and intervals in words."""

from __future__ import annotations


def percent(share: float) -> str:
    """A share as a percentage: `36 %`, with more digits near 0 and 100 %, so that it never looks like none or all."""
    value = 100 * share
    if value in (0, 100):
        return f"{value:.0f} %"
    digits = next((digits for digits in range(4) if 0 < float(f"{value:.{digits}f}") < 100), 4)
    return f"{value:.{digits}f} %"


def interval(low: float, high: float) -> str:
    """An interval of shares: `5 % to 36 %`; one that begins at 0 is `at most 16 %`."""
    return f"{percent(low)} to {percent(high)}" if low > 0 else f"at most {percent(high)}"
