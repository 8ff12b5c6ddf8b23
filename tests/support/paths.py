"""The paths of the checkout and of the recorded traffic beside it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The checkout."""
SHARED = ROOT.parent / "shared"
"""Recorded traffic of the vendors, which may be beside the checkout. Without it, the tests that need it are skipped."""
TRAFFIC = SHARED / "traffic" / "official-dev.jsonl.gz"
