"""A second tap on a phone is a double tap: what was queued again once is not queued twice."""

import pytest
from house import InvokeAI, Studio
from job_buttons_place import seeded
from person import Person
from planted import buttons

from sandbox.bot_process import BotProcess

pytestmark = pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)


async def test_what_waits_to_be_retried_is_not_queued_again_by_any_way(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    operator = studio.person("operator")
    first, second = (await person.enqueue(seeded(fail_at_step=1), runs=2)).numbers
    notice = await studio.posted(f"❌ #{first} ", "× 2")
    await operator.slash(studio.channel, "pause")
    retry_all = buttons(notice.components)["Retry all 2"]
    done = await operator.press(notice, retry_all)
    assert f"queued again as #{second + 1} to #{second + 2}" in done.text.replace("\\", "")
    before = invokeai.writes()
    again = await operator.press(notice, retry_all)
    told = f"batch is queued again already, as #{second + 1}–#{second + 2}."
    assert told in again.text.replace("\\", "")
    by_command = await operator.slash(studio.channel, "retry", job=first, scope="batch")
    assert told in by_command.text.replace("\\", "")
    for job, retry in ((first, second + 1), (second, second + 2)):
        panel = await operator.slash(studio.channel, "job", job=job)
        answer = await operator.press(panel, buttons(panel.components)["Retry"])
        assert f"#{job} is queued again already, as #{retry}." in answer.text.replace("\\", "")
        assert answer.ephemeral
    assert invokeai.writes() == before
    assert (await invokeai.ask("status"))["queue"]["pending"] == 2
