"""Defects that gateways really had in errors, and in what they refuse, each as its report tells it."""

from __future__ import annotations

from conformance.reference.changes import ERROR, at, chain, on_error, put, set_status, when
from conformance.reference.changes.replies import refuse, reply_bytes, reply_json
from conformance.reference.faults.chat_entries import TEXTS, fault, request

ROLE_CASE = "chat_completions/errors/unknown-role"
GITHUB = "https://github.com/"
FLAT = {"object": "error", "message": "The model does not exist.", "type": "NotFoundError", "param": None, "code": 404}


_ERRORS = (
    fault(
        "report-failure-with-200",
        "A failure has the status 200, and the real one in its body.",
        (
            "http.status.error-in-success",
            "case.refused",
            "chat.choices.list",
            "chat.created",
            "chat.id",
            "chat.model",
            "chat.object",
            "chat.usage.present",
        ),
        "chat_completions/errors/unknown-model[stream=false]",
        reply_json(200, {"error": {"message": "Bad gateway.", "type": "server_error", "param": None, "code": 502}}),
        GITHUB + "azrtydxb/Fastllm-proxy/issues/28",
    ),
    fault(
        "report-unknown-model-with-200",
        "An unknown model is answered with 200 and a flat error.",
        (
            "case.refused",
            "chat.choices.list",
            "chat.created",
            "chat.id",
            "chat.model",
            "chat.object",
            "chat.usage.present",
            "http.status.error-in-success",
        ),
        "chat_completions/errors/unknown-model[stream=false]",
        reply_json(200, FLAT),
        GITHUB + "runpod-workers/worker-vllm/issues/57",
    ),
    request(
        "report-any-model",
        "Any model's name is accepted.",
        ("case.refused",),
        at("/model", lambda model: model if "reference" in model else "reference-large"),
        cases="chat_completions/errors/unknown-model*",
        url=GITHUB + "sgl-project/sglang/issues/31404",
    ),
    fault(
        "report-detail-list",
        "Mistakes are answered with 422 and FastAPI's `detail`.",
        ("error.openai.object", "error.status.validation", "case.status-422", "error.message.reason"),
        ROLE_CASE,
        reply_json(
            422, {"detail": [{"type": "enum", "loc": ["body", "messages", 0, "role"], "msg": "Input should be 'user'"}]}
        ),
        GITHUB + "earendil-works/pi/issues/6238",
    ),
    fault(
        "report-flat-private-code",
        "Errors are flat, with a number of the gateway's own.",
        ("error.openai.object",),
        "chat_completions/errors/negative-max-tokens[limit=0]",
        reply_json(400, {"object": "error", "message": "max_tokens must be positive.", "code": 40302}),
        GITHUB + "chatchat-space/Langchain-Chatchat/issues/2065",
    ),
    fault(
        "report-error-list",
        "`error` is a list, beside `success`.",
        ("error.openai.object", "error.message.reason"),
        ROLE_CASE,
        reply_json(
            400,
            {
                "success": False,
                "result": [],
                "messages": [],
                "error": [{"code": 7400, "message": "The role is unknown."}],
            },
        ),
        GITHUB + "router-for-me/CLIProxyAPI/issues/3185",
    ),
    fault(
        "report-rate-limit-without-wait",
        "429 comes without any word of how long to wait.",
        ("error.status.wait",),
        TEXTS,
        refuse(429, "Rate limit reached for requests.", code="rate_limit_exceeded"),
        GITHUB + "api7/aisix/issues/144",
    ),
    fault(
        "report-malformed-tools-as-502",
        "A malformed tool is answered with 502.",
        ("case.status", "error.code.agrees"),
        "chat_completions/errors/tool-without-function",
        chain(set_status(502, of=ERROR), on_error(put("/error/type", "server_error"))),
        GITHUB + "Mesh-LLM/mesh-llm/issues/1595",
    ),
    fault(
        "report-malformed-format-as-500",
        "A malformed response_format is answered with 500 and no message.",
        ("error.message.empty", "case.status", "error.code.agrees"),
        "chat_completions/errors/schema-without-name",
        chain(set_status(500, of=ERROR), on_error(put("/error/message", ""), put("/error/type", "server_error"))),
        GITHUB + "vllm-project/vllm/issues/35438",
    ),
    fault(
        "report-undeclared-tool-as-500",
        "A tool_choice that names no tool of the request is answered with 500.",
        ("case.status",),
        "chat_completions/errors/undeclared-tool-forced",
        chain(set_status(500, of=ERROR), on_error(put("/error/type", "server_error"))),
        GITHUB + "sgl-project/sglang/pull/28862",
    ),
    fault(
        "report-large-body-as-text",
        "A large body is answered with plain text.",
        ("http.error.json-in-front", "case.accepted", "http.header.request-id"),
        "http/bodies/chat-large",
        reply_bytes(413, b"Failed to buffer the request body: length limit exceeded"),
        GITHUB + "huggingface/text-generation-inference/issues/1802",
    ),
)


_REFUSED = (
    fault(
        "report-developer-refused",
        "The role `developer` is refused.",
        ("case.accepted",),
        "chat_completions/text/developer-role*",
        refuse(400, "Invalid role: developer."),
        GITHUB + "8monkey-ai/hebo-gateway/issues/251",
    ),
    fault(
        "report-max-tokens-refused",
        "`max_tokens` is refused by a model that knows only its new name.",
        ("case.accepted",),
        "chat_completions/limits/max-tokens*",
        refuse(400, "Unsupported parameter: 'max_tokens'.", param="max_tokens"),
        GITHUB + "router-for-me/CLIProxyAPI/issues/2101",
    ),
    fault(
        "report-nulls-refused",
        "A parameter that is null is refused.",
        ("case.accepted",),
        "chat_completions/text/nulls-mean-unset",
        refuse(400, "Expected array, received null.", param="tools"),
        GITHUB + "tashfeenahmed/freellmapi/pull/232",
    ),
    fault(
        "report-empty-answer-refused",
        "A history with an empty answer is refused.",
        ("case.accepted",),
        "chat_completions/text/empty-answer-in-history*",
        refuse(400, "The content of a message must not be empty.", param="messages"),
        GITHUB + "tashfeenahmed/freellmapi/issues/165",
    ),
    fault(
        "report-parts-refused",
        "Content in parts is refused.",
        ("case.accepted",),
        "chat_completions/text/content-parts*",
        refuse(400, "invalid type: sequence, expected a string"),
        GITHUB + "penta2himajin/qwisp/pull/83",
    ),
    fault(
        "report-logprobs-refused",
        "`logprobs` is refused.",
        ("case.accepted",),
        "chat_completions/options/logprobs*",
        when(refuse(400, "logprobs is not supported."), logprobs=True),
        GITHUB + "sgl-project/sglang/issues/4440",
    ),
    request(
        "report-limit-of-zero",
        "A limit of 0 or below is raised to 1, and served.",
        ("case.refused",),
        at("/max_tokens", lambda limit: max(limit, 1)),
        cases="chat_completions/errors/negative-max-tokens*",
        url=GITHUB + "entrius/gittensor/issues/1749",
    ),
)

FAULTS = (*_ERRORS, *_REFUSED)
