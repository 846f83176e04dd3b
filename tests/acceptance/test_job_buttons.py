"""The buttons of a job, pressed by people: what then is so at InvokeAI, and what is said."""

import json
import re
from pathlib import Path
from typing import Any

import planted
import pytest
from house import InvokeAI, Studio, bot_process
from job_buttons_place import (
    PROMPT,
    but_for_its_seed,
    image,
    image_of,
    metadata,
    new_board,
    prompt_of,
    seed_of,
    seeded,
)
from person import Person
from planted import buttons

from sandbox.bot_process import BotProcess
from sandbox.discord.answers import Answer
from sandbox.discord.state import Message
from sandbox.invokeai import SandboxInvokeAI

LONG: dict[str, Any] = {"seconds": 50, "steps": 100}
ROW = ["Again", "Tweak…", "⭐", "More"]
BEHIND = ["×4", "Original", "Board…", "Save as style…", "Details", "Delete…"]
DONE = [*ROW, *BEHIND]


def read(answer: Answer) -> str:
    return answer.text.replace("\\", "")


async def press(studio: Studio, who: str, message: Message | Answer, label: str) -> Answer:
    return await planted.press(studio.person(who), message, label)


async def finished(studio: Studio, person: Person, **graph: Any) -> tuple[int, Message]:
    """A job's number, and its notice."""
    [number] = (await person.enqueue(seeded(**graph))).numbers
    return number, await studio.posted(f"✅ #{number} ")


async def test_again_queues_the_same_graph_with_another_seed(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    number, notice = await finished(studio, person)
    assert list(buttons(notice.components)) == ROW
    assert not notice.v2
    answer = await press(studio, "operator", notice, "Again")
    assert answer.ephemeral
    new = await invokeai.until(number + 1, "completed")
    assert f"#{number} is queued again as #{number + 1} with the seed {seed_of(new)}." in read(answer)
    old = await invokeai.ask(f"i/{number}")
    assert seed_of(new) != seed_of(old)
    assert but_for_its_seed(new) == but_for_its_seed(old)
    assert (await metadata(invokeai, image_of(new)))["seed"] == seed_of(new)
    assert notice.edits == []
    assert f"seed `{seed_of(new)}`" in (await studio.posted(f"✅ #{number + 1} ")).text


async def test_four_times_makes_four_jobs_with_the_seeds_that_are_said(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    _, notice = await finished(studio, person)
    answer = await press(studio, "operator", notice, "×4")
    found = re.search(r"queued again 4 times with the seeds ([\d, ]+): #(\d+)–#(\d+) now", read(answer))
    assert found is not None
    seeds = [int(seed) for seed in found[1].split(", ")]
    assert len(set(seeds)) == 4
    for place, new in enumerate(map(int, found.groups()[1:])):
        assert seed_of(await invokeai.until(new, "completed")) == seeds[place]


async def test_a_tweak_takes_number_seed_and_prompt_from_a_form(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    number, notice = await finished(studio, person)
    operator = studio.person("operator")
    opened = await press(studio, "operator", notice, "Tweak…")
    assert opened.modal is not None
    assert filled_in(opened) == {"count": "1", "seed": None, "prompt": PROMPT}
    [count, *_] = [row["component"] for row in opened.modal["components"]]
    assert [option["value"] for option in count["options"]] == ["1", "2", "4", "8", "16"]
    answer = await operator.submit(opened, count=["2"], seed="4294967295", prompt="a blue hen")
    assert answer.ephemeral
    assert f"as #{number + 1} to #{number + 2} with the seeds 4294967295, 0" in read(answer)
    new = [await invokeai.until(number + step, "completed") for step in (1, 2)]
    assert [seed_of(item) for item in new] == [4294967295, 0]
    assert [prompt_of(item) for item in new] == ["a blue hen"] * 2
    for count, seed, words in (
        ("17", "", "The number of images is a whole number from 1 to 16."),
        ("٣", "", "The number of images is a whole number from 1 to 16."),
        ("1", "4294967296", "A seed is a whole number from 0 to 4294967295."),
        ("1", "-1", "A seed is a whole number from 0 to 4294967295."),
    ):
        before = invokeai.writes()
        opened = await press(studio, "operator", notice, "Tweak…")
        forged(opened, count)
        assert words in read(await operator.submit(opened, count=[count], seed=seed))
        assert invokeai.writes() == before


def filled_in(opened: Answer) -> dict[str, str | None]:
    """What stands in a form's fields, and which options of its menus are chosen."""
    assert opened.modal is not None
    fields = [row["component"] for row in opened.modal["components"]]
    chosen = [[one["value"] for one in field.get("options", []) if one.get("default")] for field in fields]
    return {
        field["custom_id"]: next(iter(values), field.get("value"))
        for field, values in zip(fields, chosen, strict=True)
    }


def forged(opened: Answer, count: str) -> None:
    """The form's menu offers that number as well, as no client of Discord's does."""
    assert opened.modal is not None
    opened.modal["components"][0]["component"]["options"].append({"label": count, "value": count})


async def test_a_refused_tweak_opens_again_with_what_was_typed(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    number, notice = await finished(studio, person)
    operator = studio.person("operator")
    opened = await press(studio, "operator", notice, "Tweak…")
    long = "a blue hen, " * 300
    for prompt in ("a blue hen", long):
        refused = await operator.submit(opened, count=["2"], seed="banana", prompt=prompt)
        assert refused.ephemeral
        assert "A seed is a whole number" in read(refused)
    quoted = f"{read(refused)}{refused.message.files[0].data.decode()}"
    assert long in quoted
    again = await operator.press(refused, buttons(refused.components)["Edit again"])
    assert filled_in(again) == {"count": "2", "seed": "banana", "prompt": long}
    answer = await operator.submit(again, count=["2"], seed="7", prompt="a blue hen")
    assert f"as #{number + 1} to #{number + 2} with the seeds 7, 8" in read(answer)
    assert invokeai.writes()
    await bot.kill()
    await bot.start()
    await bot.says("discord_connected", within=20)
    gone = await operator.press(refused, buttons(refused.components)["Edit again"])
    assert "no longer kept" in read(gone)
    assert long in refused.message.files[0].data.decode()


async def test_a_job_without_a_prompt_that_can_be_told_has_no_field_for_it(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot, invokeai
    graph = seeded()
    graph["nodes"]["other"] = graph["nodes"]["draw"] | {"id": "other", "prompt": "a hen"}
    del graph["nodes"]["told"]
    graph["edges"] = [edge for edge in graph["edges"] if "told" not in str(edge)]
    [number] = (await person.enqueue(graph)).numbers
    notice = await studio.posted(f"✅ #{number} ")
    opened = await press(studio, "operator", notice, "Tweak…")
    assert opened.modal is not None
    assert [row["component"]["custom_id"] for row in opened.modal["components"]] == ["count", "seed"]


async def test_star_and_unstar_are_so_in_invokeai(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    number, notice = await finished(studio, person)
    name = image_of(await invokeai.ask(f"i/{number}"))
    answer = await press(studio, "operator", notice, "⭐")
    assert f"The image of #{number} is starred in InvokeAI." in read(answer)
    assert ((await image(invokeai, name)) or {})["starred"] is True
    shown = await studio.person("guest").slash(studio.channel, "job", job=number)
    more = await press(studio, "guest", shown, "More")
    assert list(buttons(more.components)) == ["×4", "Unstar", *BEHIND[1:4], "Delete…", "JSON"]
    answer = await press(studio, "operator", answer, "Unstar")
    assert f"The image of #{number} is not starred any more in InvokeAI." in read(answer)
    assert ((await image(invokeai, name)) or {})["starred"] is False


async def test_delete_asks_first_and_only_then_deletes(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    number, notice = await finished(studio, person)
    shown = await studio.person("operator").slash(studio.channel, "job", job=number)
    name = image_of(await invokeai.ask(f"i/{number}"))
    question = await press(studio, "operator", notice, "Delete…")
    assert question.message.ephemeral_for == studio.person("operator").id
    assert f"Delete 1 image of #{number}?" in read(question)
    assert await image(invokeai, name)
    answer = await press(studio, "operator", question, "In InvokeAI")
    await answer.wait_for(lambda one: not buttons(one.components))
    assert f"The image of #{number} is deleted in InvokeAI." in read(answer)
    assert await image(invokeai, name) is None
    for label, words in (
        ("⭐", "image is gone from InvokeAI. Nothing was changed."),
        ("Original", "any more"),
    ):
        assert words in read(await press(studio, "operator", shown, label))
    question = await press(studio, "operator", shown, "Delete…")
    answer = await press(studio, "operator", question, "In InvokeAI")
    await answer.wait_for(lambda one: not buttons(one.components))
    assert "image is gone from InvokeAI. Nothing was changed." in read(answer)


async def test_an_image_is_moved_to_the_board_that_is_picked(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    number, notice = await finished(studio, person)
    name = image_of(await invokeai.ask(f"i/{number}"))
    board = await new_board(invokeai, "**Foxes** @everyone")
    menu = await press(studio, "operator", notice, "Board…")
    assert menu.ephemeral
    answer = await studio.person("operator").select(menu, f"job:move:invokeai:{number}", board)
    await answer.wait_for(lambda one: f"The image of #{number} is on the board" in read(one))
    assert answer.message is menu.message
    assert ((await image(invokeai, name)) or {})["board_id"] == board


async def test_original_hands_out_the_untouched_file(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    number, notice = await finished(studio, person)
    answer = await press(studio, "guest", notice, "Original")
    assert answer.ephemeral
    [file] = answer.files
    assert file.data == await person.file(image_of(await invokeai.ask(f"i/{number}")))
    assert file.filename == f"{number}-red-fox-in-snow.png"


async def test_json_hands_out_what_invokeai_keeps_of_a_job(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    number, notice = await finished(studio, person)
    more = await press(studio, "guest", notice, "More")
    answer = await press(studio, "guest", more, "JSON")
    assert answer.ephemeral
    kept = {one.filename: json.loads(one.data) for one in answer.files}
    assert kept[f"{number}-job.json"] == await invokeai.ask(f"i/{number}")
    assert kept[f"{number}-metadata.json"]["positive_prompt"] == PROMPT


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_an_original_that_discord_does_not_take_is_told_with_its_size(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    number, notice = await finished(studio, person)
    server = invokeai.server
    assert isinstance(server, SandboxInvokeAI)
    stored = server.images.find(image_of(await invokeai.ask(f"i/{number}")))
    stored.png += bytes(45_000_000 - len(stored.png))
    answer = await press(studio, "guest", notice, "Original")
    assert "The original is 45 MB; Discord takes 10 MB here." in read(answer)
    assert answer.files == []


async def test_details_show_the_whole_job_in_private(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot, invokeai
    number, notice = await finished(studio, person)
    answer = await press(studio, "guest", notice, "Details")
    assert answer.ephemeral
    assert f"#{number} done" in read(answer)
    assert list(buttons(answer.components)) == ["Again", "Tweak…", "More"]


async def test_a_failed_job_and_all_failed_of_its_batch_are_retried(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    first, second = (await person.enqueue(seeded(fail_at_step=1), runs=2)).numbers
    notice = await studio.posted(f"❌ #{first} ", "× 2")
    assert list(buttons(notice.components)) == ["Retry all 2", "Details"]
    panel = await studio.person("operator").slash(studio.channel, "job", job=first)
    assert list(buttons(panel.components)) == ["Retry", "JSON"]
    answer = await press(studio, "operator", panel, "Retry")
    assert f"#{first} is queued again as #{second + 1}." in read(answer)
    new = await invokeai.until(second + 1, "failed")
    assert new["retried_from_item_id"] == first
    assert new["session"]["graph"] == (await invokeai.ask(f"i/{first}"))["session"]["graph"]
    answer = await press(studio, "operator", notice, "Retry all 2")
    words = f"2 failed jobs of #{first}'s batch are queued again as #{second + 2} to #{second + 3}."
    assert words in read(answer)
    await invokeai.until(second + 3, "failed")
    retried = [(await invokeai.ask(f"i/{second + more}"))["retried_from_item_id"] for more in (2, 3)]
    assert sorted(retried) == [first, second]


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_a_job_that_ran_out_of_vram_is_retried_smaller_or_after_the_vram_is_freed(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    words = "CUDA out of memory. Tried to allocate 2.25 GiB."
    graph = seeded(fail_at_step=1, fail_with=f"OutOfMemoryError: {words}")
    for name in ("told", "draw"):
        graph["nodes"][name] |= {"width": 512, "height": 768}
    [number] = (await person.enqueue(graph)).numbers
    notice = await studio.posted(f"❌ #{number}", "Out of VRAM")
    assert list(buttons(notice.components)) == ["Retry", "Retry smaller", "More"]
    before = invokeai.writes()
    assert "That needs" in read(await press(studio, "guest", notice, "Retry smaller"))
    assert "That needs" in read(await press(studio, "operator", notice, "Free VRAM and retry"))
    assert invokeai.writes() == before
    answer = await press(studio, "operator", notice, "Retry smaller")
    assert f"#{number} is queued again as #{number + 1} at 432 × 656 instead of 512 × 768." in read(answer)
    nodes = (await invokeai.until(number + 1, "failed"))["session"]["graph"]["nodes"]
    assert {(nodes[name]["width"], nodes[name]["height"]) for name in ("told", "draw")} == {(432, 656)}
    await bot.kill()
    await bot.start()
    await bot.says("discord_connected", within=20)
    answer = await press(studio, "admin", notice, "Free VRAM and retry")
    assert "unloaded" in read(answer)
    assert f"#{number} is queued again as #{number + 2}." in read(answer)
    assert any(path.endswith("empty_model_cache") for _, path in invokeai.writes())


async def test_a_running_job_is_cancelled_and_its_batch_only_after_a_question(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    first, second, third = (await person.enqueue(seeded(**LONG), runs=3)).numbers
    await invokeai.until(first, "in_progress")
    panel = await studio.person("operator").slash(studio.channel, "job", job=first)
    assert list(buttons(panel.components)) == ["Cancel", "Cancel batch…", "Tell me", "JSON"]
    answer = await press(studio, "operator", panel, "Cancel")
    assert f"#{first} is canceled. It stops after the current step." in read(answer)
    answer = await press(studio, "operator", panel, "Cancel")
    assert f"#{first} had already ended: it is canceled." in read(answer)
    question = await press(studio, "operator", panel, "Cancel batch…")
    assert f"Cancel 2 jobs of #{first}'s batch?" in read(question)
    assert (await invokeai.ask(f"i/{third}"))["status"] == "pending"
    answer = await press(studio, "operator", question, "Cancel 2 jobs")
    await answer.wait_for(lambda one: not buttons(one.components))
    assert {(await invokeai.ask(f"i/{number}"))["status"] for number in (second, third)} == {"canceled"}
    answer = await press(studio, "operator", panel, "Cancel batch…")
    assert "There was nothing to cancel." in read(answer)


async def test_a_guest_may_look_and_is_refused_all_else(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    _, notice = await finished(studio, person)
    before, shown = invokeai.writes(), len(studio.channel.messages)
    for label in DONE:
        answer = await press(studio, "guest", notice, label)
        assert answer.ephemeral
        assert ("That needs" in read(answer)) == (label not in {"Original", "Details", "More"}), label
    assert invokeai.writes() == before
    assert len(studio.channel.messages) == shown


async def test_a_notices_buttons_work_after_a_restart_of_the_bot(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    number, notice = await finished(studio, person)
    opened = await press(studio, "operator", notice, "Tweak…")
    await bot.kill()
    again = bot_process(studio, invokeai.url, tmp_path)
    await again.start()
    await again.says("discord_connected", within=20)
    answer = await press(studio, "operator", notice, "Again")
    assert f"#{number} is queued again as #{number + 1}" in read(answer)
    answer = await studio.person("operator").submit(opened, seed="7")
    assert f"#{number} is queued again as #{number + 2} with the seed 7." in read(answer)
    assert await again.stop() == 0
    await bot.start()
    await bot.says("discord_connected", within=20)


async def test_buttons_of_a_job_that_was_cleared_say_so(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    number, notice = await finished(studio, person)
    await person.start_afresh()
    before = invokeai.writes()
    for label in DONE:
        answer = await press(studio, "operator", notice, label)
        assert f"Job #{number} isn't in InvokeAI's queue; it may have been removed." in read(answer), label
    assert invokeai.writes() == before


async def test_what_started_from_an_image_that_is_gone_is_not_queued_again(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    source, _ = await finished(studio, person)
    name = image_of(await invokeai.ask(f"i/{source}"))
    blur = {"id": "blur", "type": "img_blur", "image": {"image_name": name}, "is_intermediate": True}
    graph = seeded(fail_at_step=1)
    graph["nodes"]["blur"] = blur
    [number] = (await person.enqueue(graph)).numbers
    notice = await studio.posted(f"❌ #{number} ")
    await person.delete_image(name)
    before = invokeai.writes()
    words = f"#{number} starts from an image that is gone from InvokeAI."
    assert words in read(await press(studio, "operator", notice, "Retry"))
    assert words in read(await studio.person("operator").slash(studio.channel, "again", job=number))
    assert invokeai.writes() == before


async def test_a_job_without_a_seed_is_not_queued_again_and_that_is_said(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    blank = {"id": "blank", "type": "blank_image", "width": 64, "height": 64, "use_cache": False}
    [number] = (await person.enqueue({"id": "b", "nodes": {"blank": blank}, "edges": []})).numbers
    notice = await studio.posted(f"✅ #{number} ")
    before = invokeai.writes()
    answer = await press(studio, "operator", notice, "Again")
    assert "This job has no seed that could be changed." in read(answer)
    assert invokeai.writes() == before


async def test_again_by_number_counts_up_from_a_seed_and_offers_what_has_ended(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    number, _ = await finished(studio, person)
    operator = studio.person("operator")
    offered = await operator.autocomplete(studio.channel, "again", job="")
    assert number in [choice["value"] for choice in offered]
    answer = await operator.slash(studio.channel, "again", job=number, count=3, seed=41)
    assert not answer.ephemeral
    words = (
        f"queued again 3 times with the seeds 41, 42, 43: #{number + 1}–#{number + 2} now, 1 more follows."
    )
    assert words in read(answer)
    assert seed_of(await invokeai.until(number + 2, "completed")) == 42


async def test_a_waiting_job_runs_next_under_a_new_number(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    await person.pause()
    [first] = (await person.enqueue(seeded())).numbers
    [later] = (await person.enqueue(seeded(prompt="a late hen"), destination="canvas")).numbers
    operator = studio.person("operator")
    shown = await operator.slash(studio.channel, "job", job=later)
    answer = await press(studio, "operator", shown, "Run next")
    assert f"#{later} runs next, as #{later + 1}." in read(answer)
    assert (await invokeai.ask(f"i/{later}"))["status"] == "canceled"
    old, new = await invokeai.ask(f"i/{later}"), await invokeai.ask(f"i/{later + 1}")
    assert new["destination"] == "canvas"
    assert new["session"]["graph"] == old["session"]["graph"]
    answer = await operator.slash(studio.channel, "next", job=first)
    assert f"#{first} runs next, as #{later + 2}." in read(answer)
    assert (await operator.slash(studio.channel, "next", job=first)).followups
    answer = await operator.slash(studio.channel, "retry", job=first, first=True)
    assert f"#{first} is queued again as #{later + 4}, and runs next." in read(answer)  # not as the retry
    assert [(await invokeai.ask("next"))["item_id"], (await invokeai.ask("status"))["queue"]["pending"]] == [
        later + 4,
        3,
    ]
    await person.start_afresh()


async def test_an_album_has_a_menu_of_its_jobs(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    await bot.kill()
    numbers = (await person.enqueue(seeded(seconds=0.01), runs=3)).numbers
    for number in numbers:
        await invokeai.until(number, "completed")
    await bot.start()
    album = await studio.posted("✅ 3 of 3")
    menu = album.components[0]["components"][0]
    assert [option["value"] for option in menu["options"]] == [str(number) for number in numbers]
    guest = studio.person("guest")
    answer = await guest.select(album, menu["custom_id"], str(numbers[1]))
    assert answer.ephemeral
    assert f"#{numbers[1]} done" in read(answer)
    assert "Again" in buttons(answer.components)


async def test_the_list_of_jobs_is_paged_in_place_and_each_of_them_is_a_tap_away(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    running, *waiting = (await person.enqueue(seeded(**LONG), runs=13)).numbers
    await invokeai.until(running, "in_progress")
    waiting.reverse()
    guest = studio.person("guest")
    shown = await guest.slash(studio.channel, "jobs", status="pending")
    assert shown.ephemeral
    assert listed(shown) == waiting[:10]
    older = await press(studio, "guest", shown, "Older")
    await older.wait_for(lambda one: listed(one) == waiting[10:])
    assert "Waiting" in older.text
    assert older.message is shown.message
    picked = await guest.select(older, "jobs:pick:invokeai", str(waiting[-1]))
    assert picked.ephemeral
    assert f"#{waiting[-1]} waiting" in read(picked)
    assert listed(older) == waiting[10:]
    newest = await press(studio, "guest", older, "Newest")
    await newest.wait_for(lambda one: listed(one) == waiting[:10])
    assert newest.message is shown.message
    alone = await guest.slash(studio.channel, "jobs", status="in_progress")
    assert listed(alone) == [running]
    assert buttons(alone.components) == {}


def listed(answer: Answer) -> list[int]:
    """The jobs of a list, in its order: its lines and its menu name the same."""
    lines = [int(number) for number in re.findall(r"\*\*#(\d+)\*\*", answer.text)]
    [menu] = [row["components"][0] for row in answer.components[0]["components"] if row["type"] == 1][:1]
    assert [int(option["value"]) for option in menu["options"]] == lines
    return lines


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_an_interrupted_job_has_pause_and_its_answer_stands_beside_the_notice(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    [number] = (await person.enqueue(seeded(**LONG))).numbers
    await invokeai.until(number, "in_progress")
    server = invokeai.server
    assert isinstance(server, SandboxInvokeAI)
    port = server.port
    await server.kill()
    await server.start(port=port)
    notice = await studio.posted(f"⚠️ #{number} ")
    assert list(buttons(notice.components)) == ["Retry", "Pause", "Cancel batch…"]
    answer = await press(studio, "operator", notice, "Pause")
    assert answer.ephemeral
    assert "The queue is paused" in read(answer)
    assert notice.edits == []
    assert (await invokeai.ask("status"))["processor"]["is_started"] is False
