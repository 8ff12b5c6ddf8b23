#!/usr/bin/env bash
# Starts Claude Code Router with config.json of this folder: docs/claude-code-router/start.sh FOLDER
# The router reads its configuration from the home directory, so it gets one of its own.
set -eu
home=$(realpath "$1")/home
mkdir -p "$home/.claude-code-router"
cp "$(dirname "$0")/config.json" "$home/.claude-code-router/config.json"
HOME=$home exec node "$1/node_modules/@musistudio/claude-code-router/dist/cli.js" start
