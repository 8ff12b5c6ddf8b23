"""Runs as users make them, drawn at random: some cases, a profile, faults, and options that go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

import yaml

from conformance.cli import main
from conformance.core.model import JSON
from conformance.reference.faults import ONE_SIDED
from conformance.reference.provider import DEFAULT_MODELS
from conformance.target import capabilities
from tests.support import legal_runs
from tests.support.paths import ROOT
from tests.support.proof import on_the_wire

FILES = (
    "auth/keys", "chat_completions/errors", "chat_completions/options", "chat_completions/reasoning",
    "chat_completions/streaming", "chat_completions/structured-output", "chat_completions/text",
    "chat_completions/tools", "chat_completions/unicode", "chat_completions/usage", "chat_completions/vision",
    "count_tokens/counting", "matrix/model-endpoint", "messages/agents", "messages/errors", "messages/options",
    "messages/parity", "messages/text", "messages/tools", "messages/versions", "mismatch/chat-body",
    "models/anthropic", "models/openai", "responses/conversations", "responses/errors", "responses/state",
    "responses/text", "responses/tools", "routing/compression", "routing/paths", "upstream/answers-chat",
    "upstream/answers-messages", "upstream/failures-status",
)  # fmt: skip
"""Case files from which cases are drawn; none of their cases waits for long."""
MODELS = ("weak", "weak-disobedient", "weak-random", "weak-short", "reference-large", "reference-mini")
KINDS = ("whole", "part", "tier", "shards", "resumed", "stopped", "budget", "repeated", "routes", "client", "failed")
"""The kinds of runs; `failed` is `--gateway-keep=failed`."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A run: its run.json, the folder of its cases, and its kind."""

    path: Path
    cases: Path
    kind: str

    def verified(self) -> int:
        """The exit code of `verify`."""
        return main(["verify", str(self.path), "--cases", str(self.cases)])


def draw(seed: int, folder: Path) -> Drawn:
    """Makes the run of a seed, in a new folder."""
    rng = Random(seed)
    kind = KINDS[seed % len(KINDS)]
    cases = legal_runs.library(folder / "cases", _cases(rng))
    around, models = legal_runs.gateway(_faults(rng), rng.choice(["", "", "", "/v1/responses"])), MODELS
    options = [f"--gateway-cases={cases}", f"--gateway-profile={_profile(rng, folder)}", "--gateway-retries=0"]
    if rng.random() < 0.3:
        options.append(f"--gateway-known-failures={_known(rng, folder)}")
    if rng.random() < 0.2 and kind != "routes":
        options.append("--gateway-upstream-url=http://upstream.test/v1")
    options += rng.sample(["--gateway-strict", "--gateway-fail-on=must", "--gateway-set=none"], rng.choice([0, 0, 1]))

    def made(where: str, *more: str) -> Path:
        return legal_runs.made(folder / where, *options, *more, around=around, models=(*DEFAULT_MODELS, *models))

    if kind == "shards":
        parts = [str(made(f"r{index}", f"--gateway-shard={index}/2")) for index in (1, 2)]
        assert main(["merge", *parts, "-o", str(folder / "merged.json")]) == 0
        return Drawn(folder / "merged.json", cases, kind)
    if kind in ("resumed", "stopped"):
        path = made("r", "--maxfail=1")
        return Drawn(path if kind == "stopped" else made("r", "--gateway-resume"), cases, kind)
    return Drawn(made("r", *_options(rng, kind)), cases, kind)


def _options(rng: Random, kind: str) -> list[str]:
    part = (["-k", rng.choice(["stream", "text or errors", "not tools", "messages"])], ["-m", "streaming or messages"])
    routes = ["--gateway-url=http://a.test/v1", "--gateway-url=http://b.test/v1"]
    special: Mapping[str, list[str]] = {
        "part": rng.choice(part),
        "tier": ["--gateway-tier=quick"],
        "budget": [f"--gateway-max-requests={rng.randint(4, 20)}"],
        "repeated": ["--gateway-repeat=2"],
        "routes": routes,
        "client": ["--gateway-client=codex,claude-code"],
        "failed": ["--gateway-keep=failed"],
    }
    return special.get(kind, [])


def _cases(rng: Random) -> dict[str, tuple[str, ...]]:
    """Some cases of some files."""
    found: dict[str, tuple[str, ...]] = {}
    for name in rng.sample(FILES, rng.randint(2, 4)):
        document = yaml.safe_load((ROOT / "cases" / f"{name}.yaml").read_text("utf-8"))
        ids = [entry["id"] for entry in document["cases"]]
        found[name] = tuple(rng.sample(ids, min(len(ids), rng.randint(1, 3))))
    return found


def _faults(rng: Random) -> list[str]:
    names = sorted(fault.id for fault in ONE_SIDED.values() if not on_the_wire(fault))
    return rng.sample(names, rng.choice([0, 1, 3, 8]))


def _profile(rng: Random, folder: Path) -> Path:
    members: JSON = {
        "models": {"default": rng.choice([*MODELS, "reference-large", "reference-large"])},
        "capabilities": {name: rng.random() < 0.5 for name in rng.sample(sorted(capabilities.table()), 4)},
    }
    if rng.random() < 0.3:
        members["serves"] = {"reference-large": ["messages", "chat_completions"], "reference-mini": ["responses"]}
    if rng.random() < 0.3:
        members["endpoints"] = rng.sample(["chat_completions", "messages", "responses", "models"], 3)
    if rng.random() < 0.3:
        members["headers"] = {"x-team": "conformance"}
    if rng.random() < 0.2:
        members["key_header"] = "x-api-key"
    return legal_runs.profile(folder / "profile.yaml", **members)


def _known(rng: Random, folder: Path) -> Path:
    path = folder / "known.yaml"
    entries = [{"cases": glob, "reason": "it is known", "sometimes": True} for glob in rng.sample(_GLOBS, 2)]
    path.write_text(yaml.safe_dump({"known": entries}), "utf-8")
    return path


_GLOBS = ("messages/*", "chat_completions/*", "responses/*", "*stream=true*")
