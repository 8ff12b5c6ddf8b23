"""Whole runs of a few cases in this process, for the tests of `verify`: with faults, profiles and options."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml

from conformance.analysis import rejudge
from conformance.core.model import JSON, Case
from conformance.records.run_file import read_run
from conformance.reference import DEFAULT_KEY, misbehaving
from conformance.reference.gateway import Answer, Answering, Call
from conformance.reference.gateway.wire import whole
from conformance.reference.provider import DEFAULT_MODELS
from tests.support import suite
from tests.support.in_process import without_sockets
from tests.support.paths import ROOT

PARAMETERS = "upstream/parameters-chat"
FEW_PARAMETERS: JSON = {
    "for": {"parameter": ["stop", "seed"], "upstream": ["chat_completions"]},
    "request": {
        "body": {"model": "$model", "messages": [{"role": "user", "content": "$token"}], "stop": ["x"], "seed": 7}
    },
}
"""Two of the parameters of Chat Completions; the suite's own case has all of them."""
CASES: Mapping[str, tuple[str, ...]] = {
    "chat_completions/text": ("system-and-user", "content-parts", "recall", "empty-content"),
    "chat_completions/tools": ("round-trip",),
    "messages/vision": ("base64",),
    "messages/text": ("system-and-user", "replayed-answer", "recall"),
    "messages/tools": ("round-trip",),
    "responses/text": ("input-text", "recall"),
    "upstream/failures-status": ("limited",),
    PARAMETERS: ("chat",),
}
"""Case file -> the cases in the library: three families, tools, conversations, pictures, and cases from both ends."""
KNOWN = {"cases": "chat_completions/text/*", "rule": "chat.id", "reason": "ids are lost"}
"""The entry in the list of known failures of the honest run."""
FAULTS = ("chat-id-lost", "excusable-results-lost")
NOT_FOUND = b'{"error": {"message": "there is no such path", "type": "invalid_request_error"}}'

Around = Callable[[Answering], Answering]


def library(folder: Path, cases: Mapping[str, tuple[str, ...]] = CASES) -> Path:
    """A folder with some of the suite's cases, and their requirement sets."""
    for name, ids in cases.items():
        there = ROOT / "cases" / f"{name}.yaml"
        document = yaml.safe_load(there.read_text("utf-8"))
        document["cases"] = [entry for entry in document["cases"] if entry["id"] in ids]
        assert document["cases"], f"{name} has none of {ids}"
        if name == PARAMETERS:
            document["cases"][0] |= FEW_PARAMETERS
        own = folder / f"{name}.yaml"
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
        for fragments in there.parent.glob("_fragments.yaml"):
            shutil.copy(fragments, own.parent)
    shutil.copytree(ROOT / "cases" / "sets", folder / "sets", dirs_exist_ok=True)
    return folder


def profile(path: Path, **members: JSON) -> Path:
    """A profile of the reference gateway with these members."""
    path.write_text(yaml.safe_dump({"name": "acme", "version": "2.4", **members}), "utf-8")
    return path


def gateway(faults: Iterable[str] = (), absent: str = "") -> Around:
    """A wrapper around the reference gateway: faults, and an endpoint's path that it does not have."""
    wrong = misbehaving(tuple(faults), ())

    def around(answering: Answering) -> Answering:
        async def answer(call: Call) -> Answer:
            if absent and call.path.startswith(absent):
                return Answer(404, (("content-type", "application/json"),), whole(NOT_FOUND))
            return await answering(call)

        return wrong(answer)

    return around


class NoReportError(AssertionError):
    """A run did not begin, because its options select no case or a model list cannot be read; the text says why."""


def made(
    folder: Path, *options: str, around: Around | None = None, models: Sequence[str] = DEFAULT_MODELS
) -> Path:  # fmt: skip
    """Runs the suite in this process, and returns its run.json. Raises NoReportError."""
    with without_sockets(around or gateway(), models):
        result = suite.run("-q", f"--gateway-report-dir={folder}", *options, CONTROL_API_KEY=DEFAULT_KEY)
    if not (folder / "run.json").is_file():
        raise NoReportError(result.stdout + result.stderr)
    return folder / "run.json"


@cache
def _honest() -> tuple[str, Path]:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    cases = library(folder / "cases")
    claims = profile(folder / "profile.yaml", capabilities={"vision": False}, models={"default": "reference-large"})
    known = folder / "known.yaml"
    known.write_text(yaml.safe_dump({"known": [KNOWN]}), "utf-8")
    path = made(
        folder / "report", f"--gateway-cases={cases}", f"--gateway-profile={claims}", "--gateway-retries=0",
        f"--gateway-known-failures={known}", around=gateway(FAULTS, absent="/v1/responses"),
    )  # fmt: skip
    return json.dumps(read_run(path)), folder


def honest() -> JSON:
    """A whole run with verdicts of all kinds: the gateway loses ids and the results of tools, and has no Responses."""
    return json.loads(_honest()[0])


def honest_folder() -> Path:
    """The folder with the `cases`, the `profile.yaml` and the `report` of the honest run."""
    return _honest()[1]


@cache
def honest_cases() -> tuple[Case, ...]:
    """The cases of the honest run."""
    return rejudge.cases(honest(), honest_folder() / "cases")
