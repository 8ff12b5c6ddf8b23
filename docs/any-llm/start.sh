#!/usr/bin/env bash
# Starts any-llm's gateway with config.yaml of this folder and a new database: docs/any-llm/start.sh VENV
set -eu
venv=$(realpath "$1") here=$(realpath "$(dirname "$0")")
rm -f "$venv/gateway.db"
exec "$venv/bin/any-llm-gateway" serve --config "$here/config.yaml" --database-url "sqlite:///$venv/gateway.db"
