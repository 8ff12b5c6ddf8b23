#!/usr/bin/env bash
# Starts LiteLLM's proxy with config.yaml of this folder: docs/litellm/start.sh VENV
set -eu
here=$(dirname "$0")
export UPSTREAM_API_KEY=$PROVIDER_API_KEY LITELLM_LOCAL_MODEL_COST_MAP=True
export OPENAI_UPSTREAM=http://127.0.0.1:9100/v1 ANTHROPIC_UPSTREAM=http://127.0.0.1:9100
exec "$1/bin/litellm" --config "$here/config.yaml" --host 127.0.0.1 --port 4000
