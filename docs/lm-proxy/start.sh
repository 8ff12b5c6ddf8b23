#!/usr/bin/env bash
# Starts LM-Proxy with config.toml of this folder: docs/lm-proxy/start.sh VENV
set -eu
exec "$1/bin/lm-proxy" --config "$(dirname "$0")/config.toml" --env ""
