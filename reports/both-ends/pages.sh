#!/usr/bin/env bash
# Regenerates the pages in docs/both-ends that are made from the reports in this folder. The suite's programs must be on the PATH.
set -euo pipefail
cd "$(dirname "$0")/../.."
for gateway in litellm portkey; do
  gateway-conformance findings reports/both-ends/$gateway-*.json.gz docs/both-ends/$gateway-judgement.yaml -o docs/both-ends/$gateway-findings.md
  gateway-conformance parameters reports/both-ends/$gateway-*.json.gz -o docs/both-ends/$gateway-parameters.md
done
