"""An InvokeAI whose event loop is held for seconds: slow is not away, and nothing is done twice."""

import pytest
from house import InvokeAI, Studio
from job_buttons_place import seeded
from person import Person
from planted import buttons

from sandbox.bot_process import BotProcess
from sandbox.invokeai import SandboxInvokeAI


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_seconds_of_silence_cost_no_answer_no_job_and_no_news(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    sandbox = invokeai.server
    assert isinstance(sandbox, SandboxInvokeAI)
    [number] = (await person.enqueue(seeded())).numbers
    notice = await studio.posted(f"✅ #{number} ")
    operator = studio.person("operator")
    sandbox.slowness, operator.patience = 4.0, 50.0
    assert await operator.autocomplete(studio.channel, "job", job="1") == []
    answer = await operator.press(notice, buttons(notice.components)["Again"])
    sandbox.slowness = 0.0
    assert f"#{number} is queued again as #{number + 1}" in answer.text.replace("\\", "")
    await studio.posted(f"✅ #{number + 1} ")
    assert [path.rpartition("/")[2] for _, path in invokeai.writes()].count("enqueue_batch") == 2
    assert not any(line.startswith("🔌") for line in studio.lines())
    assert not any("Traceback" in line for line in bot.log)
