"""`gateway-conformance soak`: its lines, its JSON, and one sentence for each wrong option."""

from __future__ import annotations

import json
import re

import pytest

from conformance.cli import main
from tests.support.paths import ROOT

Said = pytest.CaptureFixture[str]
URL = "--gateway-url=http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        (["--for=10"], "--for 10: give a time such as 90s, 10m or 1h"),
        (["--for=0m"], "--for 0m: give a time"),
        (["--for=soon"], "--for soon: give a time"),
        (["--at-once=0"], "--at-once 0: give a number from 1"),
        (["--requests=0"], "--requests 0: give a number from 1"),
        (["--gateway-url=ftp://host"], "ftp://host: "),
        (["--gateway-profile=missing.yaml"], "missing.yaml: "),
        (["--gateway-proxy=http://127.0.0.1:1"], "--gateway-proxy is for a gateway of your own"),
        ([URL, "--gateway-client-cert=no.pem"], "--gateway-client-cert no.pem: the file cannot be read"),
        (["--gateway-provider-listen=127.0.0.1:0"], "--gateway-provider-listen and --gateway-provider-url are for"),
        ([URL, "--gateway-provider-listen=127.0.0.1:0", "--gateway-provider-url=http://h"], "--gateway-provider-"),
        ([URL, "--gateway-provider-url=http://127.0.0.1:9"], "PROVIDER_CONTROL_KEY: "),
    ],
)  # fmt: skip
def test_a_wrong_option_is_one_sentence(
    arguments: list[str], start: str, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", "sk-one")
    monkeypatch.delenv("PROVIDER_CONTROL_KEY", raising=False)
    assert main(["soak", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"gateway-conformance: {start}")
    assert len(said.err.splitlines()) == 1


@pytest.mark.e2e
def test_the_command_of_the_page_soaks_the_reference_gateway(capsys: Said) -> None:
    page = (ROOT / "docs" / "soak.md").read_text("utf-8")
    [command] = re.findall(r"^```sh\ngateway-conformance (.*)\n```", page, re.MULTILINE)
    assert main([*command.split(), "--requests=12", "--json", "--seed=one"]) == 0
    said = capsys.readouterr()
    assert said.err.startswith("soaking http://127.0.0.1:")
    document = json.loads(said.out)
    assert (document["streams"], document["seed"]) == (12, "one")
    assert document["kinds"] == {"whole": 12}
    assert document["problems"] == []
    assert document["open_at_end"] == 0
