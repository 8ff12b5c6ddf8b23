"""YAML input has the types of JSON, and unreadable input is reported in one sentence with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.core import user_cache, yaml_input
from conformance.core.model import JSON
from conformance.core.yaml_input import InputError, read_yaml


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.yaml"


def value(file: Path, text: str) -> JSON:
    file.write_text(text, "utf-8")
    return yaml_input.parse(file).value


def refusal(path: Path, schema: str = "") -> str:
    with pytest.raises(InputError) as caught:
        read_yaml(path, schema) if schema else yaml_input.parse(path)
    said = str(caught.value)
    assert said.startswith(str(path))
    assert "\n" not in said
    return said.removeprefix(str(path))


@pytest.mark.parametrize(
    "text",
    ["no", "yes", "on", "off", "No", "TRUE", "Null", "12:30", "2026-11-23", "2026-11-23T10:00:00Z", "0x1f", "0o17",
     "1_000", "+1", "010", ".5", "1.", ".inf", ".nan", "=", "<<", "$model"],
)  # fmt: skip
def test_a_scalar_that_is_not_a_json_literal_is_text(file: Path, text: str) -> None:
    assert value(file, f"a: {text}") == {"a": text}


@pytest.mark.parametrize(
    ("text", "meant"),
    [("true", True), ("false", False), ("null", None), ("~", None), ("", None), ("0", 0), ("-7", -7), ("1e-1", 0.1),
     ("1E3", 1000.0), ("0.25", 0.25), ("-2.5e+2", -250.0), ("'1'", "1"), ('"true"', "true"), ("[1, a]", [1, "a"])],
)  # fmt: skip
def test_json_literals_have_their_types(file: Path, text: str, meant: JSON) -> None:
    found = value(file, f"a: {text}")["a"]
    assert found == meant
    assert type(found) is type(meant)


def test_keys_are_texts(file: Path) -> None:
    assert value(file, "1: a\ntrue: b\nnull: c\n1.5: d") == {"1": "a", "true": "b", "null": "c", "1.5": "d"}


def test_anchors_and_block_texts_work(file: Path) -> None:
    assert value(file, "a: &x {b: 1}\nc: *x\nd: |\n  two\n  lines\n") == {
        "a": {"b": 1},
        "c": {"b": 1},
        "d": "two\nlines\n",
    }


def test_an_empty_file_has_no_value(file: Path) -> None:
    assert value(file, "") is None
    assert value(file, "# only words\n") is None


def test_a_byte_order_mark_is_removed(file: Path) -> None:
    assert value(file, "\ufeffa: 1") == {"a": 1}


BROKEN = {
    "a: 1\nb: 2\na: 3": (":3:", "'a' is given twice"),
    "a:\n  - b: 1\n    b: 2": (":3:", "'b' is given twice"),
    "a: {b: 1,\n b: 2}": (":2:", "'b' is given twice"),
    "a: 1\n\tb: 2": (":2:", "'\\t'"),
    "a: 'x\nb: 1\n": (":3:", "quoted scalar that begins on line 1"),
    'a: "x': (":1:", "quoted scalar"),
    "a: 1\nb: [1,\nc: 2": (":3:", "flow sequence that begins on line 2"),
    "a: 1\nb: c: d": (":2:", "mapping values are not allowed"),
    "a: 1\n---\nb: 2": (":2:", "another document"),
    "a: *nothing": (":1:", "undefined alias 'nothing'"),
    "? [a]\n: b": (":1:", "expected a scalar"),
    "a: 1\nb: 1e999": (":2:", "too large"),
    "a: 1\nb: !!set {c}": (":2:", "tag"),
    "a: 1\nb: !!python/object/apply:os.system [ls]": (":2:", "tag"),
    "a: !!binary aGk=": (":1:", "tag"),
    "a: !!timestamp 2026-11-23": (":1:", "tag"),
    "a: !!int seven": ("'seven'", "remove the tag"),
    "a: !!bool maybe": ("'maybe'", "remove the tag"),
    f"a: {'9' * 5000}": ("digits",),
    "a: &x [*x]": ("nested",),
    "[" * 500: ("nested",),
    "a: 1\nb: x\0y": (":2:", "0x0"),
}


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_unreadable_yaml_is_one_sentence(file: Path, text: str) -> None:
    file.write_text(text, "utf-8")
    said = refusal(file)
    assert all(part in said for part in BROKEN[text]), said


def test_a_binary_file_is_one_sentence(file: Path) -> None:
    file.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    assert "cannot be read" in refusal(file)


def test_a_missing_file_and_a_directory_are_one_sentence(tmp_path: Path) -> None:
    assert "no such file; check the path" in refusal(tmp_path / "nowhere.yaml")
    assert "cannot be read" in refusal(tmp_path)


def test_paths_are_shown_as_people_type_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert yaml_input.display(tmp_path / "a" / "b.yaml") == "a/b.yaml"
    assert yaml_input.display(Path("/nowhere/b.yaml")) == "/nowhere/b.yaml"


def test_every_member_knows_its_line(file: Path) -> None:
    file.write_text("a: 1\nb:\n  - c\n  - d:\n      e: f\n", "utf-8")
    document = yaml_input.parse(file)
    assert [document.line(*path) for path in (("a",), ("b",), ("b", 0), ("b", 1, "d", "e"))] == [1, 2, 3, 5]
    assert document.line("b", 1, "d", "nothing", "at", "all") == 4
    assert document.line("nothing") == 1
    assert document.at("b", 1) == f"{file}:4"


PROFILE = "profile.schema.json"


def test_an_unknown_key_is_named_with_the_known_ones(file: Path) -> None:
    file.write_text("name: a\n\nmodles: {}\nversion: '1'", "utf-8")
    said = refusal(file, PROFILE)
    assert said.startswith(":3: unknown key 'modles' in the file; known keys: name, version, ")
    assert "models" in said


def test_an_unknown_key_deep_inside_points_to_its_line(file: Path) -> None:
    file.write_text("name: a\nconversions:\n  - from: messages\n    to: responses\n    via: x\n", "utf-8")
    assert refusal(file, PROFILE).startswith(":5: unknown key 'via' in conversions/0; known keys: from, to")


def test_a_wrong_type_points_to_its_line(file: Path) -> None:
    file.write_text("name: a\ncapabilities:\n  tools: true\n  vision: yes\n", "utf-8")
    assert refusal(file, PROFILE).startswith(":4: capabilities/vision: 'yes' is not of type 'boolean'")


def test_a_misspelt_key_is_reported_before_the_missing_one(file: Path) -> None:
    file.write_text("conversions:\n  - from: messages\n    too: responses\n", "utf-8")
    assert refusal(file, PROFILE).startswith(":3: unknown key 'too'")


def test_an_empty_file_where_one_is_needed_says_so(file: Path) -> None:
    file.write_text("", "utf-8")
    assert refusal(file, PROFILE).startswith(":1: the file is empty")


def test_a_file_of_another_shape_is_one_sentence(file: Path) -> None:
    file.write_text("- a\n- b", "utf-8")
    assert refusal(file, PROFILE).startswith(":1: the file: ")


def test_a_valid_file_is_read(file: Path) -> None:
    file.write_text("name: a\nversion: '1.0'\ntimeout: 2.5", "utf-8")
    assert read_yaml(file, PROFILE).value == {"name": "a", "version": "1.0", "timeout": 2.5}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of kept documents, which does not exist yet."""
    monkeypatch.setattr(user_cache, "folder", lambda: tmp_path / "cache")
    return tmp_path / "cache" / "documents"


SET = "cases:\n  # the level\n  messages/basic/one: must\n  messages/basic/two: should\n"


def test_a_kept_document_is_the_same_when_it_is_read_again(file: Path, kept: Path) -> None:
    file.write_text(SET, "utf-8")
    first = yaml_input.read_kept(file, "set.schema.json")
    assert first == read_yaml(file, "set.schema.json")
    assert len([*kept.iterdir()]) == 1
    again = yaml_input.read_kept(file, "set.schema.json")
    assert again == first
    assert again.at("cases", "messages/basic/two") == f"{file}:4"


def test_a_changed_document_is_not_read_from_the_cache(file: Path, kept: Path) -> None:
    for level in ("must", "should"):
        file.write_text(SET.replace("must", level), "utf-8")
        document = yaml_input.read_kept(file, "set.schema.json")
        assert document.value["cases"]["messages/basic/one"] == level
    assert len([*kept.iterdir()]) == 2


def test_a_damaged_entry_is_not_used(file: Path, kept: Path) -> None:
    file.write_text(SET, "utf-8")
    first = yaml_input.read_kept(file, "set.schema.json")
    (entry,) = kept.iterdir()
    for text in ("", "[", "[1, 2]", "{}"):
        entry.write_text(text, "ascii")
        assert yaml_input.read_kept(file, "set.schema.json") == first


def test_an_invalid_document_is_refused_each_time_and_not_kept(file: Path, kept: Path) -> None:
    file.write_text("cases:\n  messages/basic/one: perhaps\n", "utf-8")
    for _ in range(2):
        with pytest.raises(InputError, match=r"file\.yaml:2: "):
            yaml_input.read_kept(file, "set.schema.json")
    assert not kept.exists()
