"""Slash commands: parse, ask, render, reply."""
