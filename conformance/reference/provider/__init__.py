"""A scripted provider: a deterministic model behind the Chat Completions, Responses, Messages and Models APIs.

It replaces both api.openai.com and api.anthropic.com, so that a gateway can be tested without them.
"""

from .app import DEFAULT_MODELS, create_app

__all__ = ["DEFAULT_MODELS", "create_app"]
