"""Two equal jobs, of which InvokeAI answers the second out of its cache: both have the very same image."""

from house import InvokeAI, Studio
from job_buttons_place import image, image_of
from person import Person, draw
from planted import buttons, press

from sandbox.bot_process import BotProcess


async def test_each_is_told_with_the_picture_and_what_deletes_it_for_one_is_plain_for_the_other(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    graph = draw(seed=77, use_cache=True, width=64, height=64)
    [one] = (await person.enqueue(graph)).numbers
    first = await studio.posted(f"✅ #{one} ")
    [two] = (await person.enqueue(graph)).numbers
    second = await studio.posted(f"✅ #{two} ")
    assert [len(notice.files) for notice in (first, second)] == [1, 1]
    assert "no image" not in second.content
    [shared] = {image_of(await invokeai.until(number, "completed")) for number in (one, two)}
    operator = studio.person("operator")
    question = await press(operator, first, "Delete…")
    done = await operator.press(question, buttons(question.components)["In InvokeAI"])
    await done.wait_for(lambda answer: not buttons(answer.components))
    assert await image(invokeai, shared) is None
    for label, words in (
        ("Original", "any more"),
        ("⭐", "image is gone from InvokeAI. Nothing was changed."),
        ("Details", "any more"),
    ):
        answer = await press(operator, second, label)
        assert words in answer.text, answer.text
