#!/usr/bin/env bash
# Starts MLflow's server with the AI gateway, and a new database with two endpoints: docs/mlflow/start.sh VENV
set -eu
venv=$(realpath "$1")
rm -f "$venv/mlflow.db"
# without this, the gateway refuses upstreams on this machine
export MLFLOW_GATEWAY_API_BASE_ALLOW_PRIVATE_IPS=true
export MLFLOW_CRYPTO_KEK_PASSPHRASE=$PROVIDER_API_KEY$PROVIDER_API_KEY MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
"$venv/bin/python" "$(dirname "$0")/endpoints.py" "sqlite:///$venv/mlflow.db" "$venv/artifacts"
exec "$venv/bin/mlflow" server --host 127.0.0.1 --port 5000 --workers 1 --backend-store-uri "sqlite:///$venv/mlflow.db" \
    --default-artifact-root "$venv/artifacts"
