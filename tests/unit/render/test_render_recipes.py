from dataclasses import replace

import pytest
from render_examples import job

from bot.domain.jobs import Job, Lora, Output, OutputKind, Recipe
from bot.render.recipes import recipe_lines, shared_recipe, size_of


@pytest.mark.parametrize(
    ("loras", "said"),
    [
        ((Lora("Fur", 0.75),), ["LoRA Fur 0.75"]),
        ((Lora("Fur", 1.0), Lora("Snow", -0.3333), Lora("Old")), ["LoRA Fur 1 · Snow -0.333 · Old"]),
        (tuple(Lora(name, 1) for name in "abcdefg"), ["LoRA a 1 · b 1 · c 1 · d 1 · 3 more"]),
        ((Lora("*bold* @everyone", 1),), ["LoRA \\*bold\\* @\u200beveryone 1"]),
        ((Lora("\u200b", 1),), []),
        ((), []),
    ],
)
def test_loras_stand_on_a_line_of_their_own(loras: tuple[Lora, ...], said: list[str]) -> None:
    assert recipe_lines(Recipe(loras=loras)) == said


def test_an_album_says_the_loras_only_if_all_its_jobs_have_them() -> None:
    with_fur, without = (
        replace(job(), recipe=Recipe(model="m", loras=loras)) for loras in ((Lora("Fur", 1),), ())
    )
    assert shared_recipe([with_fur, with_fur]).loras == (Lora("Fur", 1),)
    assert shared_recipe([with_fur, without]).loras == ()


@pytest.mark.parametrize(
    ("generated", "own", "said"),
    [
        ((512, 640), None, ["512 × 640"]),
        ((512, 640), (512, 640), ["512 × 640"]),
        ((512, 640), (256, 320), ["256 × 320 (generated at 512 × 640)"]),
        ((None, None), (256, 320), ["256 × 320"]),
        ((512, None), (256, 320), ["256 × 320"]),
        ((None, None), None, []),
    ],
)
def test_the_size_is_the_files_own_and_another_at_which_it_was_made_is_said(
    generated: tuple[int | None, int | None], own: tuple[int, int] | None, said: list[str]
) -> None:
    assert recipe_lines(Recipe(width=generated[0], height=generated[1]), size=own) == said


def test_a_file_without_a_recipe_has_a_size_all_the_same() -> None:
    assert recipe_lines(None, size=(256, 320)) == ["256 × 320"]
    assert recipe_lines(None) == []


def test_files_share_a_size_only_if_all_have_it() -> None:
    small, large, unknown = (
        Output(OutputKind.PICTURE, "a.png", size=each) for each in ((1, 1), (2, 2), None)
    )
    missing, text = Output(OutputKind.PICTURE), Output(OutputKind.TEXT, text="A fox.")

    def of(*outputs: Output) -> Job:
        return replace(job(), outputs=outputs)

    assert size_of([of(small, missing, text), of(small)]) == (1, 1)
    assert size_of([of(small), of(large)]) is None
    assert size_of([of(small, unknown)]) is None
    assert size_of([of(text)]) is None
