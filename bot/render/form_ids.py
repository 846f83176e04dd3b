"""Forms that the bot remembers, as custom ids. `custom_ids` has the others.

form:again:<form>       a refused form, by the interaction that filled it in
form:<action>:<form>    a form that was filled in, by the interaction that opened it
"""

import re
from dataclasses import dataclass

from bot.domain.actions import Action, Component, of_component
from bot.render.id_parts import one_of

FORM_ACTIONS = of_component(Component.FORM)


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A form that was refused, to be opened again; known by the interaction that filled it in."""

    form_id: int


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A form that says what to do with something that the bot remembers by the interaction that opened it."""

    action: Action
    form_id: int


OfForm = KeptForm | FilledForm
_FORM = re.compile(rf"form:(?P<action>again|{one_of(FORM_ACTIONS)}):(?P<form>[1-9][0-9]{{0,19}})")


def written(meaning: OfForm) -> str:
    match meaning:
        case KeptForm(form_id):
            return f"form:again:{form_id}"
        case FilledForm(action, form_id):
            return f"form:{action.name}:{form_id}"


def read(custom_id: str) -> OfForm | None:
    found = _FORM.fullmatch(custom_id)
    if found is None:
        return None
    action, form_id = FORM_ACTIONS.get(found["action"]), int(found["form"])
    return KeptForm(form_id) if action is None else FilledForm(action, form_id)
