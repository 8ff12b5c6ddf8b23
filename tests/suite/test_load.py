"""Loading case files: `for`, fragments, steps, and one sentence with file and line for every mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.core import data_files, yaml_input
from conformance.core.model import Case
from conformance.core.yaml_input import InputError
from conformance.suite.load import load_cases

HEAD = "family: messages\narea: probe\nsource: https://example.org/head\ncases:\n"
CASE = """\
  - id: one
    title: A request of any kind gets an answer
    request: {body: {model: $model}}
    expect: {outcome: success}
"""
STEPS = """\
  - id: two-turns
    title: A second turn goes on from the first one
    steps:
      - request: {body: {text: "Say $canary"}}
        expect: {outcome: success}
        keep: {said: /content, first_id: /id}
      - request: {body: {previous: $first_id, turn: $said/0/text}}
        expect: {outcome: success, equal: {/id: $first_id}, same_as: 1}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def load(folder: Path, text: str, fragments: str = "") -> tuple[Case, ...]:
    (folder / "probe.yaml").write_text(text, "utf-8")
    if fragments:
        (folder / "_fragments.yaml").write_text(fragments, "utf-8")
    return load_cases(folder)


def refusal(folder: Path, text: str, fragments: str = "") -> str:
    with pytest.raises(InputError) as caught:
        load(folder, text, fragments)
    said = str(caught.value)
    assert "\n" not in said
    assert said.startswith(str(folder))
    return said.removeprefix(f"{folder}/")


def test_a_case_has_what_its_file_says(folder: Path) -> None:
    (case,) = load(folder, HEAD + CASE)
    assert (case.id, case.title) == ("messages/probe/one", "A request of any kind gets an answer")
    assert (case.family, case.area, case.endpoint, case.level) == ("messages", "probe", "messages", "must")
    assert (case.file, case.line, case.source) == (str(folder / "probe.yaml"), 5, "https://example.org/head")
    assert case.steps[0].request == {"body": {"model": "$model"}}
    assert case.needs == ()
    assert case.values == {}
    assert set(case.marks) == {"messages", "must"}


def test_a_case_overrides_and_adds_to_its_file(folder: Path) -> None:
    head = HEAD.replace("cases:", "level: should\nneeds: [tools]\nmarks: [mismatch]\nto: responses\ncases:")
    own = (
        "    source: https://example.org/own\n    level: must\n"
        "    needs: [vision, tools]\n    marks: [auth]\n    to: messages\n"
    )
    plain, special = load(folder, head + CASE + CASE.replace("one", "other") + own)
    assert (plain.level, plain.source, plain.endpoint, plain.needs) == (
        "should", "https://example.org/head", "responses", ("tools",),
    )  # fmt: skip
    assert (special.level, special.source, special.endpoint, special.needs) == (
        "must", "https://example.org/own", "messages", ("tools", "vision"),
    )  # fmt: skip
    assert set(plain.marks) == {"mismatch", "messages", "responses", "should"}
    assert set(special.marks) == {"mismatch", "auth", "messages", "must"}


def test_for_spreads_a_case_over_every_combination(folder: Path) -> None:
    case = CASE.replace("    request: {body: {model: $model}}", "    for: {stream: [false, true], n: [1, x y]}\n"
                        "    request: {body: {stream: $stream, n: $n}}")  # fmt: skip
    cases = load(folder, HEAD + case)
    assert [case.id.removeprefix("messages/probe/one") for case in cases] == [
        "[stream=false,n=1]", "[stream=false,n=x y]", "[stream=true,n=1]", "[stream=true,n=x y]",
    ]  # fmt: skip
    assert [case.steps[0].request["body"] for case in cases] == [
        {"stream": stream, "n": n} for stream in (False, True) for n in (1, "x y")
    ]  # fmt: skip
    assert ["streaming" in case.marks for case in cases] == [False, False, True, True]
    assert cases[0].values == {"stream": False, "n": 1}


def test_for_chooses_the_endpoint(folder: Path) -> None:
    case = CASE + "    for: {name: [chat_completions, responses]}\n    to: $name\n"
    assert [case.endpoint for case in load(folder, HEAD + case)] == ["chat_completions", "responses"]


def test_fragments_stand_for_values_of_any_depth(folder: Path) -> None:
    fragments = "tool: {name: f, schema: $schema}\nschema: {type: object, about: Call it with $canary}\n"
    text = HEAD + CASE.replace("{model: $model}", "{tools: [$tool], text: $tool/name}")
    (case,) = load(folder, text, fragments)
    schema = {"type": "object", "about": "Call it with $canary"}
    assert case.steps[0].request["body"] == {"tools": [{"name": "f", "schema": schema}], "text": "f"}
    assert "tools" in case.marks


def test_the_fragments_of_a_folder_are_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each folder has its own. A second load reads them again, and so sees what has changed."""
    text = HEAD + CASE.replace("{model: $model}", "{text: $word}")
    for name, word in (("", "outer"), ("inner", "inner")):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "_fragments.yaml").write_text(f"word: {word}\n", "utf-8")
        for number in range(2):
            (folder / name / f"{word}{number}.yaml").write_text(text.replace("probe", f"{word}{number}"), "utf-8")
    read: list[str] = []
    parse = yaml_input.parse
    monkeypatch.setattr(yaml_input, "parse", lambda path: (read.append(path.name), parse(path))[1])
    assert [case.steps[0].request["body"]["text"] for case in load_cases(folder)] == [*["inner"] * 2, *["outer"] * 2]
    assert read.count("_fragments.yaml") == 2
    (folder / "_fragments.yaml").write_text("word: changed\n", "utf-8")
    assert load_cases(folder)[-1].steps[0].request["body"]["text"] == "changed"


def test_a_for_value_may_be_a_fragment(folder: Path) -> None:
    case = CASE.replace("$model}", "$model, x: $x}") + "    for: {x: [$one, plain]}\n"
    first, second = load(folder, HEAD + case, "one: {deep: 1}\n")
    assert first.steps[0].request["body"]["x"] == {"deep": 1}
    assert second.steps[0].request["body"]["x"] == "plain"


def test_steps_keep_names_for_later_steps(folder: Path) -> None:
    (case,) = load(folder, HEAD + STEPS)
    assert [step.keep for step in case.steps] == [{"said": "/content", "first_id": "/id"}, {}]
    assert case.steps[1].request["body"] == {"previous": "$first_id", "turn": "$said/0/text"}
    assert case.steps[1].expect["equal"] == {"/id": "$first_id"}


def test_a_name_is_not_known_before_it_is_kept(folder: Path) -> None:
    text = HEAD + STEPS.replace('"Say $canary"', "$first_id")
    assert refusal(folder, text).startswith(
        "probe.yaml:5: unknown name $first_id; known names: $body_limit, $canary, $model"
    )


MISTAKES = {
    HEAD + CASE.replace("title:", "titel:"): (":6: unknown key 'titel' in cases/0; known keys: id, title",),
    HEAD + CASE.replace("{body: {model: $model}}", "{boddy: {}}"): (":7: unknown key 'boddy'", "raw_base64"),
    HEAD + CASE.replace("success}", "success, answer: {tool_calls: [{nam: x}]}}"): (":8: unknown key 'nam'",),
    HEAD + CASE + CASE.replace("one", "two").replace("success", "succes"): (":12: ", "succes"),
    HEAD + CASE.replace("$model", "$modle"): (
        ":5: unknown name $modle; known names: $body_limit, $canary, $model",
    ),
    HEAD + CASE.replace("    expect: {outcome: success}\n", ""): (":5: cases/0", "`request` and `expect`, or `steps`"),
    HEAD + CASE + "    steps: []\n": (":5:",),
    HEAD + CASE.replace("one", "One"): (":5: cases/0/id",),
    HEAD + CASE.replace("A request of any kind gets an answer", "Short"): (":6: cases/0/title",),
    HEAD: (":4: cases",),
    HEAD.replace("messages", "mismatch") + CASE: (":5: unknown endpoint 'mismatch'", "`to`", "messages"),
    HEAD + CASE + "    to: chat\n": (":5: unknown endpoint 'chat'",),
    HEAD + CASE.replace("success}", "success, same_as: 1}"): (":5: same_as names step 1",),
    HEAD + STEPS.replace("same_as: 1", "same_as: 2"): (":5: same_as names step 2",),
    HEAD + STEPS.replace("same_as: 1", "differs: {step: 2, in: [/id]}"): (":5: differs names step 2",),
    HEAD + CASE.replace("success}", "success, present: [id]}"): (":8: cases/0/expect/present/0",),
    HEAD + CASE.replace("success}", "success, equal: {id: 1}}"): (":8: cases/0/expect/equal",),
    HEAD + CASE.replace("{body: {model: $model}}", "{path: v1/models}"): (":7: cases/0/request/path",),
    HEAD + CASE.replace("{body: {model: $model}}", "{raw_base64: abc}"): (":5: raw_base64 is not valid base64",),
    HEAD + CASE.replace("success}", "success, answer: {json: {type: objekt}}}"): (":5: answer.json is not a valid",),
    HEAD + CASE.replace("success}", "refusal, unless_converted: {from: chat, answer: {}}}"): (
        ":5: unless_converted: unknown endpoint 'chat'",
    ),
    HEAD + CASE + "    for: {x: [1, 1]}\n": (":5: the id messages/probe/one[x=1] is already used",),
}  # fmt: skip


@pytest.mark.parametrize("text", MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_one_sentence_with_file_and_line(folder: Path, text: str) -> None:
    said = refusal(folder, text)
    assert said.startswith("probe.yaml:")
    assert all(part in said for part in MISTAKES[text]), said


def test_an_id_that_is_used_twice_names_both_places(folder: Path) -> None:
    (folder / "again.yaml").write_text(HEAD + "\n" + CASE, "utf-8")
    said = refusal(folder, HEAD + CASE)
    assert said.startswith("probe.yaml:5: the id messages/probe/one is already used at ")
    assert f"{folder / 'again.yaml'}:6" in said


def test_fragments_that_are_no_mapping_are_refused(folder: Path) -> None:
    assert refusal(folder, HEAD + CASE, "- a\n- b\n").startswith("_fragments.yaml:1: ")


def test_files_that_would_be_passed_over_are_refused(folder: Path) -> None:
    (folder / "more.yml").write_text(HEAD + CASE, "utf-8")
    assert refusal(folder, HEAD + CASE).startswith("more.yml: case files must end in .yaml")


def test_a_missing_folder_is_one_sentence(folder: Path) -> None:
    with pytest.raises(InputError, match="no such folder of cases; check the path"):
        load_cases(folder / "nowhere")


def test_a_folder_without_cases_is_one_sentence(folder: Path) -> None:
    (folder / "_fragments.yaml").write_text("a: 1\n", "utf-8")
    with pytest.raises(InputError, match=r"the folder has no cases; .*yaml"):
        load_cases(folder)


def test_the_suites_own_cases_load() -> None:
    cases = load_cases(data_files.folder("cases"))
    assert len(cases) == len({case.id for case in cases})
    assert {case.family for case in cases} >= {"chat_completions", "responses", "messages"}


@pytest.mark.parametrize(
    "text",
    ['{$repeat: "x"}', '{$repeat: "x", times: many}', '{$repeat: "x", times: -1}', '{$repeat: "x", times: 1.5}',
     '{$repeat: "x", times: true}', '{$repeat: [x], times: 2}', '{$repeat: "x", times: 2, more: 1}'],
)  # fmt: skip
@pytest.mark.parametrize("place", ["{body: {model: $model, messages: [TEXT]}}", "{body: TEXT}"])
def test_a_text_that_cannot_be_repeated_is_one_sentence(folder: Path, text: str, place: str) -> None:
    case = CASE.replace("{body: {model: $model}}", place.replace("TEXT", text))
    assert refusal(folder, HEAD + case).startswith('probe.yaml:5: {"$repeat": ')


@pytest.mark.parametrize("times", ["3", "$body_limit", "$number"])
def test_the_number_of_repetitions_may_be_a_name(folder: Path, times: str) -> None:
    repeated = f'{{body: {{text: {{$repeat: "x ", times: {times}}}}}}}'
    case = CASE.replace("{body: {model: $model}}", f"{repeated}\n    for: {{number: [7]}}")
    assert len(load(folder, HEAD + case)) == 1


SERVED = """\
  - id: served
    title: A model of the profile answers
    for: {served: $serves/messages}
    request: {body: {model: $served}}
    expect: {outcome: success}
"""


def test_cases_of_models_need_no_others(folder: Path) -> None:
    (folder / "c.yaml").write_text(HEAD + SERVED, "utf-8")
    assert [case.id for case in load_cases(folder, {"m": ["messages"]})] == ["messages/probe/served[served=m]"]
    with pytest.raises(InputError, match="has no cases"):
        load_cases(folder)
