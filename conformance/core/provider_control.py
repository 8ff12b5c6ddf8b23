"""The paths and keys by which the suite controls the scripted provider (`conformance/reference/scripted`)."""

from __future__ import annotations

SCRIPTS_PATH = "/_suite/scripts"
OPEN_PATH = "/_suite/open"

KEY_VARIABLE = "PROVIDER_API_KEY"
CONTROL_KEY_VARIABLE = "PROVIDER_CONTROL_KEY"
DEFAULT_KEY = "sk-provider"
"""The key that gateways send to the provider if PROVIDER_API_KEY is not set."""
