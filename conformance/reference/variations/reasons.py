"""Reasons that many variations share."""

OPENAI_OPEN = (
    "OpenAI adds members, items and events, reorders members and changes the form of ids without a new version "
    "(https://platform.openai.com/docs/api-reference/introduction, backward compatibility)."
)
ANTHROPIC_OPEN = (
    "Anthropic adds members, block types, event types and variants of enumerations without a new version "
    "(https://docs.anthropic.com/en/api/versioning)."
)
