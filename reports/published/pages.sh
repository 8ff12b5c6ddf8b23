#!/usr/bin/env bash
# Regenerates the pages that are made from the reports in this folder. The suite's programs must be on the PATH.
set -euo pipefail
cd "$(dirname "$0")/../.."
gateway-conformance compare reports/published/*.json.gz -o reports/published/comparison.md
gateway-conformance compare reports/published/*.json.gz --to html -o reports/published/comparison.html
gateway-conformance findings reports/published/litellm-*.json.gz docs/litellm/judgement.yaml -o docs/litellm/findings.md
