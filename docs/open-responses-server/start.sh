#!/usr/bin/env bash
# Starts open-responses-server: docs/open-responses-server/start.sh VENV
# The server is configured by environment variables. It writes its log to the folder that it is started in.
set -eu
cd "$1"
export OPENAI_BASE_URL_INTERNAL=http://127.0.0.1:9100 OPENAI_BASE_URL=http://127.0.0.1:8080 OPENAI_API_KEY=$PROVIDER_API_KEY
export API_ADAPTER_HOST=127.0.0.1 API_ADAPTER_PORT=8080
exec bin/otc start
