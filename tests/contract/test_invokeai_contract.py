"""What becomes of a job, and what it tells: at a real InvokeAI of each kind and at the sandbox's families."""

import base64

import pytest
from ear import Ear
from person import Graph, Person, draw, edge, picture, several, writing
from servers import TO_COME, Address

from bot.domain.jobs import JobStatus, Output, OutputKind, Progress, Purpose, Recipe
from bot.errors import ImageUnusable
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.socket.events import JobChanged, JobsQueued

STAGED = "canvas_output:fxOpczF2B0"
FAR = 25 * 1024 * 1024


async def test_it_tells_its_version(client: InvokeAIClient, invokeai: Address) -> None:
    info = await client.connect()
    assert (info.server, info.version) == ("studio", invokeai.version)
    assert client.info == info
    assert await client.token() is None


async def test_an_empty_queue_has_nothing_to_tell(client: InvokeAIClient, person: Person) -> None:
    status = await client.status()
    assert (status.pending, status.in_progress, status.waiting, status.completed) == (0, 0, 0, 0)
    assert (status.failed, status.canceled, status.paused) == (0, 0, False)
    assert await client.current() is None
    assert await client.next() is None
    assert await client.latest() is None
    assert (await client.jobs()).jobs == ()
    assert await client.baseline() == (0, [])


async def test_a_finished_job_is_told_and_has_its_image_and_recipe(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    enqueued = await person.enqueue(picture(), origin="generate", destination="gallery")
    (number,) = enqueued.numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    job = await client.job(number)
    assert (job.server, job.number, job.status) == ("studio", number, JobStatus.COMPLETED)
    assert (job.batch_id, job.origin, job.destination) == (enqueued.batch_id, "generate", "gallery")
    assert job.recipe == Recipe(
        prompt="a red fox in snow",
        negative_prompt="blurry",
        model="Juggernaut XL v9",
        seed=1234,
        width=64,
        height=32,
        steps=30,
        cfg_scale=7.5,
        scheduler="euler",
    )
    assert job.failure is None
    assert job.user is None
    assert job.started_at is not None
    assert job.completed_at is not None
    assert job.created_at <= job.started_at <= job.completed_at
    (image,) = job.images
    assert await client.image(image, FAR) == await person.file(image)


async def test_a_job_of_a_script_has_neither_origin_nor_destination(
    client: InvokeAIClient, person: Person
) -> None:
    await client.pause()
    (number,) = (await person.enqueue(draw())).numbers
    job = await client.job(number)
    assert (job.origin, job.destination, job.retried_from, job.parent) == (None, None, None, None)


async def test_signals_come_in_the_order_of_a_job(client: InvokeAIClient, person: Person, ear: Ear) -> None:
    (number,) = (await person.enqueue(draw())).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    told = [event for event in ear.heard if isinstance(event, JobChanged)]
    assert [event.status for event in told] == [JobStatus.IN_PROGRESS, JobStatus.COMPLETED]
    assert {event.number for event in told} == {number}
    assert ear.heard.index(JobsQueued()) < ear.heard.index(told[0])


async def test_progress_comes_with_a_preview(person: Person, ear: Ear) -> None:
    (number,) = (await person.enqueue(draw(steps=2))).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    progress = [event for event in ear.heard if isinstance(event, Progress) and event.share is not None]
    assert sorted({event.share or 0 for event in progress}) == [0.5, 1.0]  # 6.13 repeats some
    assert {(event.server, event.number) for event in progress} == {("studio", number)}
    preview = progress[0].preview
    assert preview is not None
    head, _, data = preview.partition(",")
    assert head == "data:image/jpeg;base64"
    assert base64.b64decode(data).startswith(b"\xff\xd8")


async def test_a_job_without_metadata_is_told_from_its_graph(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    (number,) = (await person.enqueue(draw(prompt="a red fox", seed=7))).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    recipe = (await client.job(number)).recipe
    assert recipe is not None
    assert (recipe.prompt, recipe.seed, recipe.steps) == ("a red fox", 7, 2)


async def test_a_collection_counts_each_image_once(client: InvokeAIClient, person: Person, ear: Ear) -> None:
    (number,) = (await person.enqueue(several(3))).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    job = await client.job(number)
    assert len(set(job.images)) == len(job.images) == 3


async def test_a_job_of_sixty_pictures_has_each_of_them_once(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    (number,) = (await person.enqueue(several(60))).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    job = await client.job(number)
    assert len(set(job.images)) == len(job.images) == 60
    assert [output.name for output in job.outputs] == list(job.images)
    assert await client.thumbnail(job.images[59], FAR)


async def test_a_cached_node_names_the_same_image_in_both_jobs(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    numbers = (await person.enqueue(draw(use_cache=True, seed=4711), runs=2)).numbers
    for number in numbers:
        await ear.until_job(number, JobStatus.COMPLETED)
    first, second = [await client.job(number) for number in numbers]
    assert len(first.images) == 1
    assert second.images == first.images
    assert second.session_id != first.session_id
    assert await client.image(second.images[0], FAR)


async def test_what_the_canvas_stages_is_no_final_image(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    drawn = draw(is_intermediate=True, width=96, height=64)["nodes"]["draw"]
    staged: Graph = {"id": "sd1_graph:a1", "nodes": {STAGED: drawn | {"id": STAGED}}, "edges": []}
    (number,) = (await person.enqueue(staged, origin="canvas", destination="canvas:42")).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    job = await client.job(number)
    assert (job.origin, job.destination) == ("canvas", "canvas:42")
    assert (job.purpose, job.images) == (Purpose.STAGING, ())
    [output] = job.outputs
    assert (output.kind, output.staged, output.size) == (OutputKind.PICTURE, True, (96, 64))
    assert output.name is not None


async def test_what_the_canvas_page_runs_for_itself_is_a_utility(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    preview = draw(is_intermediate=True) | {"id": "canny_edge_detection_filter:a1"}
    origin = "canny_edge_detection_filter:a1:b2"
    (number,) = (await person.enqueue(preview, origin=origin)).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    job = await client.job(number)
    assert (job.purpose, job.outputs, job.silent) == (Purpose.UTILITY, (), True)


async def test_a_text_at_the_end_of_a_graph_is_an_output(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    (number,) = (await person.enqueue(writing("a red ", "fox"), origin="workflows")).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    job = await client.job(number)
    assert (job.purpose, job.outputs) == (Purpose.FINAL, (Output(OutputKind.TEXT, text="a red fox"),))


async def test_a_prompt_that_comes_by_wires_is_read_from_the_run(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    graph = draw()
    graph["nodes"] |= writing("a red ", "fox")["nodes"]
    graph["edges"].append(edge("text", "value", "draw", "prompt"))
    (number,) = (await person.enqueue(graph)).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    recipe = (await client.job(number)).recipe
    assert recipe is not None
    assert recipe.prompt == "a red fox"


async def test_a_thumbnail_is_a_small_webp(client: InvokeAIClient, person: Person, ear: Ear) -> None:
    (number,) = (await person.enqueue(draw(width=1024, height=512))).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    (image,) = (await client.job(number)).images
    thumbnail = await client.thumbnail(image, FAR)
    assert thumbnail == await person.thumbnail(image)
    assert (thumbnail[:4], thumbnail[8:12]) == (b"RIFF", b"WEBP")
    with pytest.raises(ImageUnusable, match="larger than 100 bytes"):
        await client.thumbnail(image, 100)


async def test_a_failed_job_brings_its_traceback(client: InvokeAIClient, person: Person, ear: Ear) -> None:
    (number,) = (await person.enqueue(draw(fail_at_step=2))).numbers
    await ear.until_job(number, JobStatus.FAILED)
    failure = (await client.job(number)).failure
    assert failure is not None
    assert failure.error_type == "RuntimeError"
    assert failure.message == "sandbox_draw was told to fail at step 2"
    assert failure.traceback.startswith("Traceback (most recent call last):")
    assert failure.traceback.rstrip().endswith("RuntimeError: sandbox_draw was told to fail at step 2")


async def test_a_waiting_job_has_the_recipe_of_its_graph(client: InvokeAIClient, person: Person) -> None:
    await client.pause()
    (number,) = (await person.enqueue(picture(seed=77))).numbers
    job = await client.job(number)
    assert job.status is JobStatus.PENDING
    assert job.images == ()
    assert job.recipe is not None
    assert (job.recipe.prompt, job.recipe.seed) == ("a red fox in snow", 77)


async def test_an_image_that_is_gone_or_too_large_is_unusable(
    client: InvokeAIClient, person: Person, ear: Ear, invokeai: Address
) -> None:
    (number,) = (await person.enqueue(draw())).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    (image,) = (await client.job(number)).images
    with pytest.raises(ImageUnusable, match="larger than 100 bytes"):
        await client.image(image, 100)
    await person.delete_image(image)
    with pytest.raises(ImageUnusable, match="any more"):
        await client.image(image, FAR)
    assert (await client.job(number)).images == (() if invokeai.family == TO_COME else (image,))
