"""Creates the two endpoints of the gateway in a new database of MLflow: endpoints.py DATABASE_URL FOLDER

The page "AI Gateway" of MLflow does the same in a browser: a key, and an endpoint with a model, for each provider.
"""

import os
import sys

from mlflow.entities.gateway_endpoint import GatewayEndpointModelConfig, GatewayModelLinkageType
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

BASES = {"openai": "http://127.0.0.1:9100/v1", "anthropic": "http://127.0.0.1:9100/v1"}

store = SqlAlchemyStore(*sys.argv[1:])
for provider, base in BASES.items():
    key = {"api_key": os.environ["PROVIDER_API_KEY"]}
    secret = store.create_gateway_secret(f"{provider}-key", key, provider, {"api_base": base})
    model = store.create_gateway_model_definition(f"{provider}-model", secret.secret_id, provider, "reference-large")
    config = GatewayEndpointModelConfig(model.model_definition_id, GatewayModelLinkageType.PRIMARY)
    store.create_gateway_endpoint(f"reference-{provider}", [config], usage_tracking=False)
