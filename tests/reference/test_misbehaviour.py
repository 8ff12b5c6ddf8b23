"""Faults of the reference gateway: the edits they are made of, the command line, and the choice by each request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import httpx
import pytest

from conformance.cli import main
from conformance.reference import DEFAULT_KEY, Reference, reference_gateway
from conformance.reference.changes import GONE, Change, at, chain, drop, event, put, rename, set_header, when
from conformance.reference.changes.asked import FACTS
from conformance.reference.changes.documents import edited
from conformance.reference.changes.flows import (
    DONE,
    EVERY,
    Flow,
    double,
    each,
    edit,
    having,
    hold,
    lose,
    of,
    stop_after,
)
from conformance.reference.changes.frames import Frame, frames
from conformance.reference.faults import FAULTS
from conformance.reference.gateway import Answer, BrokenOffError, Call
from conformance.reference.gateway.wire import first, whole
from conformance.reference.switch import HEADER, Switch, UnknownIdError, entries, misbehaviour
from conformance.reference.variations import VARIATIONS

CHAT: dict[str, Any] = {"messages": [{"role": "user", "content": "Reply with exactly: one two three four five"}]}


@pytest.fixture(autouse=True)
def default_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GATEWAY_API_KEY", raising=False)


def ask(running: Reference, path: str = "chat/completions", headers: dict[str, str] | None = None, **body: Any) -> Any:
    known = {"authorization": f"Bearer {DEFAULT_KEY}", "anthropic-version": "2023-06-01", **(headers or {})}
    document = {"model": running.models[0], **CHAT, **body}
    return httpx.post(f"{running.base_url}/{path}", json=document, headers=known, timeout=20)


class TestDocuments:
    @pytest.mark.parametrize(
        ("change", "after"),
        [
            (drop("/a"), {"b": [{"c": 1}, {"c": 2}]}),
            (drop("/b/*/c"), {"a": "x", "b": [{}, {}]}),
            (drop("/b/*"), {"a": "x", "b": []}),
            (drop("/nothing/*/here"), {"a": "x", "b": [{"c": 1}, {"c": 2}]}),
            (put("/b/1/d", None), {"a": "x", "b": [{"c": 1}, {"c": 2, "d": None}]}),
            (put("/z", 1, new=False), {"a": "x", "b": [{"c": 1}, {"c": 2}]}),
            (at("/b/*/c", lambda value: value * 10), {"a": "x", "b": [{"c": 10}, {"c": 20}]}),
            (at("/b/*", lambda value: GONE if value["c"] == 1 else value), {"a": "x", "b": [{"c": 2}]}),
            (rename("/a", "~/"), {"~/": "x", "b": [{"c": 1}, {"c": 2}]}),
        ],
    )
    def test_edits(self, change: Callable[[Any], Any], after: Any) -> None:
        assert edited({"a": "x", "b": [{"c": 1}, {"c": 2}]}, [change]) == after

    def test_a_renamed_member_stays_where_it_was(self) -> None:
        assert list(edited({"a": 1, "b": 2}, [rename("/a", "c")])) == ["c", "b"]

    def test_pointers_are_escaped(self) -> None:
        assert edited({"a/b": 1, "c~d": 2}, [drop("/a~1b"), drop("/c~0d")]) == {}


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def through(flow: Flow, *given: Frame) -> list[str]:
    """The data of the events that a flow returns."""

    async def passing() -> AsyncIterator[Frame]:
        for frame in given:
            yield frame

    async def out() -> list[str]:
        return [frame.data async for frame in flow(passing())]

    return asyncio.run(out())


class TestStreams:
    GIVEN = (
        event({"type": "a", "n": 1}, "a"),
        event({"type": "b"}, "b"),
        event({"type": "a", "n": 2}, "a"),
        event("[DONE]"),
    )
    A1, B, A2, END = (frame.data for frame in GIVEN)

    def test_frames_are_found_wherever_the_bytes_are_cut(self) -> None:
        body = b"".join(frame.raw for frame in self.GIVEN) + b"data: cut off"

        async def read(parts: Iterable[bytes]) -> list[Frame]:
            return [frame async for frame in frames(pieces(*parts))]

        for cut in range(len(body)):
            got = asyncio.run(read((body[:cut], body[cut:])))
            assert [*self.GIVEN, Frame(b"data: cut off")] == got

    @pytest.mark.parametrize(
        ("flow", "left"),
        [
            (lose(of("a")), [B, END]),
            (lose(of("a"), number=2), [A1, B, END]),
            (double(DONE), [A1, B, A2, END, END]),
            (hold(of("a"), until=of("b"), number=1), [B, A1, A2, END]),
            (hold(of("b")), [A1, A2, B, END]),
            (stop_after(of("a"), 2), [A1, B, A2]),
            (each(EVERY, lambda frame: [frame] * having("/n")(frame)), [A1, A2]),
            (edit(of("b"), put("/type", "c")), [A1, '{"type":"c"}', A2, END]),
        ],
    )
    def test_flows(self, flow: Flow, left: list[str]) -> None:
        assert through(flow, *self.GIVEN) == left

    def test_a_flow_counts_each_stream_separately(self) -> None:
        flow = lose(of("a"), number=1)
        assert through(flow, *self.GIVEN) == through(flow, *self.GIVEN) == [self.B, self.A2, self.END]

    def test_a_stream_can_break_off(self) -> None:
        with pytest.raises(BrokenOffError):
            through(stop_after(of("b"), cut=True), *self.GIVEN)


class TestCalls:
    def answered(self, change: Change, body: Any, path: str = "/v1/messages") -> Answer:
        async def faithful(_call: Call) -> Answer:
            return Answer(200, (("content-type", "application/json"),), whole(b"{}"))

        call = Call("POST", path, path.encode(), body=json.dumps(body).encode())
        return asyncio.run(self.made(change, faithful, call))

    async def made(self, change: Change, faithful: Any, call: Call) -> Answer:
        return await change(faithful)(call)

    @pytest.mark.parametrize(
        ("facts", "happens"),
        [({"stream": True}, True), ({"stream": False}, False), ({"stream": True, "tools": True}, False)],
    )
    def test_a_condition(self, facts: dict[str, bool], happens: bool) -> None:
        answer = self.answered(when(set_header("x-seen", "1"), **facts), {"stream": True, "tools": []})
        assert (first(answer.headers, "x-seen") is not None) is happens

    def test_an_unknown_fact_is_refused(self) -> None:
        with pytest.raises(KeyError):
            when(set_header("x", "1"), streaming=True)

    @pytest.mark.parametrize("fact", FACTS)
    def test_facts_are_false_of_an_empty_request(self, fact: str) -> None:
        assert FACTS[fact]({}) is False

    def test_the_first_of_a_chain_is_the_innermost(self) -> None:
        answer = self.answered(chain(set_header("x-order", "first"), set_header("x-order", "second")), {})
        assert first(answer.headers, "x-order") == "second"


@pytest.mark.socket
class TestServing:
    def test_a_fault_for_a_servers_whole_life(self) -> None:
        with reference_gateway(faults=["chat-id-lost"], pace=0) as running:
            assert "id" not in ask(running).json()
            assert "id" in ask(running, "messages", max_tokens=64).json()

    def test_faults_and_variations_together(self) -> None:
        with reference_gateway(["chat-done-twice"], ["sse-crlf"], pace=0) as running:
            assert ask(running, stream=True).text.endswith("data: [DONE]\r\n\r\ndata: [DONE]\r\n\r\n")

    def test_each_request_chooses_for_itself(self) -> None:
        with reference_gateway(around=Switch(), pace=0) as running:
            assert "id" not in ask(running, headers={HEADER: "chat-id-lost"}).json()
            both = ask(running, headers={HEADER: "chat-id-lost, json-pretty"})
            assert "id" not in both.json()
            assert both.text.startswith('{\n        "')
            assert "id" in ask(running).json()

    def test_a_changed_stream_still_comes_event_by_event(self) -> None:
        names = ["chat-done-twice"]
        with reference_gateway(names, ["sse-comments-between", "json-reversed"], pace=0.05) as running:
            body = {"model": running.models[0], "stream": True, **CHAT}
            headers = {"authorization": f"Bearer {DEFAULT_KEY}"}
            url = f"{running.base_url}/chat/completions"
            with httpx.stream("POST", url, json=body, headers=headers) as answer:
                early = next(piece for piece in answer.iter_raw() if b"data:" in piece)
        assert early.count(b"data:") == 1

    def test_an_answer_without_the_servers_framing(self) -> None:
        with reference_gateway(variations=["http-close-delimited"], pace=0) as running:
            answer = ask(running)
            assert answer.http_version == "HTTP/1.0"
            assert "content-length" not in answer.headers
            assert "transfer-encoding" not in answer.headers
            assert answer.json()["object"] == "chat.completion"

    def test_a_cut_connection(self) -> None:
        with reference_gateway(faults=["http-stream-cut"], pace=0) as running, pytest.raises(httpx.RemoteProtocolError):
            ask(running, stream=True)


class TestNames:
    def test_an_unknown_id_is_answered_by_near_ones(self) -> None:
        with pytest.raises(UnknownIdError, match="no fault 'chat-done-twic'; did you mean chat-done-twice"):
            misbehaviour(["chat-done-twic"])

    def test_ids_are_different(self) -> None:
        assert not FAULTS.keys() & VARIATIONS.keys()
        assert len(entries()) == len(FAULTS) + len(VARIATIONS)

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["gateway", "--fault", "chat-done-twic"], "did you mean chat-done-twice"),
            (["gateway", "--fault", "sse-crlf"], "there is no fault 'sse-crlf'"),
            (["gateway", "--variation", "zzzz"], "`gateway-conformance faults` lists them all"),
            (["provider", "--fault", "chat-done-twice"], "use `serve gateway`"),
        ],
    )
    def test_the_command_line_refuses_in_one_sentence(
        self, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["serve", *arguments]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert said in err

    def test_the_list_contains_all_faults_and_variations(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["faults", "--json"]) == 0
        listed = json.loads(capsys.readouterr().out)
        assert [entry["id"] for entry in listed] == [*FAULTS, *VARIATIONS]
        for entry in listed:
            assert entry["rules"] if entry["kind"] == "fault" else entry["why"]
        assert main(["faults"]) == 0
        assert len(capsys.readouterr().out.splitlines()) == len(listed)
