#!/usr/bin/env bash
# Regenerates all reports in this folder: reports/published/make.sh LITELLM_VENV PORTKEY_FOLDER
# docs/litellm/README.md and docs/portkey/README.md explain how to install the gateways there. The suite's programs must be
# on the PATH, and ports 4000, 8787 and 9100 must be free.
set -euo pipefail
litellm=$(realpath "$1") portkey=$(realpath "$2")
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT

PROVIDER_API_KEY=sk-$(openssl rand -hex 16)
LITELLM_MASTER_KEY=sk-$(openssl rand -hex 16)
export PROVIDER_API_KEY LITELLM_MASTER_KEY UPSTREAM_API_KEY=$PROVIDER_API_KEY LITELLM_LOCAL_MODEL_COST_MAP=True
export OPENAI_UPSTREAM=http://127.0.0.1:9100/v1 ANTHROPIC_UPSTREAM=http://127.0.0.1:9100
gateway-conformance serve provider --port 9100 > "$work/provider.log" 2>&1 &

ready() { curl --silent --output /dev/null --retry 120 --retry-delay 1 --retry-connrefused "$1"; }
publish() {  # NAME PROFILE: tests the gateway of a profile, and packs the report
    pytest -q --gateway-profile="$2" --gateway-report-dir="$work/$1" || [ $? = 1 ]
    gateway-conformance render "$work/$1/run.json" --to json | gzip -9n > "reports/published/$1.json.gz"
}

"$litellm/bin/litellm" --config docs/litellm/config.yaml --host 127.0.0.1 --port 4000 > "$work/litellm.log" 2>&1 &
gateway=$!
ready http://127.0.0.1:4000/health/liveliness
publish litellm-1.106.2 docs/litellm/profile.yaml
kill "$gateway"

node "$portkey/node_modules/@portkey-ai/gateway/build/start-server.js" --port=8787 --headless > "$work/portkey.log" 2>&1 &
ready http://127.0.0.1:8787/
publish portkey-1.15.2-openai docs/portkey/openai.yaml
publish portkey-1.15.2-anthropic docs/portkey/anthropic.yaml

reports/published/pages.sh
