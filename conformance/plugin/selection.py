"""Whether pytest was asked to run the suite, from its arguments alone: nothing is imported to find out."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

import pytest

WORKER_KEY = "gateway_conformance_judged"
"""Where a worker of pytest-xdist gets from the controller, if it runs the suite, which cases have been judged."""

GATEWAY_OPTIONS = ("--gateway-url", "--gateway-profile")
"""The options that name a gateway."""

_PACKAGE = Path(__file__).resolve().parent.parent
_TEST = _PACKAGE / "test_gateway.py"
_ONLY_BY_NAME = ("test_sdk", "test_agents")
"""The tests with real clients, which run only if their file is named."""


def is_only_by_name(path: Path) -> bool:
    """Whether a file has tests with real clients."""
    return path.stem in _ONLY_BY_NAME and path.resolve().parent == _PACKAGE


def is_without_tests(path: Path) -> bool:
    """Whether a folder is one of the suite's packages, which contain no tests."""
    return path.is_dir() and path.resolve().parent == _PACKAGE


def names_real_clients(config: pytest.Config) -> bool:
    """Whether the tests with real clients are among the files and modules that pytest was told to run."""
    names = [argument.partition("::")[0] for argument in config.args]
    modules = {f"conformance.{name}" for name in _ONLY_BY_NAME}
    if config.getoption("pyargs") and not modules.isdisjoint(names):
        return True
    return any(is_only_by_name(Path(config.invocation_params.dir, name)) for name in names)


def is_wanted(config: pytest.Config) -> bool:
    """Whether the suite or the tests with real clients are to run, or a gateway is named."""
    return (
        is_selected(config)
        or names_real_clients(config)
        or any(_is_given(config, option) for option in GATEWAY_OPTIONS)
    )


def forgotten(config: pytest.Config) -> str:
    """The option that asks for a test of a gateway although the suite is not among the tests to run; "" if none does.

    Options in a configuration file do not count: they are there in every run, also in those of other tests.
    """
    if is_selected(config) or names_real_clients(config) or hasattr(config, "workerinput"):
        return ""
    usual = {text.partition("=")[0] for text in config.getini("addopts")}
    return next((name for name in GATEWAY_OPTIONS if name not in usual and _is_given(config, name)), "")


def selectors(config: pytest.Config) -> list[str]:
    """The options of pytest that may have left out some tests; `ids` if tests were named."""
    found = [name for name, attribute in _SELECTORS.items() if getattr(config.option, attribute, None)]
    return [*found, "ids"] if any("::" in argument for argument in config.args) else found


_SELECTORS = {
    "-k": "keyword", "-m": "markexpr", "--deselect": "deselect", "--last-failed": "lf", "--stepwise": "stepwise",
}  # fmt: skip
"""pytest's options that select tests -> their attributes."""


def _is_given(config: pytest.Config, option: str) -> bool:
    return bool(config.getoption(option))


def is_selected(config: pytest.Config) -> bool:
    """Whether the gateway's test is among the files, folders or packages that pytest was told to run."""
    if hasattr(config, "workerinput"):
        return WORKER_KEY in config.workerinput
    names = [argument.partition("::")[0] for argument in config.args]
    if config.getoption("pyargs") and any(name in ("conformance", "conformance.test_gateway") for name in names):
        return True
    skipped = config.getini("norecursedirs")
    return any(_finds_test(Path(config.invocation_params.dir, name).resolve(), skipped) for name in names)


def _finds_test(path: Path, skipped: Sequence[str]) -> bool:
    """Whether pytest finds the gateway's test under a path; by default it skips virtual environments, for example."""
    if path == _TEST:
        return True
    between = [folder for folder in _TEST.parents if path in folder.parents]
    return path in _TEST.parents and not any(_is_skipped(folder, skipped) for folder in between)


def _is_skipped(folder: Path, skipped: Sequence[str]) -> bool:
    return any(fnmatch(folder.name, pattern) for pattern in skipped) or (folder / "pyvenv.cfg").exists()
