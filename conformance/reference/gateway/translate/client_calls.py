"""Gives the calls of an answer the names, the namespaces and the form that the client's tools have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from conformance.core.bounded_json import read_object
from conformance.reference.gateway.translate.ask import Tool
from conformance.reference.gateway.translate.messages_request_writer import ARGUMENT
from conformance.reference.gateway.translate.reply import CallBegin, CallPiece, End, Failed, Piece, Silence


class ClientCalls:
    """Changes the pieces of an answer, which must be in sequence.

    The text of a custom tool is inside JSON if the upstream has no custom tools; it comes down when it is complete.
    """

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._wrapped: CallBegin | None = None
        self._text = ""

    def put(self, piece: Piece) -> Iterator[Piece]:
        """The pieces for the client."""
        if self._wrapped and isinstance(piece, CallPiece):
            self._text += piece.text
            return
        if self._wrapped and not isinstance(piece, Silence):
            yield from self._unwrapped(self._wrapped, cut=isinstance(piece, Failed | End) and _is_cut(piece))
        if not isinstance(piece, CallBegin):
            yield piece
            return
        tool = self._tools.get(piece.name)
        if tool is None:
            yield piece
            return
        named = replace(piece, name=tool.called or tool.name, namespace=tool.namespace, search=tool.search)
        if tool.custom and not piece.custom:
            self._wrapped, self._text = replace(named, custom=True), ""
        else:
            yield named

    def _unwrapped(self, call: CallBegin, *, cut: bool) -> Iterator[Piece]:
        self._wrapped = None
        text = _argument(self._text)
        yield call
        if text is not None or not cut:
            yield CallPiece(call.key, self._text if text is None else text)


def _is_cut(piece: Failed | End) -> bool:
    return isinstance(piece, Failed) or piece.reason == "length"


def _argument(text: str) -> str | None:
    """The text of the argument; None if the call has another form."""
    found = (read_object(text) or {}).get(ARGUMENT)
    return found if isinstance(found, str) else None
