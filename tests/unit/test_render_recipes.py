from dataclasses import replace

import pytest
from render_examples import job

from bot.domain.jobs import Lora, Recipe
from bot.render.recipes import recipe_lines, shared_recipe


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
