"""Own options are called `--gateway-…`; old names work where nothing else has claimed them."""

from __future__ import annotations

import sys

import pytest
import trustme

from conformance.analysis import gate
from conformance.client import http
from conformance.core.options import OLD_NAMES, OPTIONS
from conformance.core.yaml_input import InputError
from conformance.plugin.options import advice, replace_old_names
from conformance.plugin.selection import forgotten, is_selected, is_wanted
from conformance.run import provenance
from conformance.run.config import check_values
from tests.support.paths import ROOT

pytest_plugins = ["pytester"]

TEST = str(ROOT / "conformance" / "test_gateway.py")
PLUGIN = 'def pytest_addoption(parser):\n    parser.addoption("--model", help="a car")\n'


def test_all_names_start_with_gateway() -> None:
    assert len({option.name for option in OPTIONS}) == len(OPTIONS)
    assert all(option.name.startswith("--gateway-") and option.dest.startswith("gateway_") for option in OPTIONS)
    assert all(new == f"--gateway-{old[2:]}".replace("-control-", "-upstream-") for old, new in OLD_NAMES.items())


def test_the_table_agrees_with_the_modules_that_use_it() -> None:
    table = {option.name: option for option in OPTIONS}
    assert table["--gateway-max-body"].default == http.MAX_BYTES
    assert table["--gateway-fail-on"].choices == gate.FAIL_ON


def test_old_names_are_understood(pytester: pytest.Pytester) -> None:
    option = pytester.parseconfig("--model=m", "--timeout", "30", "--set=none", "--control-url=u", "--resume").option
    assert (option.gateway_model, option.gateway_timeout, option.gateway_set) == (["m"], 30, "none")
    assert (option.gateway_upstream_url, option.gateway_resume, option.gateway_http2) == ("u", True, False)


def test_old_names_in_a_file_of_arguments_are_understood(pytester: pytest.Pytester) -> None:
    (pytester.path / "more").write_text("--model=m\n--gateway-url=u\n", "utf-8")
    (pytester.path / "args").write_text("--timeout=30\n@more\n", "utf-8")
    option = pytester.parseconfig("@args", "--retries=1").option
    assert (option.gateway_timeout, option.gateway_model, option.gateway_url) == (30, ["m"], ["u"])
    assert option.gateway_retries == 1
    (pytester.path / "new").write_text("--gateway-model=n\n", "utf-8")
    assert pytester.parseconfig("@new").option.gateway_model == ["n"]


def test_arguments_after_two_dashes_are_not_options(pytester: pytest.Pytester) -> None:
    args = ["--resume", "--", "--resume"]
    assert replace_old_names(pytester.parseconfig()._parser, args, args) == ["--resume"]
    assert args == ["--gateway-resume", "--", "--resume"]


def test_an_old_name_of_an_own_configuration_file_is_understood(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\naddopts = --retries=1\n")
    assert pytester.parseconfig().option.gateway_retries == 1


def test_a_conftest_that_has_an_option_of_an_old_name_keeps_it(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(PLUGIN)
    option = pytester.parseconfig("--model=x", "--repeat=2").option
    assert (option.model, option.gateway_model, option.gateway_repeat) == ("x", [], 2)


def test_a_plugin_that_has_an_option_of_an_old_name_keeps_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(cars=PLUGIN)
    pytester.syspathinsert()
    option = pytester.parseconfig("-p", "cars", "--model=x", "--gateway-model=y").option
    assert (option.model, option.gateway_model) == ("x", ["y"])


def test_a_conftest_that_is_loaded_late_keeps_its_options(pytester: pytest.Pytester) -> None:
    """pytest adds its options after it has parsed the command line, so only their defaults count."""
    (pytester.mkdir("below") / "conftest.py").write_text(PLUGIN, "utf-8")
    pytester.makepyfile(
        **{"below/test_own": "def test_own(request):\n    assert request.config.option.model is None\n"}
    )
    assert pytester.runpytest_inprocess("-p", "no:cacheprovider").ret == 0


def test_an_old_name_is_unknown_where_the_suite_does_not_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_own(): pass")
    result = pytester.runpytest_inprocess("--model=x", "--strict")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: unrecognized arguments: --model=x"])


def test_only_the_command_line_makes_the_suite_strict(pytester: pytest.Pytester) -> None:
    assert pytester.parseconfig("--strict").option.gateway_strict
    assert pytester.parseconfig("--gateway-strict").option.gateway_strict
    pytester.makeini("[pytest]\nstrict = true\naddopts = --strict\n")
    assert not pytester.parseconfig().option.gateway_strict


def test_the_new_names_are_printed_once() -> None:
    said = advice(["--model=a", "--model=b", "--strict"])
    assert said.endswith("use --gateway-model instead of --model, --gateway-strict instead of --strict")


@pytest.mark.parametrize(
    ("args", "selected"),
    [
        ([TEST], True),
        ([f"{TEST}::test_gateway"], True),
        ([str(ROOT)], True),
        (["--pyargs", "conformance"], True),
        (["--pyargs", "conformance.test_gateway::test_gateway"], True),
        (["--pyargs", "json"], False),
        (["conformance"], False),
        ([], False),
    ],
)
def test_which_arguments_select_the_suite(args: list[str], selected: bool, pytester: pytest.Pytester) -> None:
    config = pytester.parseconfig(*args)
    assert is_selected(config) is selected
    assert is_wanted(config) is selected


def test_a_suite_in_a_virtual_environment_is_not_selected(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = pytester.path / "env" / "lib" / "site-packages" / "conformance" / "test_gateway.py"
    installed.parent.mkdir(parents=True)
    monkeypatch.setattr("conformance.plugin.selection._TEST", installed)
    assert is_selected(pytester.parseconfig())
    (pytester.path / "env" / "pyvenv.cfg").touch()
    assert not is_selected(pytester.parseconfig())
    assert is_selected(pytester.parseconfig(str(installed)))
    (pytester.path / "env").rename(pytester.path / ".venv")
    monkeypatch.setattr("conformance.plugin.selection._TEST", pytester.path / ".venv" / "test_gateway.py")
    assert not is_selected(pytester.parseconfig())


URL = "--gateway-url=http://127.0.0.1:9/v1"


@pytest.mark.parametrize("option", [URL, "--gateway-profile=gateway.yaml"])
def test_a_gateway_that_is_named_without_the_suite_is_forgotten(option: str, pytester: pytest.Pytester) -> None:
    config = pytester.parseconfig(option)
    assert not is_selected(config)
    assert is_wanted(config)
    assert forgotten(config) == option.partition("=")[0]
    assert not forgotten(pytester.parseconfig("--pyargs", "conformance", option))
    assert not forgotten(pytester.parseconfig(TEST, option, "-k", "no such case"))
    config.workerinput = {}  # type: ignore[attr-defined]
    assert not forgotten(config)


@pytest.mark.parametrize("arguments", [[], ["--gateway-model=m"], ["--gateway-strict"]])
def test_without_a_gateway_nothing_is_forgotten(arguments: list[str], pytester: pytest.Pytester) -> None:
    assert not forgotten(pytester.parseconfig(*arguments))


def test_a_gateway_in_a_configuration_file_is_named_in_every_run(pytester: pytest.Pytester) -> None:
    pytester.makeini(f"[pytest]\naddopts = {URL}\n")
    assert not forgotten(pytester.parseconfig())
    assert forgotten(pytester.parseconfig("--gateway-profile=gateway.yaml")) == "--gateway-profile"


@pytest.mark.parametrize("more", [(), ("--collect-only",), ("-n1",)])
def test_own_tests_with_a_gateway_and_without_the_suite_are_refused(
    more: tuple[str, ...], pytester: pytest.Pytester
) -> None:
    pytester.makepyfile("def test_own():\n    print('own test ran')")
    result = pytester.runpytest_inprocess("-s", URL, *more)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --gateway-url: the suite is not among *run `pytest --pyargs conformance`*"])
    result.stdout.no_fnmatch_line("*own test ran*")


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--gateway-proxy=http://127.0.0.1:1", "--gateway-proxy: real clients have settings of their own"),
        ("--gateway-client-cert=client.pem", "--gateway-client-cert: real clients cannot send a certificate"),
    ],
)
def test_real_clients_are_given_no_proxy_and_no_certificate(option: str, words: str, pytester: pytest.Pytester) -> None:
    trustme.CA().issue_cert("a.example").private_key_and_cert_chain_pem.write_to_path("client.pem")
    with pytest.raises(pytest.UsageError, match=words):
        pytester.parseconfigure("--pyargs", "conformance.test_sdk", URL, option)


def test_http2_needs_its_package(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h2", None)
    with pytest.raises(pytest.UsageError, match=r"--gateway-http2: .* install gateway-conformance\[http2\]"):
        pytester.parseconfigure(TEST, URL, "--gateway-http2")


def test_help_needs_no_tests(pytester: pytest.Pytester) -> None:
    assert pytester.runpytest_inprocess("--help", URL).ret == 0


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("--gateway-concurrency=0", "--gateway-concurrency 0: give 1 or more"),
        ("--gateway-retries=-1", "--gateway-retries -1: give 0 or more"),
        ("--gateway-timeout=0", "--gateway-timeout 0: give seconds, more than 0"),
        ("--gateway-timeout=inf", "--gateway-timeout inf: give seconds, more than 0"),
        ("--gateway-cases= ", "--gateway-cases: it is empty"),
        ("--gateway-model=", "--gateway-model: it is empty"),
    ],
)
def test_a_bad_value_is_one_sentence(argument: str, words: str, pytester: pytest.Pytester) -> None:
    with pytest.raises(InputError, match=words):
        check_values(pytester.parseconfig(argument).option)


def test_run_json_keeps_the_names_of_options(pytester: pytest.Pytester) -> None:
    config = pytester.parseconfig("-k", "text", "--gateway-retries=1", "--gateway-strict", "--gateway-concurrency=8")
    assert provenance.options(config.option) == {"-k": "text", "--strict": True, "--retries": 1}


def test_run_json_lists_an_option_that_is_0(pytester: pytest.Pytester) -> None:
    assert provenance.options(pytester.parseconfig("--gateway-retries=0").option) == {"--retries": 0}
    assert provenance.options(pytester.parseconfig("--gateway-retries=2").option) == {}
