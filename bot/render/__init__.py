"""Domain in, messages out. Pure: no I/O, no clock, no discord.py."""
