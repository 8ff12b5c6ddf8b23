"""The pytest plugin: options, hooks, the xdist scheduler and Allure."""

from conformance.plugin.hooks import pytest_addoption, pytest_configure, verdict_of

__all__ = ["pytest_addoption", "pytest_configure", "verdict_of"]
