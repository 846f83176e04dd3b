"""What is refused or fails is told only to the person who asked, whoever would have seen the answer."""

from typing import Any

import pytest
from house import InvokeAI, Studio

from sandbox.bot_process import BotProcess
from sandbox.invokeai import SandboxInvokeAI

pytestmark = pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)

UNKNOWN: list[tuple[str, dict[str, Any]]] = [
    ("cancel", {"job": 999_999}),
    ("retry", {"job": 999_999}),
    ("retry", {"job": 999_999, "scope": "batch"}),
    ("again", {"job": 999_999}),
    ("job", {"job": 999_999, "public": True}),
    ("latest", {"status": "failed", "public": True}),
]
ANY: list[tuple[str, dict[str, Any]]] = [
    ("cancel", {}),
    ("retry", {"job": 1}),
    ("again", {"job": 1}),
    ("job", {"job": 1, "public": True}),
    ("jobs", {"public": True}),
    ("latest", {"public": True}),
    ("queue", {"public": True}),
    ("pause", {}),
    ("resume", {}),
    ("free-vram", {}),
]


async def test_that_there_is_no_such_job_is_said_in_private(bot: BotProcess, studio: Studio) -> None:
    del bot
    for command, options in UNKNOWN:
        answer = await studio.person("operator").slash(studio.channel, command, **options)
        assert answer.ephemeral, command
        assert studio.channel.messages == [], command


async def test_that_invokeai_is_away_is_said_in_private(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI
) -> None:
    del bot
    assert isinstance(invokeai.server, SandboxInvokeAI)
    await invokeai.server.stop()
    for command, options in ANY:
        answer = await studio.person("admin").slash(studio.channel, command, **options)
        assert answer.ephemeral, command
        assert "does not answer" in answer.text, command
        assert studio.channel.messages == [], command
