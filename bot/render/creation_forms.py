"""Forms from which styles and new pictures come."""

from collections.abc import Sequence

from bot.domain import actions
from bot.domain.limits import COUNTS, MAX_INPUT
from bot.domain.styles import MAX_NAME
from bot.render.custom_ids import JobButton, encode
from bot.render.form_ids import FilledForm
from bot.render.message import Input, Modal
from bot.render.text import bare, dotted

NO, YES = "No", "Yes"


def save_as(number: int, server: str) -> Modal:
    """Keeps that job as a style."""
    inputs = (
        Input("name", "Name", hint="An old style of that name is replaced", longest=MAX_NAME, needed=True),
        Input("default", "Default of this channel", NO, needed=True, choices=(NO, YES)),
    )
    custom_id = encode(JobButton(actions.SAVED_AS_STYLE, server, number))
    return Modal(f"Save #{number} as a style", custom_id, inputs)


def use_as_input(form_id: int, pictures: Sequence[str], styles: Sequence[str]) -> Modal:
    """What to make of one of these `pictures` (see `labels`), and in which of these styles."""
    inputs = [
        Input(
            "prompt", "Prompt", hint="What the new picture shows", longest=MAX_INPUT, needed=True, lines=True
        ),
        Input("negative", "Negative prompt", hint="Empty: the style's own", longest=MAX_INPUT),
        Input("count", "How many images", "1", needed=True, choices=tuple(map(str, COUNTS))),
    ]
    if len(styles) > 1:
        inputs.insert(1, Input("style", "Style", styles[0], needed=True, choices=tuple(styles)))
    if len(pictures) > 1:
        inputs.insert(0, Input("picture", "Picture", pictures[0], needed=True, choices=tuple(pictures)))
    return Modal("Use as input", encode(FilledForm(actions.USE_AS_INPUT, form_id)), tuple(inputs))


def labels(names: Sequence[str]) -> list[str]:
    """`2 · fox.png`: files as a menu tells them apart."""
    return [dotted(str(place), bare(name, 70)) for place, name in enumerate(names, 1)]


def place_of(label: str) -> int | None:
    """Which of the files was chosen, whatever became of its name on the way."""
    number = label.partition(" ")[0]
    return int(number) - 1 if number.isascii() and number.isdigit() and number != "0" else None
