"""How a channel's settings are changed: menus and forms, each stored at once."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from bot.domain import actions
from bot.domain.actions import Action
from bot.domain.events import EventKind
from bot.domain.limits import MAX_INPUT, MAX_OPTION_NAME, MAX_OPTIONS
from bot.domain.subscriptions import MAX_WORD, MAX_WORDS, NO_BOARD, Mine, Subscription
from bot.render.channel_ids import ChannelButton
from bot.render.channel_panel import ChannelView, about
from bot.render.custom_ids import encode
from bot.render.message import (
    ActionRow,
    Block,
    Button,
    Colour,
    Input,
    Menu,
    MenuOption,
    Modal,
    Panel,
    PeopleMenu,
    Separator,
    Text,
)
from bot.render.subscription_text import BUZZES, MINE
from bot.render.text import bare

WHAT: Mapping[str, str] = {
    "images": "Finished pictures",
    "failures": "Failures",
    "cancellations": "Cancellations and interruptions",
    "queue_empty": "The queue's end (not with a filter)",
    "live": "Live card: what runs now",
    "canvas": "Pictures staged in the canvas",
    "others": "Others' jobs that the bot may not see into",
}
"""By the names of `PreferencesChange`."""
SILENT, LOUD = "Arrive silently", "Still buzz"
PRIVACY: Mapping[str, str] = {
    "spoiler": "Pictures and prompts as spoilers",
    "hide_prompts": "Hide prompts, also in the files",
}


def change(view: ChannelView) -> Panel:
    """All that can be picked; below it, near the thumb, what is set now."""
    preferences, channel_id = view.subscription.preferences, view.channel_id
    blocks: list[Block] = [
        Text(f"### Notices in <#{channel_id}>"),
        Text("**What to post**"),
        _switches(actions.CHANNEL_WHAT, channel_id, "Nothing", WHAT, _posted(view.subscription)),
        Text("**When it buzzes**"),
        Menu(
            _id(actions.CHANNEL_BUZZ, channel_id),
            "When it buzzes",
            tuple(
                MenuOption(_first_up(words), buzz.value, buzz is preferences.rule.buzz)
                for buzz, words in BUZZES.items()
            ),
        ),
        *_filter(actions.CHANNEL_SERVERS, view, "InvokeAI server", _servers(view), _chosen_servers(view)),
        *_filter(actions.CHANNEL_BOARDS, view, "board", _boards(view), preferences.boards),
        *_filter(actions.CHANNEL_USERS, view, "user", _users(view), preferences.users),
        Text("**Mention with each notice**"),
        PeopleMenu(_id(actions.CHANNEL_MENTION, channel_id), "Nobody", preferences.mention),
        Text("**Who asked for a picture gets**"),
        _mine(preferences.mine, channel_id),
        Text("**Privacy**"),
        _switches(
            actions.CHANNEL_PRIVACY,
            channel_id,
            "Everything is shown",
            PRIVACY,
            {name for name in PRIVACY if getattr(preferences, name)},
        ),
        Separator(),
        Text(about(view)),
        *_buttons(channel_id),
    ]
    return Panel(Colour.RUNNING, tuple(blocks))


def _buttons(channel_id: int) -> tuple[ActionRow, ActionRow]:
    """Two rows, each of which fits a phone."""
    quiet = Button(actions.CHANNEL_QUIET.label, _id(actions.CHANNEL_QUIET, channel_id))
    more_settings = Button(actions.CHANNEL_MORE.label, _id(actions.CHANNEL_MORE, channel_id))
    done = Button("Done", _id(actions.CHANNEL_SHOW, channel_id), actions.BLUE)
    stop = Button(actions.CHANNEL_STOP.label, _id(actions.CHANNEL_STOP, channel_id))
    return ActionRow((quiet, more_settings)), ActionRow((done, stop))


def _mine(chosen: Mine, channel_id: int) -> Menu:
    options = tuple(MenuOption(_first_up(words), mine.value, mine is chosen) for mine, words in MINE.items())
    return Menu(_id(actions.CHANNEL_MINE, channel_id), "Who asked for a picture gets", options)


def quiet_hours(subscription: Subscription, zone: ZoneInfo) -> Modal:
    """`zone`: the one to begin with."""
    rule = subscription.preferences.rule
    quiet = rule.quiet
    hours = f"{quiet.start:%H:%M}-{quiet.end:%H:%M}" if quiet else ""
    name = quiet.zone.key if quiet else zone.key
    inputs = (
        Input("hours", "Hours", hours, "22:00-07:30; empty: no quiet hours"),
        Input("zone", "Time zone", name, "Europe/Berlin"),
        Input(
            "failures",
            "Failures in quiet hours",
            LOUD if rule.failures_break_through else SILENT,
            needed=True,
            choices=(SILENT, LOUD),
        ),
    )
    return Modal("Quiet hours", _id(actions.CHANNEL_HOURS, subscription.channel_id), inputs)


def more(subscription: Subscription) -> Modal:
    """What few channels need."""
    preferences = subscription.preferences
    seconds = int(preferences.rule.shortest.total_seconds())
    inputs = (
        Input("longer_than", "Silent if a job ran for fewer seconds", str(seconds or ""), "Empty: 0"),
        _words("origin", "Only these origins", preferences.origins),
        _words("destination", "Only these destinations", preferences.destinations),
    )
    return Modal("More settings", _id(actions.CHANNEL_FILTERS, subscription.channel_id), inputs)


def _words(name: str, label: str, words: frozenset[str]) -> Input:
    return Input(name, label, ", ".join(sorted(words)), "With commas between; empty: any", MAX_INPUT)


def _posted(subscription: Subscription) -> set[str]:
    """The names in `WHAT` that are on."""
    kinds, preferences = subscription.kinds, subscription.preferences
    on = {
        "images": EventKind.COMPLETED in kinds,
        "failures": EventKind.FAILED in kinds,
        "cancellations": bool(kinds & {EventKind.CANCELED, EventKind.INTERRUPTED}),
    }
    on |= {name: getattr(preferences, name) for name in WHAT if name not in on}
    return {name for name, is_on in on.items() if is_on}


def _servers(view: ChannelView) -> list[tuple[str, str]]:
    """Nothing where there is only one, unless one is chosen that is gone."""
    chosen = _chosen_servers(view)
    if len(view.servers) == 1 and chosen <= set(view.servers):
        return []
    return _offered({name: name for name in (*view.servers, *sorted(chosen))}, chosen)


def _chosen_servers(view: ChannelView) -> frozenset[str]:
    return view.subscription.servers or frozenset()


def _boards(view: ChannelView) -> list[tuple[str, str]]:
    """What is sent, and its name; those that are chosen first. Nothing without any board."""
    if not view.boards and not view.subscription.preferences.boards:
        return []
    named = {NO_BOARD: "No board", **view.boards}
    known = {board_id.casefold() for board_id in named}
    named |= {board: board for board in view.subscription.preferences.boards if board not in known}
    return _offered(named, view.subscription.preferences.boards)


def _users(view: ChannelView) -> list[tuple[str, str]]:
    named = {name: name for name in view.users}
    known = {name.casefold() for name in named}
    named |= {user: user for user in view.subscription.preferences.users if user not in known}
    return _offered(named, view.subscription.preferences.users)


def _offered(named: Mapping[str, str], chosen: frozenset[str]) -> list[tuple[str, str]]:
    fit = [(value, name) for value, name in named.items() if 0 < len(value) <= MAX_WORD and "," not in value]
    return sorted(fit, key=lambda one: (one[0].casefold() not in chosen, one[1].casefold()))


def _filter(
    action: Action, view: ChannelView, what: str, offered: Sequence[tuple[str, str]], chosen: frozenset[str]
) -> list[Block]:
    """Nothing where there is nothing to choose from."""
    if not offered:
        return []
    options = tuple(
        MenuOption(bare(name, MAX_OPTION_NAME) or "without a name", value, value.casefold() in chosen)
        for value, name in offered[:MAX_OPTIONS]
    )
    head = f"**Only these {what}s**"
    if len(offered) > MAX_OPTIONS:
        option = what.rpartition(" ")[2]
        head += f"\n-# {MAX_OPTIONS} of {len(offered):,}; for another one type /notify here {option}:"
    most = min(MAX_WORDS, len(options))
    return [Text(head), Menu(_id(action, view.channel_id), f"Any {what}", options, 0, most)]


def _switches(action: Action, channel_id: int, hint: str, names: Mapping[str, str], on: set[str]) -> Menu:
    options = tuple(MenuOption(label, name, name in on) for name, label in names.items())
    return Menu(_id(action, channel_id), hint, options, 0, len(options))


def _id(action: Action, channel_id: int) -> str:
    return encode(ChannelButton(action, channel_id))


def _first_up(words: str) -> str:
    return words[:1].upper() + words[1:]
