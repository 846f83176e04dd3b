"""Names in the environment and the two files that are no settings, and what was probably meant."""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from dotenv import dotenv_values

ENV_FILE = Path(".env")
TOML_FILE = Path("invokeai-discord.toml")
ENVIRONMENT = "the environment"
INVOKEAIS = "INVOKEAI_"
SERVERS = "SERVERS"
"""The tables of several InvokeAIs, in the TOML file alone."""
PREFIXES = ("DISCORD_", INVOKEAIS, "BOT_")


def unknown(known: set[str]) -> Iterator[str]:
    """A sentence for each name that looks like one of the `known` settings, and is none."""
    for place, name in _names():
        here = {*known, SERVERS} if place == str(TOML_FILE) else known
        if name in here:
            continue
        near = _nearest(name, here)
        ours = place == str(TOML_FILE) or name.startswith(PREFIXES)
        if place == ENVIRONMENT and name.startswith(INVOKEAIS):
            ours = False  # InvokeAI reads names of its own from the same environment
        if near is None and not ours:
            continue
        hint = f"Did you mean {near}?" if near else "Take it out; the README lists the settings."
        yield f"Unknown setting {name} in {place}. {hint}"


def _nearest(name: str, known: set[str]) -> str | None:
    """The setting that was probably meant: the same prefix and nearly the same rest, or nearly the same."""
    prefix, _, rest = name.partition("_")
    rests = [other.removeprefix(f"{prefix}_") for other in known if other.startswith(f"{prefix}_")]
    if near := difflib.get_close_matches(rest, rests, n=1, cutoff=0.75):
        return f"{prefix}_{near[0]}"
    whole = [] if name.startswith(INVOKEAIS) else difflib.get_close_matches(name, known, n=1, cutoff=0.85)
    return whole[0] if whole else None


def _names() -> Iterator[tuple[str, str]]:
    ours: Mapping[str, object] = {name.upper(): value for name, value in os.environ.items()}
    yield from ((ENVIRONMENT, name) for name in ours)
    if ENV_FILE.is_file():
        read = dotenv_values(ENV_FILE, interpolate=False)
        yield from ((str(ENV_FILE), name.upper()) for name in read)
    if TOML_FILE.is_file():
        yield from ((str(TOML_FILE), name.upper()) for name in tomllib.loads(TOML_FILE.read_text("utf-8")))
