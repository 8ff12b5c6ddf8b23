"""A scripted provider: a deterministic model behind faithful Chat Completions, Responses, Messages and Models APIs.

It stands in for api.openai.com and api.anthropic.com at once, so that a gateway can be tested without either.
"""

from .app import DEFAULT_MODELS, create_app

__all__ = ["DEFAULT_MODELS", "create_app"]
