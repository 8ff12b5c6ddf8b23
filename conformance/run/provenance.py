"""Where a run comes from, for those who read its report later: what it was told, and what it was made with."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from string import Template
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from conformance.core.credential import redact_text
from conformance.core.model import JSON
from conformance.core.options import OPTIONS

PACKAGES = ("httpx", "jsonschema", "pytest", "pytest-xdist")
"""Packages whose version may make a difference to what is sent or judged."""

_CI = {
    "GITHUB_ACTIONS": ("GitHub Actions", "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"),
    "GITLAB_CI": ("GitLab CI", "$CI_JOB_URL"),
    "CIRCLECI": ("CircleCI", "$CIRCLE_BUILD_URL"),
    "BUILDKITE": ("Buildkite", "$BUILDKITE_BUILD_URL"),
    "JENKINS_URL": ("Jenkins", "$BUILD_URL"),
}
"""A variable that tells of a CI -> what that is called, and where the run is to be seen, of its documented variables.

https://docs.github.com/en/actions/reference/workflows-and-actions/variables,
https://docs.gitlab.com/ci/variables/predefined_variables/, https://circleci.com/docs/reference/variables/,
https://buildkite.com/docs/pipelines/configure/environment-variables,
https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables
"""

_PYTEST = {"-k": "keyword", "-m": "markexpr", "-n": "numprocesses"}
"""pytest's options that decide which cases run, as pytest keeps them."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """`case_set` is the date of the requirements, `none` without any; `options` are those that were given."""

    case_set: str = "none"
    options: Mapping[str, JSON] = field(default_factory=dict)
    environment: Mapping[str, JSON] = field(default_factory=dict)

    def document(self, key: str) -> dict[str, JSON]:
        """The members of run.json about it; whatever holds the key is written without it."""
        return {"options": _without(key, dict(self.options)), "environment": _without(key, dict(self.environment))}


def options(option: Any) -> dict[str, JSON]:
    """The options that were given, from pytest's parsed ones, by the names that run.json has for them."""
    usual = {name: (getattr(option, kept, None), None) for name, kept in _PYTEST.items()}
    own = {found.old: (getattr(option, found.dest), found.default) for found in OPTIONS if found.recorded}
    return {
        name: value for name, (value, default) in {**usual, **own}.items() if value not in (None, "", False, default)
    }


def environment(variables: Mapping[str, str]) -> dict[str, JSON]:
    """What the suite ran with and where; of the environment's variables only those that say where the run is seen."""
    found = {
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "packages": {name: number for name in PACKAGES if (number := _version(name))},
    }
    return {**found, **({"ci": ci} if (ci := _ci(variables)) else {})}


def _ci(variables: Mapping[str, str]) -> dict[str, str]:
    for variable, (name, address) in _CI.items():
        if variables.get(variable):
            return {"name": name, "url": _address(Template(address).safe_substitute(variables))}
    return {}


def _address(text: str) -> str:
    """A URL that may be followed and holds no credentials, else ""."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or "$" in text:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _without(key: str, value: JSON) -> JSON:
    if isinstance(value, dict):
        return {name: _without(key, part) for name, part in value.items()}
    return redact_text(value, key) if isinstance(value, str) and key else value
