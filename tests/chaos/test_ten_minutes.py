"""Ten minutes without Discord, on a clock that is moved by hand: outbox, delivery, sink and HTTP are real."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import discord
import pytest
from discord.http import Route
from fakes import Clock

from bot.delivery.askers import Askers
from bot.delivery.composer import Composer
from bot.delivery.deliverer import Deliverer
from bot.delivery.patient_outbox import PatientOutbox
from bot.discord.members import Members
from bot.discord.sink import DiscordSink
from bot.domain.events import EventKind, JobEvent
from bot.domain.guilds import AdoptedGuilds
from bot.domain.jobs import Job, JobStatus, Recipe
from bot.images.loader import ImageLoader
from bot.images.worker import CompressionWorker
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.outbox_writer import OutboxWake
from bot.store.subscriptions import Subscriptions
from bot.telemetry.metrics import Metrics
from sandbox.discord import SandboxDiscord

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(60)]

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
OUTAGE = timedelta(minutes=10)
SENT_TO_FIND_OUT = 9
"""2 + 4 + … + 256 seconds, then 300: a try after each pause."""


class Pictures:
    async def image(self, name: str, limit: int) -> bytes:
        return b"\x89PNG\r\n\x1a\n" + name.encode()

    async def thumbnail(self, name: str, limit: int) -> bytes:
        return await self.image(name, limit)


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxDiscord]:
    sandbox, base = SandboxDiscord(), Route.BASE
    await sandbox.start()
    Route.BASE = sandbox.api_url
    yield sandbox
    Route.BASE = base
    await sandbox.stop()


async def test_what_ended_in_ten_minutes_without_discord_comes_in_order_as_albums(
    sandbox: SandboxDiscord, tmp_path: Path
) -> None:
    channel = sandbox.add_guild("Studio").add_text_channel("renders")
    database, clock, groups = Database(f"sqlite+aiosqlite:///{tmp_path / 'bot.sqlite3'}"), Clock(), count(1)
    await database.open()
    outbox = Outbox(database)
    async with discord.Client(intents=discord.Intents.none()) as client:
        await client.login(sandbox.token)
        patient = PatientOutbox(outbox, Subscriptions(database).preferences, wake=OutboxWake())
        sink = DiscordSink(client)
        loader = ImageLoader({"invokeai": Pictures()}, CompressionWorker())
        delivery = Deliverer(
            patient,
            Composer(
                patient,
                loader,
                posted=sink.posted,
                file_limit=sink.file_limit,
                askers=Askers(Members(client, AdoptedGuilds()).has),
                clock=clock,
                pages={"invokeai": None},
            ),
            sink,
            Metrics(),
            clock=clock,
            new_group=lambda: f"group {next(groups)}",
        )
        await sandbox.away()
        tries = 0
        for number in range(1, 61):
            clock.now = START + timedelta(seconds=10 * number)
            async with database.transaction() as transaction:
                await outbox.add(transaction, _finished(number, clock.now), [channel.id], clock.now)
            tries += len(await outbox.streams_due(clock.now))
            await delivery.deliver_due()
        assert channel.messages == []
        assert 0 < tries <= SENT_TO_FIND_OUT
        await sandbox.back()
        back = clock.now
        while await outbox.pending_count():
            clock.now = max(clock.now, await outbox.next_due() or clock.now)
            await delivery.deliver_due()
    await database.close()
    assert clock.now - back <= timedelta(minutes=5)
    numbers = [[int(file.filename.split("-")[0]) for file in one.files] for one in channel.messages]
    assert [number for album in numbers for number in album] == list(range(1, 61))
    assert len(numbers) == 1 + 6  # what was in hand as Discord went, then albums of ten


def _finished(number: int, at: datetime) -> JobEvent:
    job = Job(
        server="invokeai",
        number=number,
        status=JobStatus.COMPLETED,
        batch_id="b",
        session_id=f"s{number}",
        created_at=at,
        started_at=at,
        completed_at=at,
        recipe=Recipe(prompt="red fox in snow"),
        images=(f"{number}.png",),
        failure=None,
    )
    return JobEvent(EventKind.COMPLETED, job, 0, 0)
