"""The kits: a set of SDKs with the process that runs their scenarios, and why one cannot be used here."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from conformance.core.canary import token
from conformance.real_clients.place import Place
from conformance.real_clients.scenario import Result

OLDER = "CONFORMANCE_OLDER_SDKS"
"""The environment variable with the folder of older SDKs, as `pip install --target` makes it."""

NODE = "CONFORMANCE_NODE_CLIENTS"
"""The environment variable with the folder in which npm has installed the packages for Node."""

_FOLDER = Path(__file__).parent
_SCRIPT = _FOLDER / "scenarios.mjs"
_ENTRY = re.compile(r'^scenario\("([a-z0-9-]+)", "([a-z0-9-]+)",', re.MULTILINE)
_TOKEN_USE = re.compile(r'at\.upstream\("([a-z0-9-]+)"')


@dataclass(frozen=True, slots=True)
class Kit:
    """A set of SDKs. `names` are its scenarios, and `faults` the fault that each fails on."""

    name: str
    faults: Mapping[str, str]

    def missing(self) -> str:
        """Why the kit cannot be used here, as a sentence; "" if it can."""
        if self.name == "newest":
            absent = [name for name in ("openai", "anthropic") if importlib.util.find_spec(name) is None]
            return f"{' and '.join(absent)} not installed: pip install 'gateway-conformance[sdk]'" if absent else ""
        variable = NODE if self.name == "javascript" else OLDER
        if not os.environ.get(variable):
            return f"{variable} is not set (see docs/real-clients.md)"
        if self.name == "javascript" and not shutil.which("node"):
            return "Node is not installed"
        return ""

    @contextmanager
    def running(self, place: Place) -> Iterator[Process]:
        """Starts the process that runs the scenarios, and ends it with the block."""
        process = Process(self._command(), {**self._environment(), **certificates(place)}, place, **self._more())
        try:
            yield process
        finally:
            process.close()

    def _more(self) -> dict[str, object]:
        """The tokens of scripted scenarios, which only Python can make."""
        if self.name != "javascript":
            return {}
        return {"tokens": {name: token(name) for name in _TOKEN_USE.findall(_SCRIPT.read_text("utf-8"))}}

    def _command(self) -> list[str]:
        if self.name == "javascript":
            return [shutil.which("node") or "node", str(_SCRIPT)]
        return [sys.executable, "-m", "conformance.real_clients.driver"]

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "ANTHROPIC_"))}
        package = str(_FOLDER.parent.parent)
        folders = [os.environ[OLDER], package] if self.name == "older" else [package]
        return {**kept, "PYTHONPATH": os.pathsep.join(folders)}


def certificates(place: Place) -> dict[str, str]:
    """The variables that name the certificates for the SDKs for Python; none if the environment is to decide.

    Each of their clients reads all certificates of the system when it is made, which takes most of the CPU time of the
    scenarios. A gateway on this machine without TLS needs none, so the SDKs get a folder without any.
    """
    parts = urlsplit(place.url)
    if parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost"):
        return {"SSL_CERT_FILE": "", "SSL_CERT_DIR": str(_FOLDER)}
    return {}


class Process:
    """A running driver."""

    def __init__(self, command: list[str], environment: Mapping[str, str], place: Place, **more: object) -> None:
        self._child = subprocess.Popen(  # noqa: S603 (our own scripts)
            command, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self._write({
            "url": place.url, "key": place.key, "models": dict(place.models), "headers": dict(place.headers),
            "provider": place.provider, "control_key": place.control_key, **more,
        })  # fmt: skip

    def run(self, name: str, headers: Mapping[str, str] | None = None) -> Result:
        """Runs a scenario, with these headers on every request."""
        self._write({"name": name, "headers": dict(headers or {})})
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            return Result("failed", f"{name}: the process of the SDK ended with code {self._child.wait()}")
        return Result(**json.loads(line))

    def close(self) -> None:
        """Ends the process."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        try:
            self._child.wait(5)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child.stdout.close()

    def _write(self, document: object) -> None:
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(f"{json.dumps(document)}\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            pass  # the next answer says that the process ended


def kits() -> list[Kit]:
    """The three kits: the newest SDKs for Python, an older major of each, and the SDKs for JavaScript."""
    from conformance.real_clients.table import SCENARIOS

    python = {name: each.fault for name, each in SCENARIOS.items()}
    javascript = dict(_ENTRY.findall(_SCRIPT.read_text("utf-8")))
    return [Kit("newest", python), Kit("older", python), Kit("javascript", javascript)]
