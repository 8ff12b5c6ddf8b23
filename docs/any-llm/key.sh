#!/usr/bin/env bash
# Creates a key for clients at the running gateway, and prints it: docs/any-llm/key.sh
set -eu
curl --silent --fail http://127.0.0.1:8100/v1/keys -H "X-AnyLLM-Key: Bearer $GATEWAY_MASTER_KEY" \
    -H 'Content-Type: application/json' -d '{"key_name": "conformance"}' | sed 's/.*"key":"\([^"]*\)".*/\1/'
