"""How a picture was made, read from its graph. Pure; any JSON may come in, and nothing raises."""
