"""The pytest plugin: options, hooks, the xdist scheduler and Allure.

pytest loads this module in every project that the suite is installed beside. It imports only the table of options; the
rest is loaded when the suite is to run.
"""

from __future__ import annotations

import sys
from collections.abc import Generator

import pytest

from conformance.plugin import options
from conformance.plugin.selection import is_wanted

_HOOKS = "conformance.plugin.hooks"
_OLD_NAMES = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, None, None]:
    """Replaces old names of options when every plugin and conftest.py has added its own, and none is parsed yet."""
    yield
    early_config.stash[_OLD_NAMES] = options.replace_old_names(parser, args, early_config.invocation_params.args)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    old = config.stash.get(_OLD_NAMES, [])
    if is_wanted(config):
        if old and not hasattr(config, "workerinput"):
            print(options.advice(old), file=sys.stderr)
        config.pluginmanager.import_plugin(_HOOKS)
    elif foreign := [text for text in old if text != options.STRICT]:
        raise pytest.UsageError(f"unrecognized arguments: {' '.join(foreign)}")
