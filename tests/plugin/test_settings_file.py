"""The options in a pyproject.toml or a gateway-conformance.toml."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.core import user_cache
from conformance.core.options import OPTIONS, Option
from conformance.core.yaml_input import InputError
from conformance.plugin import settings_file
from tests.support.paths import ROOT

pytest_plugins = ["pytester"]

TEST = str(ROOT / "conformance" / "test_gateway.py")
CACHE = str(user_cache.folder().parent)


@pytest.fixture(autouse=True)
def _with_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytester gives each test a home folder of its own, in which all cases would be parsed again."""
    monkeypatch.setenv("XDG_CACHE_HOME", CACHE)


def read(folder: Path, text: str, name: str = settings_file.OWN) -> dict[str, Any]:
    """The options of a file with this text, by their short names."""
    (folder / name).write_text(text, "utf-8")
    return {given.option.short: given.value for given in settings_file.read(folder, folder)}


def example(option: Option) -> tuple[str, Any]:
    """A legal value of an option as TOML, and as the command line would give it."""
    if option.is_flag:
        return "true", True
    if option.choices:
        return json.dumps(option.choices[0]), option.choices[0]
    if option.type is not str:
        return "7", option.type(7)
    return ('["a", "b"]', ["a", "b"]) if option.repeatable else ('"a"', "a")


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.short)
def test_every_option_may_be_in_the_file(option: Option, tmp_path: Path) -> None:
    text, value = example(option)
    found = read(tmp_path, f"{option.short} = {text}\n")
    assert found == {option.short: value}
    assert type(found[option.short]) is type(value)


def test_the_table_of_a_pyproject_is_the_same(tmp_path: Path) -> None:
    text = '[project]\nurl = 1\n[tool.gateway-conformance]\nurl = "u"\nconcurrency = 4\nmodel = ["messages=m", "n"]\n'
    found = read(tmp_path, text, settings_file.SHARED)
    assert found == {"url": ["u"], "concurrency": 4, "model": ["messages=m", "n"]}


@pytest.mark.parametrize(
    "text", ['name = "gateway-conformance"\n', "[tool.other]\nx = 1\n", "not TOML\n", "", 'tool = "gateway"\n']
)
def test_a_pyproject_without_the_table_is_not_for_the_suite(text: str, tmp_path: Path) -> None:
    assert read(tmp_path, text, settings_file.SHARED) == {}


BAD = {
    'urll = "u"': (":1: unknown key 'urll'; did you mean 'url'?",),
    "strict = true\nmax_rpm = 3": (":2: unknown key 'max_rpm'; did you mean 'max-rpm'?",),
    "zzz = 1": ("unknown key 'zzz'; known keys: url, profile",),
    'gateway-url = "u"': (":1: unknown key 'gateway-url'; write 'url'",),
    "--gateway-retries = 1": (":1: unknown key '--gateway-retries'; write 'retries'",),
    "strict = true\n\nconcurrency = '4'": (":3: concurrency: give a whole number",),
    "concurrency = true": (":1: concurrency: give a whole number",),
    "concurrency = 1.5": (":1: concurrency: give a whole number",),
    'timeout = "30"': (":1: timeout: give a number",),
    "timeout = inf": (":1: timeout inf: give seconds, more than 0",),
    "timeout = nan": (":1: timeout nan: give seconds, more than 0",),
    "set = 2025-11-01": (":1: set: give a text in quotes",),
    'url = ["u", 1]': (':1: url: give a text in quotes, such as "…", or a list of them',),
    'profile = ["a", "b"]': (":1: profile: give a text in quotes",),
    'strict = "yes"': (":1: strict: give true or false",),
    "concurrency = 0": (":1: concurrency 0: give 1 or more",),
    "retries = -1": (":1: retries -1: give 0 or more",),
    "timeout = 0": (":1: timeout 0: give seconds, more than 0",),
    'model = ""': (":1: model: it is empty",),
    'tier = "fast"': (":1: tier 'fast': give 'quick', 'standard' or 'full'",),
    "[profile]\na = 1": (":1: profile: give a text",),
    'key = "k"': (":1: 'key': a key has no place in a file", "GATEWAY_API_KEY"),
    'api-key = "k"': ("'api-key': a key has no place in a file",),
    'GATEWAY_API_KEY = "k"': ("'GATEWAY_API_KEY': a key has no place in a file",),
    'token = "k"': ("'token': a key has no place in a file",),
    'model = "sk-abcdefghijklmnopqrstuvwxyz123456"': ("model: the value looks like a key",),
    'proxy = "http://user:password-4711@p.example:1"': (":1: proxy: a user and a password have no place in a file",),
    "url = ": ("this is not valid TOML",),
    "url = 1\nurl = 2": ("this is not valid TOML",),
}


@pytest.mark.parametrize("text", BAD)
def test_a_mistake_is_one_sentence_with_the_line(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    said = str(caught.value)
    assert settings_file.OWN in said
    assert "\n" not in said
    assert "sk-abc" not in said
    for part in BAD[text]:
        assert part in said


def test_the_line_in_a_pyproject_is_that_of_the_table(tmp_path: Path) -> None:
    text = "[project]\nretries = 1\n\n[tool.gateway-conformance]  # nightly\nstrict = true\nretries = -1\n"
    with pytest.raises(InputError, match=r"^pyproject\.toml:6: retries -1: give 0 or more"):
        read(tmp_path, text, settings_file.SHARED)


def test_a_file_that_is_not_a_table_or_not_readable_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has to be a table"):
        read(tmp_path, "[tool]\ngateway-conformance = 1\n", settings_file.SHARED)
    (tmp_path / settings_file.SHARED).unlink()
    (tmp_path / settings_file.OWN).write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not valid TOML"):
        settings_file.read(tmp_path, tmp_path)
    (tmp_path / settings_file.OWN).write_text("[" * 100_000, "utf-8")
    with pytest.raises(InputError, match="not valid TOML"):
        settings_file.read(tmp_path, tmp_path)


def test_two_tables_in_a_folder_are_refused(tmp_path: Path) -> None:
    read(tmp_path, "strict = true\n")
    with pytest.raises(InputError, match="keep one of the two"):
        read(tmp_path, "[tool.gateway-conformance]\n", settings_file.SHARED)


def test_the_nearest_file_counts_and_its_paths_start_at_its_folder(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    text = 'profile = "p.yaml"\nbaseline = "none"\ndurations-from = "/abs/run.json"\n'
    assert read(tmp_path, text)["profile"] == "p.yaml"
    found = {given.option.short: given.value for given in settings_file.read(below, below)}
    wanted = {"profile": str(tmp_path / "p.yaml"), "baseline": "none", "durations-from": "/abs/run.json"}
    assert found == wanted
    (tmp_path / "a" / settings_file.OWN).write_text("strict = true\n", "utf-8")
    assert [given.option.short for given in settings_file.read(below, below)] == ["strict"]


def test_the_file_of_the_rootdir_is_found_from_elsewhere(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    root.mkdir()
    elsewhere.mkdir()
    (root / settings_file.OWN).write_text("repeat = 3\n", "utf-8")
    [given] = settings_file.read(elsewhere, root)
    assert (given.option.short, given.value, given.place) == ("repeat", 3, f"{root / settings_file.OWN}:1")


def configured(pytester: pytest.Pytester, text: str, *args: str) -> Any:
    (pytester.path / settings_file.OWN).write_text(text, "utf-8")
    config = pytester.parseconfigure("-p", "no:cacheprovider", *args)
    return config.option


def test_the_command_line_is_stronger(pytester: pytest.Pytester) -> None:
    text = 'concurrency = 4\nmodel = ["a", "b"]\nretries = 5\nrepeat = 2\nstrict = true\n'
    (pytester.path / "more").write_text("--gateway-repeat=3\n", "utf-8")
    option = configured(pytester, text, TEST, "--gateway-concurrency=8", "--model=c", "@more")
    assert (option.gateway_concurrency, option.gateway_model, option.gateway_repeat) == (8, ["c"], 3)
    assert (option.gateway_retries, option.gateway_strict) == (5, True)


def test_addopts_are_stronger_too(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\naddopts = --gateway-retries=1\n")
    assert configured(pytester, "retries = 5\n", "-c", "tox.ini", TEST).gateway_retries == 1


def test_other_tests_of_the_project_do_not_read_the_file(pytester: pytest.Pytester) -> None:
    assert configured(pytester, 'url = "http://127.0.0.1:9/v1"\nnonsense = 1\n').gateway_url == []


def test_a_mistake_in_the_file_ends_the_run_before_a_request(pytester: pytest.Pytester) -> None:
    (pytester.path / settings_file.OWN).write_text("concurrency = 0\n", "utf-8")
    result = pytester.runpytest_inprocess(TEST)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: gateway-conformance.toml:1: concurrency 0: give 1 or more"])


def test_an_error_that_shows_later_names_the_file(pytester: pytest.Pytester) -> None:
    (pytester.path / settings_file.OWN).write_text('strict = true\nshard = "4/3"\n', "utf-8")
    result = pytester.runpytest_inprocess(TEST)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --gateway-shard 4/3: * (from gateway-conformance.toml:2)"])
