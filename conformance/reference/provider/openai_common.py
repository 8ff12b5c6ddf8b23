"""Shared by Chat Completions and Responses: schemas of common fields, and checks of images, tools and formats."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from . import images
from .errors import Refused
from .prompt import JSON, Image, Prompt
from .strictness import fault
from .validation import METADATA, OPTIONAL_BOOL, OPTIONAL_STRING, STRING, Schema, integer, number, obj, one_of

TOOL_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9_-]+$"}
EFFORT: Schema = {"enum": ["none", "minimal", "low", "medium", "high", "xhigh", "max", None]}
BREAKPOINT: Schema = obj(["mode"], mode=one_of("explicit"), ttl=one_of("30m", "12h"))
SHARED: dict[str, Schema] = {
    "metadata": METADATA,
    "moderation": {"type": ["object", "null"]},
    "prompt_cache_key": OPTIONAL_STRING,
    "prompt_cache_options": {"type": "object"},
    "prompt_cache_retention": {"enum": ["in_memory", "in-memory", "24h", None]},
    "safety_identifier": {"type": ["string", "null"], "maxLength": 128},
    "store": OPTIONAL_BOOL,
    "stream": OPTIONAL_BOOL,
    "temperature": number(0, 2),
    "top_p": number(0, 1),
    "top_logprobs": integer(0, 20),
    "user": STRING,
}
VERBOSITY: Schema = {"enum": ["low", "medium", "high", None]}
GRAMMAR: Schema = obj(["definition", "syntax"], definition=STRING, syntax=one_of("lark", "regex"))
JSON_MODE: JSON = {"type": "object"}


def known_model(model: str, models: tuple[str, ...], *, param: str | None) -> None:
    """Refuses an unknown model with 404 `model_not_found`."""
    if model not in models:
        raise Refused(f"The model '{model}' does not exist, or this key may not use it.", param=param,
                      code="model_not_found", status=404)  # fmt: skip


def picture(url: str, param: str) -> Image:
    """The image of a data URL. Other URLs are refused: this provider downloads nothing."""
    if url.startswith(("http://", "https://")):
        raise Refused(f"The image at {url} cannot be downloaded.", param=param, code="invalid_image_url")
    try:
        media_type, data = images.parse_data_url(url)
    except ValueError:
        raise Refused(f"'{param}' has to be a base64 data URL of an image.", param=param,
                      code="invalid_base64_image") from None  # fmt: skip
    if media_type not in images.MEDIA_TYPES:
        raise _unsupported_image(param)
    try:
        return images.look(data)
    except ValueError:
        raise _unsupported_image(param) from None


def check_sound(data: str, param: str) -> None:
    """Refuses a sound that is not base64."""
    try:
        base64.b64decode(data, validate=True)
    except ValueError:
        raise Refused(f"'{param}' has to be base64.", param=param, code="invalid_value") from None


def check_file(file: Mapping[str, JSON], param: str) -> None:
    """Refuses a file id; this provider stores no files."""
    if file.get("file_id"):
        raise Refused(
            f"There is no file with the id '{file['file_id']}'.", param=param, code="file_not_found", status=404
        )


def _unsupported_image(param: str) -> Refused:
    return Refused("This image is not supported; send one that is a valid png, jpeg, gif or webp.", param=param,
                   code="invalid_image_format")  # fmt: skip


def check_json_mode(prompt: Prompt, kind: JSON, param: str, setting: str) -> None:
    """Refuses JSON mode unless the prompt mentions JSON; without that, models write endless white space.

    `kind` is the type of the requested format. A schema that allows every object is not JSON mode.
    """
    if kind == "json_object" and not any("json" in turn.text.lower() for turn in prompt.turns):
        raise Refused(f"The word 'json' has to occur in {param} when {setting} is 'json_object'.", param=param)


def check_context(used: int, context: int, param: str) -> None:
    """Refuses a request whose prompt and token limit are together longer than the model's context."""
    if used > context:
        raise Refused(f"The context of this model is {context} tokens, but prompt and limit have {used}.", param=param,
                      code="context_length_exceeded")  # fmt: skip


def check_function(function: Mapping[str, JSON], path: str) -> None:
    """Refuses a function whose parameters are not a valid schema, or not strict although it claims so."""
    wrong = fault(function.get("parameters") or {}, strict=function.get("strict") is True)
    if wrong:
        message = f"The 'parameters' of the function '{function['name']}' are not a valid schema: {wrong}."
        raise Refused(message, param=f"{path}.parameters", code="invalid_function_parameters")


def check_format(format_: Mapping[str, JSON], param: str, code: str | None) -> None:
    """Refuses a format whose schema is not valid, or not strict although it claims so."""
    wrong = fault(format_.get("schema") or {}, strict=format_.get("strict") is True)
    if wrong:
        raise Refused(f"The schema '{format_['name']}' of {param} is not valid: {wrong}.", param=param, code=code)


def reject_stray_stream_options(body: Mapping[str, JSON]) -> None:
    """Refuses `stream_options` without `stream: true`."""
    if body.get("stream_options") is not None and not body.get("stream"):
        raise Refused("'stream_options' is only allowed when 'stream' is on.", param="stream_options")
