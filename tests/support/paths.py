"""Where the checkout is, and what may stand beside it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The checkout."""
SHARED = ROOT.parent / "shared"
"""Recorded traffic of the vendors, where a checkout has it beside it; tests that need it are skipped elsewhere."""
TRAFFIC = SHARED / "traffic" / "official-dev.jsonl.gz"
