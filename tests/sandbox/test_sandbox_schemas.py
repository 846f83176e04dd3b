"""The trimmed OpenAPI documents are what `trim.py` makes, and have what the sandbox needs."""

import json
from pathlib import Path
from runpy import run_path

import pytest
from sandbox_discord_support import OPENAPI as DISCORD
from sandbox_invokeai_bench import OPENAPI as INVOKEAI

from sandbox.discord import SandboxDiscord

TRIM = run_path(str(Path(__file__).parents[1] / "fixtures" / "trim.py"))


@pytest.mark.parametrize(("kind", "path"), [("discord", DISCORD), ("invokeai", INVOKEAI)])
def test_a_trimmed_document_has_nothing_left_to_trim(kind: str, path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    assert TRIM[kind](document) == document


def test_the_trimmed_document_has_the_paths_that_the_sandbox_discord_answers() -> None:
    routes = SandboxDiscord()._routes()  # pyright: ignore[reportPrivateUsage] - nobody else asks for them
    answered = {route.template for route in routes if route.method != "*"}
    assert answered == set(json.loads(DISCORD.read_text("utf-8"))["paths"])
