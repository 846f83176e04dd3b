"""Which InvokeAI user is which person on Discord, in words."""

from collections.abc import Sequence

from bot.domain.links import AccountLink
from bot.render.message import Colour, Panel, Text
from bot.render.text import line

MAX_SHOWN = 30


def linked(link: AccountLink) -> Panel:
    words = (
        f"🔗 {_pair(link)}. Notices of their jobs mention them in <#{link.channel_id}>, once a batch, as the "
        "channel's settings say."
    )
    return Panel(Colour.DONE, (Text(words),))


def unlinked(link: AccountLink) -> Panel:
    return Panel(Colour.CANCELED, (Text(f"The link is removed: {_pair(link)} no more."),))


def links(made: Sequence[AccountLink]) -> Panel:
    if not made:
        nobody = "No InvokeAI user is linked here yet. Type /link with a person and their user."
        return Panel(Colour.RUNNING, (Text(nobody),))
    lines = [f"{_pair(one)} · <#{one.channel_id}>" for one in made[:MAX_SHOWN]]
    if len(made) > MAX_SHOWN:
        lines.append(f"and {len(made) - MAX_SHOWN} more")
    return Panel(Colour.RUNNING, (Text("\n".join(["### 🔗 InvokeAI users on Discord", *lines])),))


def _pair(link: AccountLink) -> str:
    return f"**{line(link.name, 60) or 'A user without a name'}** is <@{link.user_id}>"
