"""A real bash completes commands, options and their values with the script; zsh gets one, too."""

from __future__ import annotations

import shlex
import subprocess
import sys
from functools import cache

import pytest

from conformance.cli.completion import script
from conformance.cli.main import main

CALL = """
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMP_LINE="${{COMP_WORDS[*]}}"
function=$(complete -p gateway-conformance | sed 's/.*-F \\([^ ]*\\).*/\\1/')
"$function" gateway-conformance "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD - 1]}}"
printf '%s\\n' "${{COMPREPLY[@]}}" ---
"""
LINES = (
    ("gateway-conformance", ""),
    ("gateway-conformance", "ren"),
    ("gateway-conformance", "run", "--client-"),
    ("gateway-conformance", "run", "--gateway-tier", ""),
    ("gateway-conformance", "render", "--to", "code"),
    ("gateway-conformance", "render", "/etc/host"),
    ("gateway-conformance", "run", "--report-dir", "/et"),
)


@cache
def completed() -> list[list[str]]:
    """The words that bash offers for each of the lines, from one bash."""
    calls = "".join(CALL.format(words=shlex.join(line)) for line in LINES)
    ran = subprocess.run(
        ["bash", "--norc", "--noprofile", "-c", script("bash") + calls], capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    return [part.split() for part in ran.stdout.split("---\n")[:-1]]


@pytest.mark.e2e
def test_bash_completes_commands_options_and_values() -> None:
    commands, command, options, tiers, forms, files, folders = completed()
    assert {"run", "render", "doctor", "completion"} <= set(commands)
    assert command == ["render"]
    assert options == ["--client-cert", "--client-key"]
    assert tiers == ["quick", "standard", "full"]
    assert forms == ["code-quality"]
    assert "/etc/hosts" in files
    assert "/etc" in folders


def test_zsh_gets_a_script(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "zsh"]) == 0
    assert capsys.readouterr().out.startswith("#compdef gateway-conformance\n")


def test_without_the_package_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "gateway-conformance: completion: the package shtab is not installed; install gateway-conformance[completion]"
    ]
