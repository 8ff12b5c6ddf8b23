"""`gateway-conformance run` is the same run as pytest's, and as one with the options in a file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from conformance.cli.main import parser_of
from conformance.cli.run import command_line
from conformance.core.options import OPTIONS
from conformance.reference import DEFAULT_KEY, reference_gateway
from tests.support import suite

HEAD = [sys.executable, "-P", "-m", "pytest", "--pyargs", "conformance.test_gateway"]
FEW = "messages/text and (system or prefilled)"


def command(*arguments: str) -> list[str]:
    return command_line(parser_of(("run",)).parse_args(["run", *arguments]))


@pytest.mark.parametrize("prefix", ["--", "--gateway-"])
def test_options_have_long_and_short_names(prefix: str) -> None:
    asked = command(f"{prefix}url=u", f"{prefix}url", "v", f"{prefix}strict", f"{prefix}concurrency", "4")
    assert asked == [*HEAD, "--gateway-strict", "--gateway-url=u", "--gateway-url=v", "--gateway-concurrency=4"]


def test_every_option_is_known() -> None:
    for option in OPTIONS:
        given = [f"--{option.short}"] if option.is_flag else [f"--{option.short}=1"]
        assert command(*given) == [*HEAD, option.name if option.is_flag else f"{option.name}=1"]


def test_the_options_of_pytest_come_after_two_dashes() -> None:
    asked = command("--tier=quick", "--", "-k", "text", "-n", "2", "--collect-only")
    assert asked == [*HEAD, "--gateway-tier=quick", "-k", "text", "-n", "2", "--collect-only"]


@pytest.mark.parametrize("arguments", [("--urll=u",), ("-k", "text"), ("--conc=4",)])
def test_other_options_are_refused(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command(*arguments)
    assert ended.value.code == 2
    assert "unrecognized arguments" in capsys.readouterr().err


def sh(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=suite.environment(), capture_output=True, text=True, timeout=180,
        check=False,
    )  # fmt: skip


@pytest.mark.e2e
def test_the_version_is_printed(tmp_path: Path) -> None:
    told = sh(tmp_path, "-m", "conformance", "--version")
    assert (told.returncode, told.stdout) == (0, f"gateway-conformance {version('gateway-conformance')}\n")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GATEWAY_API_KEY", DEFAULT_KEY)
        with reference_gateway() as running:
            yield running.base_url


@pytest.mark.e2e
def test_three_ways_to_give_the_options_are_the_same_run(url: str, tmp_path: Path) -> None:
    ways = {name: tmp_path / name for name in ("pytest", "run", "file")}
    for folder in ways.values():
        folder.mkdir()
    options = (f"url={url}", "tier=quick", "retries=1", "concurrency=2")
    (ways["file"] / "gateway-conformance.toml").write_text(
        f'url = "{url}"\ntier = "quick"\nretries = 1\nconcurrency = 2\n', "utf-8"
    )
    cases = suite.part(tmp_path / "cases", "messages/text.yaml")
    own = ("-p", "no:cacheprovider", f"--gateway-cases={cases}", "-k", FEW)
    long = [f"--gateway-{option}" for option in options]
    short = [f"--{option}" for option in options]
    ran = [
        sh(ways["pytest"], "-m", "pytest", "--pyargs", "conformance.test_gateway", *long, *own),
        sh(ways["run"], "-m", "conformance", "run", *short, "--", *own),
        sh(ways["file"], "-m", "pytest", "--pyargs", "conformance.test_gateway", *own),
    ]
    assert [one.returncode for one in ran] == [0, 0, 0], [one.stdout + one.stderr for one in ran]
    first, *others = [
        json.loads((folder / "reports" / "latest" / "run.json").read_text("utf-8")) for folder in ways.values()
    ]
    verdicts = [(entry["id"], entry["outcome"]) for entry in first["verdicts"]]
    assert verdicts
    assert first["options"]["--retries"] == 1
    for other in others:
        assert [(entry["id"], entry["outcome"]) for entry in other["verdicts"]] == verdicts
        assert other["options"] == first["options"]
