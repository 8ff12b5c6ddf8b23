"""The tests with real clients are collected only if their file is named."""

from __future__ import annotations

from tests.support.suite import run_inside


def collected(*arguments: str) -> str:
    return run_inside("-pno:cacheprovider", "--collect-only", "-q", *arguments, GATEWAY_API_KEY=None).stdout


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
