"""Images, files and marks for the prompt cache that do not reach the upstream as the client sent them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.core.model import JSON
from conformance.reference.changes import Edit, drop, on_request
from conformance.reference.faults.fault import Fault
from conformance.reference.faults.upstream.edits import blocks, members, turns, without

MEDIA = "upstream.request.media"
PLACE = "upstream.request.media-place"
NATIVE = "upstream.request.native-content"
MARKS = "upstream.request.cache-marks"

_REPORTS = {
    "chat-files-lost": "https://github.com/Wei-Shaw/sub2api/issues/5485",
    "image-in-result-lost-responses": "https://github.com/router-for-me/CLIProxyAPI/issues/5039",
}
"""Fault -> the report of a real gateway's defect, which it replays."""
_FAMILIES = {"chat": "chat_completions", "responses": "responses", "messages": "messages"}
_IMAGES = ("image_url", "input_image", "image")
_FILES = ("file", "input_file", "document")


def _fault(id_: str, case: str, sentence: str, edit: Edit, rule: str) -> Fault:
    """A fault of the family that a case's id begins with, in its native lane."""
    family = _FAMILIES[case.partition("-")[0]]
    area = "request-cache" if rule == MARKS else "request-media"
    cases = f"upstream/{area}/{case}[upstream={family}]"
    return Fault(
        id=f"upstream-{id_}",
        url=_REPORTS.get(id_, ""),
        family=family,
        sentence=sentence,
        rules=(rule,),
        cases=cases,
        apply=on_request(edit),
    )


def _in_all(id_: str, case: str, sentence: str, edit: Edit) -> tuple[Fault, ...]:
    """The same fault in each of the three families."""
    return tuple(_fault(f"{kind}-{id_}", f"{kind}-{case}", sentence, edit, MEDIA) for kind in _FAMILIES)


def _data(function: Callable[[str], str]) -> Edit:
    """Edits the base64 of images and files, in any family."""

    def changed(value: JSON) -> JSON:
        if not isinstance(value, str) or "://" in value:
            return value
        head, comma, data = value.rpartition(",")
        return f"{head}{comma}{function(data)}"

    def edit(body: JSON) -> JSON:
        for name in ("url", "image_url", "data", "file_data"):
            body = members(name, lambda value: changed(value) if isinstance(value, str) else edit(value))(body)
        return body

    return edit


def _byte_changed(data: str) -> str:
    """The data with other bytes in its middle."""
    middle = len(data) // 8 * 4
    return data[:middle] + ("BBBB" if data[middle : middle + 4] == "AAAA" else "AAAA") + data[middle + 4 :]


def _without_types(*types: str) -> Edit:
    return blocks(lambda content: [block for block in content if block.get("type") not in types])


def _images_backwards(content: list[Any]) -> list[Any]:
    images = [block for block in content if block.get("type") in _IMAGES]
    return [images.pop() if block.get("type") in _IMAGES else block for block in content]


def _once() -> Edit:
    """Leaves out an image that the request already had."""

    def edit(body: JSON) -> JSON:
        seen: list[JSON] = []

        def kept(content: list[Any]) -> list[Any]:
            found = []
            for block in content:
                if block.get("type") in _IMAGES:
                    if block in seen:
                        continue
                    seen.append(block)
                found.append(block)
            return found

        return blocks(kept)(body)

    return edit


def _in_results(function: Callable[[list[Any]], list[Any]]) -> Edit:
    """Edits the content of tool results that have blocks."""

    def each(value: JSON) -> JSON:
        return function(value) if isinstance(value, list) else value

    def of_block(block: JSON) -> JSON:
        return {**block, "content": each(block.get("content"))} if block.get("type") == "tool_result" else block

    def edit(all_turns: list[Any]) -> list[Any]:
        return [{**turn, "output": each(turn["output"])} if "output" in turn else turn for turn in all_turns]

    return lambda body: blocks(lambda content: [of_block(block) for block in content])(turns(edit)(body))


def _without_images(content: list[Any]) -> list[Any]:
    return [block for block in content if block.get("type") not in _IMAGES]


def _unmarked(*types: str) -> Edit:
    """Leaves out the marks of blocks of these types."""
    return blocks(
        lambda content: [without(block, "cache_control") if block.get("type") in types else block for block in content]
    )


FAULTS = (
    *_in_all("image-byte-changed", "images", "Images go up with changed bytes.", _data(_byte_changed)),
    *_in_all("images-lost", "same-image-twice", "Images do not go up.", _without_types(*_IMAGES)),
    *_in_all("image-sent-once", "same-image-twice", "An image that a history has twice goes up once.", _once()),
    _fault(
        "images-first",
        "chat-images",
        "Images go up in front of the texts of their turn.",
        blocks(lambda content: sorted(content, key=lambda block: block.get("type") not in _IMAGES)),
        PLACE,
    ),
    _fault("images-backwards", "chat-images", "Images go up in reverse order.", blocks(_images_backwards), MEDIA),
    _fault(
        "media-type-guessed",
        "messages-images",
        "All images go up as PNG.",
        members("media_type", lambda _value: "image/png"),
        MEDIA,
    ),
    _fault(
        "image-url-changed",
        "chat-image-url",
        "The URLs of images go up in lower case.",
        members("url", str.lower),
        MEDIA,
    ),
    _fault(
        "image-url-lost",
        "responses-image-url",
        "Images that are given by a URL do not go up.",
        _without_types("input_image"),
        MEDIA,
    ),
    _fault(
        "image-url-lost-messages",
        "messages-image-url",
        "Images that are given by a URL do not go up.",
        _without_types("image"),
        MEDIA,
    ),
    _fault(
        "image-detail-lost",
        "chat-image-detail",
        "The detail of images does not go up.",
        lambda body: without(body, "detail"),
        MEDIA,
    ),
    _fault(
        "image-detail-high",
        "responses-image-detail",
        "All images go up with the detail high.",
        members("detail", lambda _value: "high"),
        MEDIA,
    ),
    _fault("sound-changed", "chat-sound", "Sounds go up with changed bytes.", _data(_byte_changed), MEDIA),
    _fault("sound-lost", "chat-sound", "Sounds do not go up.", _without_types("input_audio"), MEDIA),
    *_in_all("files-lost", "file", "Files do not go up.", _without_types(*_FILES)),
    _fault(
        "text-documents-lost",
        "messages-text-document",
        "Documents with text do not go up.",
        _without_types("document"),
        NATIVE,
    ),
    _fault(
        "image-in-result-lost",
        "messages-image-in-result",
        "Images in tool results do not go up.",
        _in_results(_without_images),
        MEDIA,
    ),
    _fault(
        "image-in-result-lost-responses",
        "responses-image-in-result",
        "Images in tool results do not go up.",
        _in_results(_without_images),
        MEDIA,
    ),
    # Marks
    _fault(
        "marks-lost",
        "messages-turn-marks",
        "Cache marks do not go up.",
        lambda body: without(body, "cache_control"),
        MARKS,
    ),
    _fault(
        "mark-lifetime-lost",
        "messages-system-marks",
        "Cache marks go up without their lifetime.",
        lambda body: without(body, "ttl"),
        MARKS,
    ),
    _fault(
        "system-as-string",
        "messages-system-marks",
        "A system array goes up as one string.",
        lambda body: {**body, "system": "\n\n".join(block["text"] for block in body["system"])},
        MARKS,
    ),
    _fault(
        "tool-mark-lost",
        "messages-tool-mark",
        "The cache marks of tools do not go up.",
        lambda body: {**body, "tools": without(body["tools"], "cache_control")},
        MARKS,
    ),
    _fault(
        "image-mark-lost", "messages-image-mark", "The cache marks of images do not go up.", _unmarked("image"), MARKS
    ),
    _fault(
        "document-mark-lost",
        "messages-document-mark",
        "The cache marks of documents do not go up.",
        _unmarked("document"),
        MARKS,
    ),
    _fault(
        "result-mark-lost",
        "messages-call-marks",
        "The cache marks of tool results do not go up.",
        _unmarked("tool_result"),
        MARKS,
    ),
    _fault(
        "request-mark-lost",
        "messages-request-mark",
        "The cache mark of the whole request does not go up.",
        drop("/cache_control"),
        MARKS,
    ),
    _fault(
        "breakpoint-lost",
        "chat-breakpoint",
        "Breakpoints of the prompt cache do not go up.",
        lambda body: without(body, "prompt_cache_breakpoint"),
        MARKS,
    ),
)
