"""Several InvokeAI in one message: the panel of /queue, and the live card."""

from collections.abc import Sequence

from bot.domain.limits import MAX_OPTIONS
from bot.domain.queue import QueueView
from bot.render.all_queues import Queues, colour, in_order, rows, summary
from bot.render.card import MAX_RUNNING, buttons_of, preview_of
from bot.render.message import ActionRow, Button, File, MediaGallery, Menu, MenuOption, Panel, Text
from bot.render.queues_ids import AllQueues, QueuesMenu, written

MAX_PREVIEWS = 4


def panel(queues: Queues) -> Panel:
    """All at a glance; the menu opens one."""
    refresh = Button("Refresh", written(AllQueues()))
    blocks = (
        Text(f"### {summary(queues)}"),
        *rows(queues),
        _menu(queues),
        *_rest(queues),
        ActionRow((refresh,)),
    )
    return Panel(colour(queues), blocks)


def card(queues: Queues) -> Panel:
    """The live card. Where one of them is at work it has that one's buttons, else the menu that opens one."""
    busy = in_order(queues)
    previews = [file for _, view in busy for file in _previews(view)][:MAX_PREVIEWS]
    gallery = (MediaGallery.of(*previews),) if previews else ()
    below = _buttons(busy[0][1]) if len(busy) == 1 else _menu(queues)
    blocks = (Text(f"### {summary(queues)}"), *rows(queues), *gallery, below)
    return Panel(colour(queues), blocks, tuple(previews))


def _buttons(view: QueueView) -> ActionRow:
    return buttons_of(view.status, view.running[:MAX_RUNNING], alone=view.status.in_progress == 1)


def _previews(view: QueueView) -> Sequence[File]:
    return [
        preview_of(one, one.preview, view.status.server) for one in view.running if one.preview is not None
    ]


def _menu(queues: Queues) -> Menu:
    """Those at work first."""
    first = [name for name, _ in in_order(queues)]
    names = [*first, *(name for name in queues if name not in first)]
    options = tuple(MenuOption(name, name) for name in names[:MAX_OPTIONS])
    return Menu(written(QueuesMenu()), "Open one…", options)


def _rest(queues: Queues) -> tuple[Text, ...]:
    left = len(queues) - MAX_OPTIONS
    return (Text(f"-# For the other {left} type /queue server:"),) if left > 0 else ()
