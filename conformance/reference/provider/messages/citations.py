"""Citations: the places in documents, search results and web pages that an answer is taken from.

A document or a search result with `citations: {enabled: true}` is cited if it contains the answer, and so is the first
page that a web search has found. Shapes: `anthropic/types/text_citation.py` of the Python SDK, 2.14, and
https://docs.anthropic.com/en/docs/build-with-claude/citations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .. import files
from ..prompt import JSON
from .history import blocks


def citations(body: JSON, text: str, served: Sequence[JSON]) -> list[JSON]:
    """The citations of an answer with this text, after these blocks of tools of the server."""
    words = text.strip()
    sources = [block for message in body.get("messages", ()) for block in _sources(blocks(message))]
    found = [cited for block in sources if (cited := _cited(block, words, sources))] if words else []
    pages = (page for block in served if block["type"] == "web_search_tool_result" for page in block["content"])
    return found + [_of_page(page) for page in pages]


def _sources(content: Sequence[JSON]) -> Iterator[JSON]:
    """Documents and search results, also those in the results of tools."""
    for block in content:
        if block["type"] in ("document", "search_result"):
            yield block
        elif block["type"] == "tool_result" and isinstance(block.get("content"), list):
            yield from _sources(block["content"])


def _cited(block: JSON, words: str, sources: Sequence[JSON]) -> JSON:
    """The citation of a source, if it wants to be cited and contains the words."""
    if not (block.get("citations") or {}).get("enabled"):
        return None
    alike = [each for each in sources if each["type"] == block["type"]]
    number = next(at for at, each in enumerate(alike) if each is block)
    if block["type"] == "search_result":
        place = _part(block["content"], words)
        own = {"search_result_index": number, "source": block["source"], "title": block["title"]}
        return place and {"type": "search_result_location", **place, **own}
    place = _in_document(block["source"], words)
    return place and {**place, "document_index": number, "document_title": block.get("title")}


def _in_document(source: JSON, words: str) -> JSON:
    if source["type"] == "content" and isinstance(source["content"], list):
        place = _part(source["content"], words)
        return place and {"type": "content_block_location", **place, "file_id": None}
    if source["type"] == "base64":
        whole = files.text(source["data"])
        page = {"type": "page_location", "cited_text": whole, "start_page_number": 1, "end_page_number": 2}
        return {**page, "file_id": None} if words in whole else None
    whole = str(source.get("data") or source.get("content") or "")
    start = whole.find(words)
    if start < 0:
        return None
    end = start + len(words)
    range_ = {"start_char_index": start, "end_char_index": end}
    return {"type": "char_location", "cited_text": whole[start:end], **range_, "file_id": None}


def _part(parts: Sequence[JSON], words: str) -> JSON:
    """The part that contains the words; ends of ranges are exclusive."""
    texts = [str(part.get("text", "")) for part in parts]
    at = next((index for index, text in enumerate(texts) if words in text), None)
    return None if at is None else {"cited_text": texts[at], "start_block_index": at, "end_block_index": at + 1}


def _of_page(page: JSON) -> JSON:
    seen = {"url": page["url"], "title": page["title"], "encrypted_index": page["encrypted_content"][:20]}
    return {"type": "web_search_result_location", "cited_text": page["title"], **seen}
