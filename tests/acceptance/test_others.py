"""A bot whose account is no admin's: of others' jobs it tells what it knows, and nothing that it does not."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from house import Studio, bot_process, says, serving
from members import ADMIN, ALICE, logged_in
from person import Person, draw

from sandbox.bot_process import BotProcess
from sandbox.invokeai import SandboxInvokeAI


@pytest.fixture
async def alices(studio: Studio, shared: SandboxInvokeAI, tmp_path: Path) -> AsyncIterator[BotProcess]:
    """The bot, with Alice's account."""
    account = {"INVOKEAI_EMAIL": ALICE.email, "INVOKEAI_PASSWORD": ALICE.password}
    async with serving(bot_process(studio, shared.url, tmp_path, **account)) as process:
        yield process


async def queued(http: aiohttp.ClientSession, server: SandboxInvokeAI, fail_at_step: int = -1) -> int:
    [number] = (await Person(http, server.url).enqueue(draw(prompt="fox", fail_at_step=fail_at_step))).numbers
    return number


async def test_of_others_jobs_only_their_end_is_told(
    alices: BotProcess, studio: Studio, shared: SandboxInvokeAI
) -> None:
    del alices
    async with logged_in(shared.url, ADMIN) as owner, logged_in(shared.url, ALICE) as alice:
        theirs = await queued(owner, shared)
        done = await studio.posted(f"✅ #{theirs} ")
        assert done.content.startswith("✅ Someone else's job · ")
        assert done.components == []
        failed = await studio.posted(f"❌ #{await queued(owner, shared, fail_at_step=1)} ")
        assert failed.content.startswith("❌ Someone else's job failed · ")
        looked_up = await studio.person("guest").slash(studio.channel, "job", job=theirs)
        assert "Someone else's job" in looked_up.text
        assert "redacted" not in looked_up.text
        ours = await studio.posted(f"✅ #{await queued(alice, shared)} ")
        assert ours.files
        await studio.person("admin").slash(studio.channel, "notify here", others=False)
        unseen = await queued(owner, shared)
        await studio.posted(f"✅ #{await queued(alice, shared)} ")
    assert not any(says(line, f"✅ #{unseen}") for line in studio.lines())
    assert not any("image" in line or "traceback" in line for line in studio.lines())
