#!/usr/bin/env bash
# Tests a gateway, and packs its reports into this folder: reports/published/make.sh GATEWAY FOLDER
# GATEWAY is a folder of docs/ with start.sh; its README.md explains how to install the gateway into FOLDER. The suite's
# programs must be on the PATH, and port 9100 and the gateway's own must be free.
set -euo pipefail
gateway=$1 folder=$(realpath "$2")
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT

PROVIDER_API_KEY=sk-$(openssl rand -hex 16)
GATEWAY_API_KEY=sk-$(openssl rand -hex 16)
export PROVIDER_API_KEY GATEWAY_API_KEY LITELLM_MASTER_KEY=$GATEWAY_API_KEY GATEWAY_MASTER_KEY=$GATEWAY_API_KEY
gateway-conformance serve provider --port 9100 > "$work/provider.log" 2>&1 &
"docs/$gateway/start.sh" "$folder" > "$work/gateway.log" 2>&1 &

value() { sed -n "s|^$1: \([^ ]*\).*|\1|p" "$2"; }
for profile in $(grep -l '^base_url:' "docs/$gateway"/*.yaml); do
    curl --silent --output /dev/null --retry 900 --retry-delay 1 --retry-connrefused "$(value base_url "$profile")"
    if [ -e "docs/$gateway/key.sh" ]; then GATEWAY_API_KEY=$("docs/$gateway/key.sh"); fi
    name=$gateway-$(value version "$profile")
    case $profile in */profile.yaml) ;; *) name=$name-$(basename "$profile" .yaml) ;; esac
    pytest -q --gateway-profile="$profile" --gateway-report-dir="$work/$name" || [ $? = 1 ]
    gateway-conformance render "$work/$name/run.json" --to json | gzip -9n > "reports/published/$name.json.gz"
done

reports/published/pages.sh
