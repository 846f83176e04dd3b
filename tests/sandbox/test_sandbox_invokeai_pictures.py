"""The sandbox's pictures and the demo's batches."""

import random

import pytest
from PIL import ImageChops, ImageStat

from sandbox.invokeai import pictures
from sandbox.invokeai.parameters import EnqueueBody
from sandbox.invokeai.studio import Studio


def test_one_seed_draws_one_picture_and_another_seed_another() -> None:
    first, again, other = (pictures.draw("red fox", seed, 96, 64) for seed in (7, 7, 8))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (64, 512), (1024, 1024)])
def test_a_picture_has_the_size_asked_for(size: tuple[int, int]) -> None:
    assert pictures.draw("sea", 1, *size).size == size


def test_the_prompt_chooses_the_light() -> None:
    night, snow = (
        sum(ImageStat.Stat(pictures.draw(prompt, 3, 96, 64)).mean) for prompt in ("city at night", "winter")
    )
    assert night < snow / 2


def test_a_preview_comes_nearer_to_the_picture_step_by_step() -> None:
    picture = pictures.draw("harbour", 5, 192, 128)
    distances = [
        sum(ImageStat.Stat(ImageChops.difference(picture, pictures.half_done(picture, done, 5))).rms)
        for done in (0.1, 0.4, 0.7, 1.0)
    ]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] == 0


def test_the_studios_bodies_are_batches_the_server_takes() -> None:
    studio = Studio(random.Random(1))
    batch = EnqueueBody.model_validate(studio.batch(4)).batch
    assert len({value["value"] for (value,) in batch.combinations}) == 4
    assert (
        EnqueueBody.model_validate(studio.one()).batch.graph.nodes["canvas_output:1"].type == "sandbox_draw"
    )
    for body in (studio.workflow(), studio.canvas(), studio.video(), studio.text()):
        EnqueueBody.model_validate(body).batch.graph.check()
    assert all(node["is_intermediate"] for node in studio.canvas()["batch"]["graph"]["nodes"].values())
    failing = studio.failing()["batch"]["graph"]["nodes"]["canvas_output:1"]
    assert failing["fail_with"].startswith("torch.OutOfMemoryError: CUDA out of memory")
