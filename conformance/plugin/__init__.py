"""The pytest plugin: options, hooks, the xdist scheduler and Allure.

pytest loads this module in every project that the suite is installed beside. It imports only the table of options; the
rest is loaded when the suite is to run.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from importlib import import_module

import pytest

from conformance.plugin import options
from conformance.plugin.selection import is_selected, is_wanted, names_real_clients

_HOOKS = "conformance.plugin.hooks"
_ALLURE = "--alluredir"
_OLD_NAMES = pytest.StashKey[list[str]]()
_COMMAND_LINE = pytest.StashKey[tuple[pytest.Parser, list[str]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, None, None]:
    """Replaces old names of options when every plugin and conftest.py has added its own, and none is parsed yet."""
    yield
    early_config.stash[_OLD_NAMES] = options.replace_old_names(parser, args, early_config.invocation_params.args)
    early_config.stash[_COMMAND_LINE] = parser, [*args]
    if options.is_unknown(_ALLURE, parser, args):
        raise pytest.UsageError(f"{_ALLURE}: the package allure-pytest is not installed, or is disabled; install it")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    old = config.stash.get(_OLD_NAMES, [])
    if is_wanted(config):
        if old and not hasattr(config, "workerinput"):
            print(options.advice(old), file=sys.stderr)
        _load(config)
    elif foreign := [text for text in old if text != options.STRICT]:
        raise pytest.UsageError(f"unrecognized arguments: {' '.join(foreign)}")


def _load(config: pytest.Config) -> None:
    """Reads the options in a file, and starts the run.

    The file is read only where the suite runs, so that it changes no other tests of the project. A worker of
    pytest-xdist has the controller's options already.
    """
    # Imported here: pytest loads this module in every project.
    from conformance.plugin.plain_import import PlainFinder

    finder = PlainFinder()
    sys.meta_path.insert(0, finder)
    config.add_cleanup(lambda: sys.meta_path.remove(finder))
    from conformance.core.terminal_text import plain
    from conformance.core.yaml_input import InputError
    from conformance.plugin import garbage, settings_file

    if is_selected(config):
        garbage.collect_seldom(config)
    places: Mapping[str, str] = {}
    try:
        if (is_selected(config) or names_real_clients(config)) and not hasattr(config, "workerinput"):
            places = settings_file.apply(config, *config.stash[_COMMAND_LINE])
        config.pluginmanager.register(import_module(_HOOKS), _HOOKS)
    except InputError as error:
        raise pytest.UsageError(plain(str(error))) from None
    except pytest.UsageError as error:
        raise pytest.UsageError(settings_file.with_place(str(error), places)) from None
