#!/usr/bin/env bash
# Starts Portkey's gateway: docs/portkey/start.sh FOLDER
exec node "$1/node_modules/@portkey-ai/gateway/build/start-server.js" --port=8787 --headless
