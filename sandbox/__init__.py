"""A Discord and an InvokeAI to try the bot in and to test it against. Imports nothing of the bot."""
