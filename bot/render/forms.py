"""A form that was refused: why, what was typed, and a button that opens it again with that."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.actions import ButtonStyle
from bot.render.custom_ids import encode
from bot.render.form_ids import KeptForm
from bot.render.message import ActionRow, Attachment, Block, Button, Colour, File, Modal, Panel, Text
from bot.render.text import code_block, fenced, paragraph, units

GONE = "That form is no longer kept. What you typed is in the message above: copy it, and start again."
TYPED = "typed.txt"
_MAX_TYPED = 3000
_AROUND = 100
"""Units that a label and its code block take beside the text, at most."""


def refilled(form: Modal, typed: Mapping[str, str]) -> Modal:
    """The form with what was typed into it, by the inputs' names."""
    return replace(
        form, inputs=tuple(replace(one, text=typed.get(one.name, one.text)) for one in form.inputs)
    )


def handed_back(sentence: str, form: Modal, form_id: int) -> Panel:
    """Nothing that was typed is lost: what is too long to be quoted is a file. `sentence` is escaped here."""
    panel = typed_back(sentence, [(one.label, one.text) for one in form.inputs])
    again = Button("Edit again", encode(KeptForm(form_id)), ButtonStyle.PRIMARY)
    return replace(panel, blocks=(*panel.blocks, ActionRow((again,))))


def typed_back(sentence: str, options: Sequence[tuple[str, str]]) -> Panel:
    """Why not, and what was typed, by its label, so that it can be copied."""
    typed = [(label, text) for label, text in options if text.strip()]
    blocks: list[Block] = [Text(paragraph(sentence, 600) or "That can't be done.")]
    files: tuple[File, ...] = ()
    if sum(units(fenced(text)) + _AROUND for _, text in typed) <= _MAX_TYPED:
        blocks += [Text(f"{label}\n{code_block(text, _MAX_TYPED + _AROUND)}") for label, text in typed]
    else:
        whole = "\n\n".join(f"{label}\n{text}" for label, text in typed)
        files = (File(TYPED, whole.encode("utf-8", "replace")),)
        blocks += [Text("What you typed is in this file:"), Attachment(TYPED)]
    return Panel(Colour.WARNING, tuple(blocks), files)
