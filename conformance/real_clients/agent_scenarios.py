"""The tasks that people give Codex and Claude Code, and that have to work behind a gateway.

A scripted answer of the upstream stands for the model, so that any model name is accepted. The errors from which an
agent recovers were measured with codex 0.171 and claude 2.1.332.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass

from conformance.real_clients.agents import AGENTS, CLAUDE, CODEX, Agent, Desk
from conformance.real_clients.prompts import PIXEL, PONG, says

Run = Callable[[Desk], None]


@dataclass(frozen=True, slots=True)
class AgentScenario:
    """One use of an agent. `run` raises if the agent does not do what its users rely on."""

    name: str
    agent: Agent
    run: Run


AGENT_SCENARIOS: list[AgentScenario] = []
"""The scenarios, by agent."""


def agents(*chosen: Agent) -> Callable[[Run], Run]:
    """Adds a function to the table, for each of these agents."""

    def add(run: Run) -> Run:
        AGENT_SCENARIOS.extend(AgentScenario(run.__name__.replace("_", "-"), agent, run) for agent in chosen)
        return run

    return add


TEXT = "The pelican has landed."
BUSY = {"status": 429, "headers": {"retry-after": "1"}, "error": {"message": "Too many requests."}}


def succeeds(desk: Desk, prompt: str, expected: str, *options: str, resume: str = "") -> str:
    """Asks, and checks the answer; returns the session. Raises AssertionError if the agent fails."""
    answer = desk.ask(prompt, *options, resume=resume)
    assert answer.succeeded, f"the agent failed: {_tail(answer.ended.out)}{_tail(answer.ended.err)}"
    says(answer.text, expected)
    return answer.session


def fails(desk: Desk, prompt: str, *words: str) -> None:
    """Asks, and checks that the agent ends in time and shows these words of the error."""
    answer = desk.ask(prompt)
    assert answer.ended.code is not None, "the agent does not end"
    assert not answer.succeeded, f"the agent hides the error: {answer.text!r}"
    shown = answer.ended.out + answer.ended.err
    for word in words:
        assert word in shown, f"the agent does not show {word!r}: {_tail(shown)}"


def _tail(text: str) -> str:
    return text[-600:]


@agents(*AGENTS)
def plain_answer(desk: Desk) -> None:
    """A question is answered."""
    succeeds(desk, PONG, "pong")


@agents(*AGENTS)
def answer_in_several_scripts(desk: Desk) -> None:
    """Text beyond ASCII arrives whole."""
    succeeds(desk, "Reply with exactly: Grüße 🐦 an 鳥", "Grüße 🐦 an 鳥")


@agents(*AGENTS)
def instructions_of_the_folder(desk: Desk) -> None:
    """The instructions in the folder reach the model."""
    (desk.folder / desk.agent.memory).write_text("The code word is Pelican.\n", "utf-8")
    name = f"{desk.agent.name}-instructions"
    with desk.place.upstream(name, {"reply": {"text": TEXT}}) as token:
        succeeds(desk, token, TEXT)
    assert "The code word is Pelican." in desk.place.sent[name][-1]


@agents(*AGENTS)
def long_context(desk: Desk) -> None:
    """A prompt of about 30,000 tokens is answered."""
    filler = "\n".join(f"Line {number} of the log: nothing happened on this day." for number in range(2500))
    succeeds(desk, f"{filler}\n{PONG}", "pong")


@agents(*AGENTS)
def resumed_session(desk: Desk) -> None:
    """A session goes on in another process, with its history."""
    session = succeeds(desk, "The code word is Pelican. Reply with exactly: noted", "noted")
    assert session
    name = f"{desk.agent.name}-resumed"
    with desk.place.upstream(name, {"reply": {"text": TEXT}}) as token:
        succeeds(desk, token, TEXT, resume=session)
    assert "The code word is Pelican." in desk.place.sent[name][-1]
    assert "noted" in desk.place.sent[name][-1]


@agents(*AGENTS)
def tool_loop(desk: Desk) -> None:
    """The agent runs the command that the model calls, and sends its output."""
    call = {"reply": {"calls": [desk.agent.shell("echo pelican > note.txt")]}}
    with desk.place.upstream(f"{desk.agent.name}-tool-loop", call, {"reply": {"text": TEXT}}) as token:
        succeeds(desk, f"{token} Write a note.", TEXT)
    assert (desk.folder / "note.txt").read_text("utf-8") == "pelican\n"


@agents(*AGENTS)
def tool_loop_of_many_turns(desk: Desk) -> None:
    """Six commands run, one after the other."""
    calls = [{"reply": {"calls": [desk.agent.shell(f"echo {n} >> note.txt")]}} for n in range(6)]
    with desk.place.upstream(f"{desk.agent.name}-many-turns", *calls, {"reply": {"text": TEXT}}) as token:
        succeeds(desk, f"{token} Write six notes.", TEXT)
    assert (desk.folder / "note.txt").read_text("utf-8").split() == list("012345")


@agents(*AGENTS)
def several_calls_in_one_answer(desk: Desk) -> None:
    """Two commands of one answer run, after a word of the model."""
    calls = [desk.agent.shell(f"echo pelican > note{n}.txt") for n in range(2)]
    both = {"reply": {"text": "I write two notes.", "calls": calls}}
    with desk.place.upstream(f"{desk.agent.name}-two-calls", both, {"reply": {"text": TEXT}}) as token:
        succeeds(desk, f"{token} Write two notes.", TEXT)
    assert sorted(path.name for path in desk.folder.glob("note?.txt")) == ["note0.txt", "note1.txt"]


@agents(*AGENTS)
def thought_before_a_call(desk: Desk) -> None:
    """Reasoning before a call is sent back with it."""
    reasoned = {"reply": {"reasoning": "A note is wanted.", "calls": [desk.agent.shell("echo pelican > note.txt")]}}
    with desk.place.upstream(f"{desk.agent.name}-thought", reasoned, {"reply": {"text": TEXT}}) as token:
        succeeds(desk, f"{token} Write a note.", TEXT)
    assert (desk.folder / "note.txt").exists()


@agents(*AGENTS)
def rate_limit_once(desk: Desk) -> None:
    """After a 429, the agent waits and gets the answer."""
    with desk.place.upstream(f"{desk.agent.name}-busy", BUSY, {"reply": {"text": TEXT}}) as token:
        succeeds(desk, token, TEXT)


@agents(*AGENTS)
def overloaded_once(desk: Desk) -> None:
    """After a 529 or 503, the agent gets the answer."""
    status = 529 if desk.agent is CLAUDE else 503
    busy = {"status": status, "error": {"message": "Overloaded."}}
    with desk.place.upstream(f"{desk.agent.name}-overloaded", busy, {"reply": {"text": TEXT}}) as token:
        succeeds(desk, token, TEXT)


@agents(*AGENTS)
def stream_cut_once(desk: Desk) -> None:
    """After a stream that the upstream cuts, the agent asks again."""
    cut = {"reply": {"text": "The pelican is in the air."}, "fail": {"how": "close", "after": {"events": 3}}}
    with desk.place.upstream(f"{desk.agent.name}-cut", cut, {"reply": {"text": TEXT}}) as token:
        succeeds(desk, token, TEXT)


@agents(*AGENTS)
def error_in_a_stream_once(desk: Desk) -> None:
    """After an error in a stream, the agent asks again."""
    kind = "overloaded_error" if desk.agent is CLAUDE else "server_error"
    failing = {
        "reply": {"text": "The pelican is in the air."},
        "fail": {"how": "error", "after": {"events": 3}, "error": {"message": "Overloaded.", "type": kind}},
    }
    with desk.place.upstream(f"{desk.agent.name}-stream-error", failing, {"reply": {"text": TEXT}}) as token:
        succeeds(desk, token, TEXT)


@agents(*AGENTS)
def silence_in_a_stream(desk: Desk) -> None:
    """A pause of the model in the middle of a stream does no harm."""
    slow = {"reply": {"text": TEXT}, "write": {"hold": {"after": 3, "seconds": 2}}}
    with desk.place.upstream(f"{desk.agent.name}-silence", slow) as token:
        succeeds(desk, token, TEXT)


@agents(*AGENTS)
def request_refused(desk: Desk) -> None:
    """A request that the upstream refuses ends the agent, which shows the upstream's words."""
    refusal = {"status": 400, "error": {"message": "Pelicans are not allowed here.", "type": "invalid_request_error"}}
    with desk.place.upstream(f"{desk.agent.name}-refused", refusal) as token:
        fails(desk, token, "Pelicans are not allowed here.")


@agents(CODEX)
def parameter_refused(desk: Desk) -> None:
    """A gateway that refuses a parameter of Codex stops it: Codex shows the parameter, and does not recover."""
    error = {"message": "Unknown parameter: 'client_metadata'.", "code": "unknown_parameter"}
    refusal = {"status": 400, "error": {**error, "type": "invalid_request_error"}}
    with desk.place.upstream("codex-parameter", refusal) as token:
        fails(desk, token, "client_metadata")


@agents(CODEX)
def with_web_sockets(desk: Desk) -> None:
    """With WebSockets turned on, commands run: over one, or by POST where the gateway refuses it."""
    desk.settings = {"supports_websockets": True}
    call = {"reply": {"calls": [desk.agent.shell("echo pelican > note.txt")]}}
    with desk.place.upstream("codex-web-sockets", call, {"reply": {"text": TEXT}}) as token:
        succeeds(desk, f"{token} Write a note.", TEXT)
    assert (desk.folder / "note.txt").read_text("utf-8") == "pelican\n"


@agents(CODEX)
def answer_by_a_schema(desk: Desk) -> None:
    """An answer fits the schema that the user gives."""
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
        "additionalProperties": False,
    }
    path = desk.root / "schema.json"
    path.write_text(json.dumps(schema), "utf-8")
    answer = desk.ask("Extract: Ada is 36 years old.", "--output-schema", str(path))
    assert answer.succeeded, _tail(answer.ended.out)
    assert set(json.loads(answer.text)) == {"name", "age"}


@agents(CODEX)
def picture(desk: Desk) -> None:
    """A picture is accepted beside the prompt."""
    path = desk.root / "pixel.png"
    path.write_bytes(base64.b64decode(PIXEL))
    succeeds(desk, PONG, "pong", "--image", str(path))


@agents(CLAUDE)
def field_refused_in_the_vendors_words(desk: Desk) -> None:
    """Claude Code leaves out a field that is refused in the words of the API, and gets the answer."""
    refusal = {
        "status": 400,
        "error": {"message": "context_management: Extra inputs are not permitted", "type": "invalid_request_error"},
    }
    with desk.place.upstream("claude-field", refusal, {"reply": {"text": TEXT}}) as token:
        succeeds(desk, token, TEXT)


@agents(CLAUDE)
def file_written_and_read(desk: Desk) -> None:
    """The tools for files work, one after the other."""
    path = str(desk.folder / "note.txt")
    write = {"reply": {"calls": [{"name": "Write", "arguments": {"file_path": path, "content": "pelican\n"}}]}}
    read = {"reply": {"calls": [{"name": "Read", "arguments": {"file_path": path}}]}}
    with desk.place.upstream("claude-files", write, read, {"reply": {"text": TEXT}}) as token:
        succeeds(desk, f"{token} Write a note, and read it.", TEXT)
    assert (desk.folder / "note.txt").read_text("utf-8") == "pelican\n"


@agents(CLAUDE)
def streamed_output(desk: Desk) -> None:
    """The output of programs that embed the agent has an event for each message."""
    answer = desk.ask(PONG, "--output-format", "stream-json", "--verbose")
    assert answer.succeeded, _tail(answer.ended.out)
    says(answer.text)
