"""What a channel hides stays hidden behind the buttons of its notices, in look-ups, and on its live card."""

from io import BytesIO

from house import Studio
from person import Person, draw
from PIL import Image
from planted import buttons, press

from sandbox.bot_process import BotProcess
from sandbox.discord.answers import Answer
from sandbox.discord.state import Message

PROMPT = "red fox in snow"


def told(message: Message | Answer) -> str:
    """All words of a message, with the names and alt texts of its files."""
    files = [f"{file.filename} {file.description}" for file in message.files]
    return " ".join([message.text, message.content, str(message.components), *files])


async def test_a_hidden_prompt_stays_hidden_from_a_guest_whatever_the_guest_presses_or_asks(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    guest, operator = studio.person("guest"), studio.person("operator")
    await studio.person("admin").slash(studio.channel, "notify here", hide_prompts=True)
    [number] = (await person.enqueue(draw(prompt=PROMPT))).numbers
    notice = await studio.posted(f"✅ #{number}")
    details = await press(guest, notice, "Details")
    more = await guest.press(notice, buttons(notice.components)["More"])
    assert more.ephemeral
    assert f"#{number}" in more.text
    assert "fox" not in told(more)
    looked_up = await guest.slash(studio.channel, "job", job=number)
    public = await guest.slash(studio.channel, "job", job=number, public=True)
    thread = studio.guild.add_thread(studio.channel, "foxes")
    inside = await guest.slash(thread, "job", job=number)
    answers = (details, looked_up, inside, public)
    assert [answer.ephemeral for answer in answers] == [True, True, True, False]
    for answer in answers:
        assert f"#{number} done" in answer.text
        assert "fox" not in told(answer)
        [file] = answer.files
        with Image.open(BytesIO(file.data)) as image:
            assert not image.info
    refused = await press(guest, notice, "Original")
    assert refused.ephemeral
    assert "Only an operator can get it here." in refused.text
    assert refused.files == []
    given = await press(operator, notice, "Original")
    assert given.ephemeral
    [original] = given.files
    assert PROMPT.encode() in original.data
    assert "fox" not in told(given)


async def test_a_guest_shares_only_what_the_channel_is_told_and_an_operator_anything(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    guest, operator = studio.person("guest"), studio.person("operator")
    elsewhere = studio.guild.add_text_channel("family")
    canvas = studio.guild.add_text_channel("canvas")
    await studio.person("admin").slash(canvas, "notify here", origin="canvas")
    [theirs] = (await person.enqueue(draw(prompt=PROMPT), origin="workflows")).numbers
    [ours] = (await person.enqueue(draw(prompt=PROMPT), origin="canvas")).numbers
    await studio.posted(f"#{ours} ")
    for channel, command, options in (
        (elsewhere, "latest", {}),
        (elsewhere, "job", {"job": ours}),
        (elsewhere, "queue", {}),
        (canvas, "job", {"job": theirs}),
        (canvas, "queue", {}),
        (canvas, "jobs", {}),
    ):
        refused = await guest.slash(channel, command, public=True, **options)
        assert refused.ephemeral, (channel.name, command)
        assert "Only an operator can share that" in refused.text
        assert not (await operator.slash(channel, command, public=True, **options)).ephemeral
        alone = await guest.slash(channel, command, **options)
        assert alone.ephemeral
        assert "Only an operator" not in alone.text
    shared = await guest.slash(canvas, "job", job=ours, public=True)
    assert not shared.ephemeral
    assert f"#{ours} done" in shared.text
    panel = await operator.slash(canvas, "queue", public=True)
    beside = await guest.press(panel, "queue:refresh:invokeai")
    assert beside.ephemeral


async def test_a_filtered_channel_s_card_tells_of_nobody_else_s_job(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    canvas = studio.guild.add_text_channel("canvas")
    await studio.person("admin").slash(canvas, "notify here", origin="canvas")
    [number] = (await person.enqueue(draw(prompt=PROMPT, seconds=6, steps=12), origin="workflows")).numbers
    await studio.channel.wait_for(lambda message: message.v2 and f"#{number}" in message.text, timeout=20)
    card = await canvas.wait_for(lambda message: message.v2 and "Running" in message.text, timeout=20)
    assert "fox" not in told(card)
    assert f"#{number}" not in told(card)
    assert card.files == []
    await studio.posted(f"✅ #{number}")
