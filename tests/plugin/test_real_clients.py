"""The tests with real clients are collected only if their file is named."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.paths import ROOT

pytestmark = pytest.mark.e2e


def collected(*arguments: str) -> str:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120).stdout


def test_the_package_alone_leaves_them_out() -> None:
    found = collected("conformance", "--gateway-tier=quick")
    assert "conformance/test_gateway.py::" in found
    assert "test_sdk" not in found
    assert "test_agents" not in found


def test_a_named_file_or_module_is_collected() -> None:
    assert "::test_sdk[newest-chat-create]" in collected(
        "conformance/test_sdk.py", "--gateway-url=http://127.0.0.1:9/v1"
    )
    assert "::test_agent[codex-plain-answer]" in collected("--pyargs", "conformance.test_agents")
