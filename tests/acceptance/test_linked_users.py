"""/link: what a person queues on InvokeAI's own page mentions them, where an admin said who they are."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from house import Studio, bot_process, serving
from members import ADMIN, ALICE, logged_in
from person import Person, draw

from sandbox.bot_process import BotProcess
from sandbox.invokeai import SandboxInvokeAI


@pytest.fixture
async def bot(studio: Studio, shared: SandboxInvokeAI, tmp_path: Path) -> AsyncIterator[BotProcess]:
    account = {"INVOKEAI_EMAIL": ADMIN.email, "INVOKEAI_PASSWORD": ADMIN.password}
    async with serving(bot_process(studio, shared.url, tmp_path, **account)) as process:
        studio.guild.open_all_commands()
        yield process


async def test_a_linked_user_s_jobs_mention_that_person_until_the_link_is_removed(
    bot: BotProcess, studio: Studio, shared: SandboxInvokeAI
) -> None:
    del bot
    admin, guest = studio.person("admin"), studio.person("guest")
    [offered] = await admin.autocomplete(studio.channel, "link", user=ALICE.name[:3].lower())
    assert offered["name"] == ALICE.name
    lounge = studio.guild.add_text_channel("lounge")
    refused = await admin.slash(lounge, "link", person=guest.user, user=offered["value"])
    assert "No notices come to this channel" in refused.text
    linked = await admin.slash(studio.channel, "link", person=guest.user, user=offered["value"])
    assert f"**{ALICE.name}** is <@{guest.id}>" in linked.text
    async with logged_in(shared.url, ADMIN) as owner, logged_in(shared.url, ALICE) as alice:
        [hers] = (await Person(alice, shared.url).enqueue(draw())).numbers
        assert (await studio.posted(f"✅ #{hers} ")).mention_ids == [guest.id]
        [other] = (await Person(owner, shared.url).enqueue(draw())).numbers
        assert (await studio.posted(f"✅ #{other} ")).mention_ids == []
        assert ALICE.name in (await admin.slash(studio.channel, "link")).text
        removed = await admin.slash(studio.channel, "link", user=ALICE.name, remove=True)
        assert "The link is removed" in removed.text
        [hers] = (await Person(alice, shared.url).enqueue(draw())).numbers
        assert (await studio.posted(f"✅ #{hers} ")).mention_ids == []
    assert "No InvokeAI user is linked here yet" in (await admin.slash(studio.channel, "link")).text
    assert lounge.messages == []
