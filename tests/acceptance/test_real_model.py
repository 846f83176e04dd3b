"""What a real InvokeAI drew for its own page is told as it was made, and made again as asked."""

import io
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import av
import pytest
from drawing_invokeai import MODELS, DrawingInvokeAI
from house import InvokeAI, Studio
from person import Person, edge
from PIL import Image
from planted import buttons

from sandbox.bot_process import BotProcess
from sandbox.discord.answers import Answer
from sandbox.discord.state import Message
from sandbox.invokeai.videos import clip

pytestmark = [pytest.mark.real_model, pytest.mark.timeout(1800)]  # the first start installs PyTorch

FIXTURES = Path(__file__).parents[1] / "fixtures"
PATIENCE = 180  # seconds for one picture on a busy machine
SIZE = (256, 192)


@dataclass
class Drawing:
    """The server, and the keys of its models by name."""

    server: DrawingInvokeAI
    keys: dict[str, str] = field(default_factory=dict[str, str])


@pytest.fixture(scope="session")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drawing]:
    server = DrawingInvokeAI(tmp_path_factory.mktemp("drawing"))
    server.start()
    try:
        names = ("tiny-sd15", "tiny-sdxl")
        yield Drawing(server, {name: server.add_model(MODELS / name) for name in names})
    finally:
        server.kill()


@pytest.fixture
def invokeai(drawing: Drawing, http: aiohttp.ClientSession) -> InvokeAI:
    """In the place of the one that draws without a model."""
    return InvokeAI(drawing.server.url, drawing.server, http)


@dataclass
class Desk:
    """Somebody at InvokeAI's page, the studio that is told, and what InvokeAI itself knows."""

    drawing: Drawing
    studio: Studio
    invokeai: InvokeAI
    person: Person

    async def queue(self, batch: dict[str, Any]) -> tuple[int, ...]:
        wishes = {name: batch[name] for name in ("data", "runs", "origin", "destination")}
        return (await self.person.enqueue(batch["graph"], **wishes)).numbers

    async def page_batch(self, name: str) -> dict[str, Any]:
        """What the page sent, with this server's models, and a picture and a mask that it has."""
        batch = json.loads((FIXTURES / "page_batches" / f"{name}.json").read_text("utf-8"))["batch"]
        for node in batch["graph"]["nodes"].values():
            if isinstance(model := node.get("model"), dict):
                model["key"] = self.drawing.keys[model["name"]]
            if "image" in node:
                node["image"]["image_name"] = await self._uploaded(mask="mask" in node["id"])
        return batch

    async def _uploaded(self, *, mask: bool) -> str:
        picture = Image.new("L", SIZE) if mask else Image.effect_noise(SIZE, 80).convert("RGB")
        if mask:
            picture.paste(255, (80, 60, 160, 120))
        file = io.BytesIO()
        picture.save(file, "PNG")
        form = aiohttp.FormData()
        form.add_field("file", file.getvalue(), filename="input.png", content_type="image/png")
        url = f"{self.invokeai.url}/api/v1/images/upload?image_category=general&is_intermediate=true"
        async with self.invokeai.http.post(url, data=form) as answer:
            assert answer.status == 201, await answer.text()
            return (await answer.json())["image_name"]

    async def uploaded_clip(self) -> str:
        form = aiohttp.FormData()
        form.add_field("file", clip(), filename="clip.mp4", content_type="video/mp4")
        url = f"{self.invokeai.url}/api/v1/videos/upload?video_category=general&is_intermediate=false"
        async with self.invokeai.http.post(url, data=form) as answer:
            assert answer.status == 201, await answer.text()
            return (await answer.json())["video_name"]

    async def told(self, number: int, sign: str = "✅") -> Message:
        """The notice of this job alone, or the album that has it."""
        return await self.studio.channel.wait_for(
            lambda message: message.content.startswith(sign) and number in _numbers(message.content),
            timeout=PATIENCE,
        )

    async def made(self, number: int) -> tuple[dict[str, Any], str, dict[str, Any] | None]:
        """The job, its last picture's name, and the metadata in it."""
        item = await self.invokeai.ask(f"i/{number}")
        assert item["status"] == "completed", item["error_message"]
        final = [
            item["session"]["results"][prepared]["image"]["image_name"]
            for source, prepareds in item["session"]["source_prepared_mapping"].items()
            for prepared in prepareds
            if source.startswith("canvas_output")
            or item["session"]["graph"]["nodes"][source]["type"] == "l2i"
            if not any(edge["source"]["node_id"] == source for edge in item["session"]["graph"]["edges"])
        ]
        [name] = final
        url = f"{self.invokeai.url}/api/v1/images/i/{name}/metadata"
        async with self.invokeai.http.get(url) as answer:
            return item, name, await answer.json()

    async def press(self, notice: Message | Answer, label: str) -> Answer:
        operator = self.studio.person("operator")
        return await operator.press(notice, buttons(notice.components)[label])


@pytest.fixture
async def desk(bot: BotProcess, drawing: Drawing, studio: Studio, invokeai: InvokeAI, person: Person) -> Desk:
    """With a channel that is told of staged pictures as well."""
    del bot
    answer = await studio.person("admin").slash(studio.channel, "notify here", canvas=True)
    assert "pictures staged in the canvas" in answer.text
    return Desk(drawing, studio, invokeai, person)


def _numbers(content: str) -> set[int]:
    found: set[int] = set()
    for first, last in re.findall(r"#(\d+)(?:–#(\d+))?", content):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def executed(item: dict[str, Any], kind: str, name: str) -> set[Any]:
    """That field of each node of this type as it ran."""
    session = item["session"]
    ran = {prepared for all_of in session["source_prepared_mapping"].values() for prepared in all_of}
    nodes = [session["execution_graph"]["nodes"][one] for one in ran & set(session["results"])]
    return {node[name] for node in nodes if node["type"] == kind}


def read(message: Message | Answer) -> str:
    return message.text.replace("\\", "")


def tells(notice: Message, metadata: dict[str, Any]) -> None:
    """The notice has every figure of the picture's own metadata."""
    words = [
        metadata["positive_prompt"],
        metadata["model"]["name"],
        f"{metadata['steps']} steps",
        f"CFG {metadata['cfg_scale']:g}",
        metadata["scheduler"],
        f"seed `{metadata['seed']}`",
    ]
    for word in words:
        assert word in read(notice), read(notice)


ENCODERS = {"generate-sd1": "compel", "generate-sdxl": "sdxl_compel_prompt"}


@pytest.mark.parametrize("name", ["generate-sd1", "generate-sdxl", "canvas-img2img", "canvas-inpaint"])
async def test_a_picture_of_the_page_is_told_as_it_was_made_and_made_again_as_asked(
    name: str, desk: Desk
) -> None:
    encoder = ENCODERS.get(name, "compel")
    batch = await desk.page_batch(name)
    [number] = await desk.queue(batch)
    notice = await desk.told(number)
    item, image, metadata = await desk.made(number)
    assert metadata is not None
    tells(notice, metadata)
    [file] = notice.files
    assert file.data == await desk.person.file(image)
    assert Image.open(io.BytesIO(file.data)).size == SIZE
    generated = " (generated at 592 × 448)" if name.startswith("canvas") else ""
    assert f"256 × 192{generated}\n" in read(notice)
    prompt = metadata["positive_prompt"]

    answer = await desk.press(notice, "Again")
    [again] = map(int, re.findall(r"as #(\d+) with the seed \d+", read(answer)))
    notice = await desk.told(again)
    item, image, metadata = await desk.made(again)
    assert metadata is not None
    tells(notice, metadata)
    assert executed(item, "noise", "seed") == {metadata["seed"]}
    assert f"with the seed {metadata['seed']}" in read(answer)
    assert metadata["seed"] not in batch["data"][0][0]["items"]
    assert prompt in executed(item, encoder, "prompt")
    assert (item["origin"], metadata["positive_prompt"]) == ("invokeai-discord", prompt)

    opened = await desk.press(notice, "Tweak…")
    operator = desk.studio.person("operator")
    answer = await operator.submit(opened, count=["1"], seed="77", prompt="a blue hen")
    [tweaked] = map(int, re.findall(r"as #(\d+) with the seed 77", read(answer)))
    notice = await desk.told(tweaked)
    item, image, metadata = await desk.made(tweaked)
    assert metadata is not None
    tells(notice, metadata)
    assert executed(item, "noise", "seed") == {77}
    assert "a blue hen" in executed(item, encoder, "prompt")
    assert (metadata["seed"], metadata["positive_prompt"]) == (77, "a blue hen")
    [file] = notice.files
    assert file.data == await desk.person.file(image)


async def test_each_job_of_dynamic_prompts_is_told_with_its_own_prompt_and_seed(desk: Desk) -> None:
    numbers = await desk.queue(await desk.page_batch("dynamic-prompts"))
    assert len(numbers) == 4
    prompts: set[str] = set()
    for number in numbers:
        shown = await _shown(desk, number)
        _, _, metadata = await desk.made(number)
        assert metadata is not None
        prompts.add(metadata["positive_prompt"])
        assert metadata["positive_prompt"] in shown
        assert f"seed `{metadata['seed']}`" in shown
    assert prompts == {"a crimson castle, by the page", "a azure castle, by the page"}


async def _shown(desk: Desk, number: int) -> str:
    """What /job says once the notice is there."""
    await desk.told(number)
    return read(await desk.studio.person("guest").slash(desk.studio.channel, "job", job=number))


async def test_a_workflow_of_invokeai_is_told_from_its_graph_and_made_again_as_asked(desk: Desk) -> None:
    path = FIXTURES / "queued_graphs" / "workflow-default-sd15.json"
    graph = json.loads(path.read_text("utf-8"))
    for node in graph["nodes"].values():
        if "model" in node:
            node["model"]["key"] = desk.drawing.keys[node["model"]["name"]]
        if "steps" in node:
            node["steps"] = 6
    batch = {"graph": graph, "data": None, "runs": 1, "origin": "workflows", "destination": "gallery"}
    [number] = await desk.queue(batch)
    notice = await desk.told(number)
    item, image, metadata = await desk.made(number)
    assert metadata is None
    [seed] = executed(item, "noise", "seed")
    [steps] = executed(item, "denoise_latents", "steps")
    [cfg] = executed(item, "denoise_latents", "cfg_scale")
    [scheduler] = executed(item, "denoise_latents", "scheduler")
    for word in (
        "a tiger cub in the workflow editor",
        "tiny-sd15 · 128 × 128",
        f"{steps} steps · CFG {cfg:g} · {scheduler} · seed `{seed}`",
    ):
        assert word in read(notice).replace("**", ""), read(notice)
    assert [file.data for file in notice.files] == [await desk.person.file(image)]

    opened = await desk.press(notice, "Tweak…")
    operator = desk.studio.person("operator")
    answer = await operator.submit(opened, count=["1"], seed="123", prompt="a blue hen")
    [tweaked] = map(int, re.findall(r"as #(\d+) with the seed 123", read(answer)))
    notice = await desk.told(tweaked)
    item, _, _ = await desk.made(tweaked)
    assert executed(item, "noise", "seed") == {123}
    assert executed(item, "compel", "prompt") == {"a blue hen", ""}
    assert "seed `123`" in read(notice)


async def test_a_video_that_invokeai_joined_of_two_clips_is_posted_as_it_is_and_plays(desk: Desk) -> None:
    videos = [{"video_name": await desk.uploaded_clip()} for _ in range(2)]
    told = {"positive_prompt": "a running horse", "seed": 7, "is_intermediate": True}
    nodes = {
        "film": {"id": "film", "type": "video_concat", "videos": videos, "use_cache": False},
        "told": {"id": "told", "type": "core_metadata", **told},
    }
    graph = {"id": "film", "nodes": nodes, "edges": [edge("told", "metadata", "film", "metadata")]}
    batch = {"graph": graph, "data": None, "runs": 1, "origin": "workflows", "destination": "gallery"}
    [number] = await desk.queue(batch)
    notice = await desk.told(number)
    [result] = [
        one
        for one in (await desk.invokeai.ask(f"i/{number}"))["session"]["results"].values()
        if "video" in one
    ]
    url = f"{desk.invokeai.url}/api/v1/videos/i/{result['video']['video_name']}/full"
    async with desk.invokeai.http.get(url) as answer:
        made = await answer.read()
    [file] = notice.files
    assert (file.filename, file.content_type) == (f"{number}-a-running-horse.mp4", "video/mp4")
    assert file.data == made
    assert "“a running horse” · 1 video" in notice.content
    assert frames(file.data) == 2 * frames(clip())


def frames(video: bytes) -> int:
    with av.open(io.BytesIO(video), "r") as container:
        return sum(1 for _ in container.decode(video=0))


async def test_a_deleted_model_is_told_in_plain_words(desk: Desk, tmp_path: Path) -> None:
    gone = shutil.copytree(MODELS / "tiny-sd15", tmp_path / "tiny-gone")
    key = desk.drawing.server.add_model(gone)
    desk.drawing.server.delete_model(key)
    batch = await desk.page_batch("generate-sd1")
    for node in batch["graph"]["nodes"].values():
        if "model" in node:
            node["model"] |= {"key": key, "name": "tiny-gone"}
    [number] = await desk.queue(batch)
    notice = await desk.told(number, "❌")
    assert "A model that the job needs is missing or was moved." in read(notice), read(notice)
