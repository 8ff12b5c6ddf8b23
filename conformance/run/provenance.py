"""The origin of a run, for readers of its report: its options, the versions it used, and the link to the CI run."""

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
from conformance.core.options import OPTIONS, Option
from conformance.core.urls import without_user_info
from conformance.records.run_format import OptionalFacts

PACKAGES = ("httpx", "jsonschema", "pytest", "pytest-xdist")
"""Packages whose version may change the requests or the verdicts."""

_CI = {
    "GITHUB_ACTIONS": ("GitHub Actions", "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"),
    "GITLAB_CI": ("GitLab CI", "$CI_JOB_URL"),
    "CIRCLECI": ("CircleCI", "$CIRCLE_BUILD_URL"),
    "BUILDKITE": ("Buildkite", "$BUILDKITE_BUILD_URL"),
    "JENKINS_URL": ("Jenkins", "$BUILD_URL"),
}
"""The environment variable of a CI system -> its name, and the URL of the run from its documented variables.

https://docs.github.com/en/actions/reference/workflows-and-actions/variables,
https://docs.gitlab.com/ci/variables/predefined_variables/, https://circleci.com/docs/reference/variables/,
https://buildkite.com/docs/pipelines/configure/environment-variables,
https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables
"""

_PYTEST = {"-k": "keyword", "-m": "markexpr", "-n": "numprocesses"}
"""pytest's options that select cases or workers -> their attributes."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """`case_set` is the date of the requirement set, or `none`. `options` are the options given by the user."""

    case_set: str = "none"
    options: Mapping[str, JSON] = field(default_factory=dict)
    environment: Mapping[str, JSON] = field(default_factory=dict)

    def document(self, key: str) -> OptionalFacts:
        """The members `options` and `environment` of run.json, with the key redacted."""
        return {"options": _without(key, dict(self.options)), "environment": _without(key, dict(self.environment))}


def options(option: Any) -> dict[str, JSON]:
    """The options given by the user, from pytest's parsed options, by their names in run.json."""
    usual = {name: (getattr(option, kept, None), None) for name, kept in _PYTEST.items()}
    own = {found.old or found.name: (_shown(found, option), found.default) for found in OPTIONS if found.recorded}
    return {name: _plain(value) for name, (value, default) in {**usual, **own}.items() if _is_given(value, default)}


def _shown(declared: Option, option: Any) -> JSON:
    """The value of an option; a URL without a user and a password."""
    value: JSON = getattr(option, declared.dest)
    return without_user_info(value) if declared.metavar == "URL" and isinstance(value, str) else value


def _is_given(value: JSON, default: JSON) -> bool:
    """Whether a value is not the default; 0 is a value, although Python counts it as equal to False."""
    return value is not None and value is not False and value not in ("", [], default)


def _plain(value: JSON) -> JSON:
    """The value of an option; those of a repeated one with commas between them."""
    return ",".join(value) if isinstance(value, list) else value


def environment(variables: Mapping[str, str]) -> dict[str, JSON]:
    """Versions and platform, and the CI run, from the documented variables of the CI system only."""
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
