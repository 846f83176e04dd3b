"""The sandbox in a browser: a phone that shows its Discord, and a desk that plays its InvokeAI."""
