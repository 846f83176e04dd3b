"""A leader and a standby on one PostgreSQL, while jobs end all the time: whatever ends the leader's lead."""

import asyncio
import os
import time
from pathlib import Path

import pytest
from lane import lane
from pair import Pair, pair
from store_databases import PostgreSQL
from tally import judge

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800)]

FAIL_OVERS = int(os.environ.get("CHAOS_FAIL_OVERS", "10"))
SEED = int(os.environ.get("CHAOS_SEED", "1015"))
RARE = (Pair.frozen, Pair.cut_off, Pair.database_restarted)
"""Each of them once in ten."""
QUICK = (Pair.killed, Pair.killed, Pair.killed, Pair.stopped)


async def test_whatever_ends_the_lead_the_standby_goes_on_and_nothing_is_lost_or_doubled(
    postgresql_server: PostgreSQL, tmp_path: Path
) -> None:
    async with lane(tmp_path, SEED) as here, pair(here, postgresql_server, tmp_path) as bots:
        ways = [RARE[number] if number < len(RARE) else here.dice.choice(QUICK) for number in range(10)]
        ways *= -(-FAIL_OVERS // len(ways))
        here.dice.shuffle(ways)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(here.work.run())
            for fail_over in ways[:FAIL_OVERS]:
                await asyncio.sleep(here.dice.uniform(0, 0.6))
                await fail_over(bots)
            here.work.stop()
        await here.work.done(within=30)
        await here.told_all(within=90 + 2 * FAIL_OVERS)
        await asyncio.sleep(1)  # for what might come twice
        await bots.end()
        found = judge(here.invokeai, here.channel)
        took = ", ".join(f"{how} {seconds:.1f} s" for how, seconds in sorted(bots.took.items()))
        print(  # noqa: T201  # the figures; pytest -rA shows them
            f"seed {SEED}: {bots.fail_overs} fail-overs, {found.jobs} jobs, {found.messages} messages, "
            f"{len(found.lost)} lost, {len(found.doubled)} doubled, longest take-overs: {took}; "
            f"{time.monotonic() - here.began:.0f} s"
        )
        assert found.perfect, found
        assert here.discord.gateway.most_at_once == 1
