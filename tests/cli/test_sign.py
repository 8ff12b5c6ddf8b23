"""`sign` and `verify --public-key`: a report that was changed after it was signed is refused."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.records import signature
from tests.support import example_runs
from tests.support.stored_runs import raw, written

PUBLIC = """untrusted comment: minisign public key 4CFA6F3A9F2CD5AC
RWSs1SyfOm/6TJGFKxLfNQzHoHs0Wmkd8ZKtF5LzBvj3oeDcGO5r8Ukf
"""


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """The path of a signed run.json; its keys are `key` and `key.pub` in the same folder."""
    path = written(tmp_path, example_runs.clean())
    assert main(["sign", "--new-key", str(tmp_path / "key")]) == 0
    assert main(["sign", str(path), "--key", str(tmp_path / "key")]) == 0
    return path


def test_a_signed_report_is_accepted(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(signed), "--public-key", f"{signed.parent}/key.pub"]) == 0, capsys.readouterr().out
    assert (signed.parent / "key").stat().st_mode & 0o077 == 0


def test_a_report_that_was_changed_and_sealed_again_is_refused(signed: Path) -> None:
    document = raw(signed)
    document["gateway"]["name"] = "another"
    signed.write_text(json.dumps(document), "utf-8")
    key = signed.parent / "key.pub"
    assert signature.problem(signed, key) == "the report, or its signature, was changed after it was signed"


def test_the_trusted_comment_is_signed(signed: Path) -> None:
    path = signed.with_name("run.json.minisig")
    path.write_text(path.read_text("utf-8").replace("report of", "record of"), "utf-8")
    assert "was changed after it was signed" in signature.problem(signed, signed.parent / "key.pub")


def test_another_key_is_told(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = signed.parent / "other"
    main(["sign", "--new-key", str(other)])
    assert main(["verify", str(signed), "--public-key", f"{other}.pub"]) == 1
    assert "run.json.minisig was made with another key" in capsys.readouterr().out


def test_the_files_have_the_format_of_minisign(signed: Path) -> None:
    """https://jedisct1.github.io/minisign/#signature-format"""
    comment, signature_line, trusted, bound = signed.with_name("run.json.minisig").read_text("utf-8").splitlines()
    assert comment.startswith("untrusted comment: ")
    assert trusted.startswith("trusted comment: ")
    made, ends = base64.b64decode(signature_line), base64.b64decode(bound)
    assert (made[:2], len(made), len(ends)) == (b"ED", 2 + 8 + 64, 64)
    key = base64.b64decode((signed.parent / "key").read_text("utf-8").splitlines()[1])
    assert (key[:6], len(key)) == (b"Ed\0\0B2", 158)
    assert key[-32:] == hashlib.blake2b(b"Ed" + key[54:-32], digest_size=32).digest()
    public = base64.b64decode((signed.parent / "key.pub").read_text("utf-8").splitlines()[1])
    assert public == b"Ed" + made[2:10] + key[94:126]


MISTAKES = {
    "no signature": (["verify", "RUN", "--public-key", "PUB"], "the signature of the report cannot be read"),
    "no public key": (["verify", "RUN", "--public-key", "RUN"], "this is not a public key of minisign"),
    "no secret key": (["sign", "RUN", "--key", "PUB"], "this is not a secret key of minisign"),
    "nothing": (["sign"], "give a run.json and --key, or --new-key to make a key"),
    "a key that is there": (["sign", "--new-key", "PUB"], "the key cannot be written"),
    "a password": (["sign", "RUN", "--key", "LOCKED"], "this key has a password"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_sentence(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    public, locked = tmp_path / "public", tmp_path / "locked"
    public.write_text(PUBLIC, "utf-8")
    locked.write_text(f"untrusted comment: x\n{base64.b64encode(b'EdScB2' + bytes(152)).decode()}\n", "utf-8")
    names = {"RUN": str(written(tmp_path, example_runs.clean())), "PUB": str(public), "LOCKED": str(locked)}
    arguments, words = MISTAKES[name]
    assert main([names.get(one, one) for one in arguments]) == 2
    [sentence] = capsys.readouterr().err.splitlines()
    assert words in sentence


def test_a_report_without_digests_is_not_signed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.json"
    document = example_runs.clean()
    del document["digests"]
    path.write_text(json.dumps(document), "utf-8")
    main(["sign", "--new-key", str(tmp_path / "key")])
    assert main(["sign", str(path), "--key", str(tmp_path / "key")]) == 2
    assert "the report has no digests" in capsys.readouterr().err


def test_without_the_library_the_extra_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.ed25519", None)
    assert main(["sign", "--new-key", str(tmp_path / "key")]) == 2
    assert "pip install 'gateway-conformance[sign]'" in capsys.readouterr().err
