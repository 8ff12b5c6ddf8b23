"""Whether pytest was asked to run the suite, from its arguments alone: nothing is imported to find out."""

from __future__ import annotations

from pathlib import Path

import pytest

WORKER_KEY = "gateway_conformance_judged"
"""Where a worker of pytest-xdist gets from the controller, if it runs the suite, which cases have been judged."""

_TEST = Path(__file__).resolve().parent.with_name("test_gateway.py")
_INSTALLED = {"site-packages", "dist-packages"}


def is_wanted(config: pytest.Config) -> bool:
    """Whether the suite is to run, or a gateway is named."""
    return is_selected(config) or bool(config.getoption("gateway_url"))


def is_selected(config: pytest.Config) -> bool:
    """Whether the gateway's test is among the files, folders or packages that pytest was told to run."""
    if hasattr(config, "workerinput"):
        return WORKER_KEY in config.workerinput
    names = [argument.partition("::")[0] for argument in config.args]
    if config.getoption("pyargs") and any(name in ("conformance", "conformance.test_gateway") for name in names):
        return True
    return any(_contains(Path(config.invocation_params.dir, name).resolve()) for name in names)


def _contains(path: Path) -> bool:
    """Whether pytest finds the gateway's test under a path; it does not look into the environment of a project."""
    if path == _TEST:
        return True
    return path in _TEST.parents and not _INSTALLED & set(_TEST.relative_to(path).parts)
