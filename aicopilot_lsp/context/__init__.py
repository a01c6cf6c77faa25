"""The local context engine: what else the model should see. In-file text only, so far."""
