"""What a channel's menus offer, and which of it is chosen."""

from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from render_examples import MORNING

from bot.domain import actions
from bot.domain.events import EventKind
from bot.domain.quiet_hours import QuietHours, Rule
from bot.domain.subscriptions import ENDS, Mention, MentionKind, Preferences, Subscription
from bot.render import channel_menus, channel_panel
from bot.render.channel_ids import ChannelButton
from bot.render.channel_panel import ChannelView
from bot.render.custom_ids import encode
from bot.render.message import ActionRow, Colour, Menu, Panel, PeopleMenu, Text

UTC = ZoneInfo("UTC")
PLAIN = Subscription(42, 7, None, ENDS)


def view(preferences: Preferences | None = None, boards: int = 1, users: tuple[str, ...] = ()) -> ChannelView:
    channel = replace(PLAIN, preferences=preferences or Preferences())
    names = {f"b-{number:02}": f"Board {number:02}" for number in range(boards)}
    return ChannelView(channel, MORNING, UTC, names, users)


def menu(panel: Panel, action: actions.Action) -> Menu:
    custom_id = encode(ChannelButton(action, 42))
    [found] = [one for one in panel.blocks if isinstance(one, Menu) and one.action == custom_id]
    return found


def chosen(panel: Panel, action: actions.Action) -> list[str]:
    return [one.value for one in menu(panel, action).options if one.chosen]


def labels(panel: Panel) -> list[str]:
    return [button.label for row in panel.blocks if isinstance(row, ActionRow) for button in row.buttons]


def texts(panel: Panel) -> str:
    return "\n".join(block.body for block in panel.blocks if isinstance(block, Text))


def test_what_is_set_is_chosen() -> None:
    preferences = Preferences(
        boards=frozenset({"none"}), live=False, hide_prompts=True, mention=Mention(MentionKind.ROLE, 5)
    )
    panel = channel_menus.change(
        replace(view(), subscription=Subscription(42, 7, None, frozenset({EventKind.FAILED}), preferences))
    )
    assert chosen(panel, actions.CHANNEL_WHAT) == ["failures", "queue_empty", "others"]
    assert chosen(panel, actions.CHANNEL_BUZZ) == [preferences.rule.buzz.value]
    assert chosen(panel, actions.CHANNEL_BOARDS) == ["none"]
    assert chosen(panel, actions.CHANNEL_PRIVACY) == ["hide_prompts"]
    [people] = [one for one in panel.blocks if isinstance(one, PeopleMenu)]
    assert people.chosen == preferences.mention


def test_of_many_boards_the_chosen_ones_come_first_and_the_rest_is_said_to_need_the_option() -> None:
    panel = channel_menus.change(view(Preferences(boards=frozenset({"b-59", "gone"})), boards=60))
    offered = menu(panel, actions.CHANNEL_BOARDS)
    assert [one.value for one in offered.options[:3]] == ["b-59", "gone", "b-00"]
    assert (len(offered.options), offered.least, offered.most) == (25, 0, 20)
    assert "25 of 62; for another one type /notify here board:" in texts(panel)


def test_a_name_that_the_filter_would_part_in_two_is_not_offered() -> None:
    panel = channel_menus.change(view(users=("Ann", "Bob, the builder", "x" * 101)))
    assert [one.value for one in menu(panel, actions.CHANNEL_USERS).options] == ["Ann"]


def test_where_there_is_nothing_to_choose_from_there_is_no_menu() -> None:
    panel = channel_menus.change(view(boards=0))
    assert "Only these boards" not in texts(panel)
    assert "Only these users" not in texts(panel)


def test_the_form_of_quiet_hours_has_what_is_set_else_the_zone_alone() -> None:
    night = Rule(
        quiet=QuietHours(time(22), time(7, 30), ZoneInfo("Europe/Berlin")), failures_break_through=True
    )
    set_already = replace(PLAIN, preferences=Preferences(rule=night))
    first, second = (channel_menus.quiet_hours(one, UTC) for one in (PLAIN, set_already))
    assert [one.text for one in first.inputs] == ["", "UTC", "Arrive silently"]
    assert [one.text for one in second.inputs] == ["22:00-07:30", "Europe/Berlin", "Still buzz"]


def test_a_snoozed_channel_offers_to_end_that_and_one_that_can_t_be_read_only_to_stop() -> None:
    until = MORNING + timedelta(hours=1)
    snoozed = view(Preferences(rule=Rule(snoozed_until=until)))
    broken = view(Preferences(unreadable=frozenset({"boards"})))
    assert labels(channel_panel.settings(snoozed)) == ["Change…", "Test", "End snooze"]
    assert labels(channel_panel.settings(replace(snoozed, now=until)))[2] == "Snooze…"
    assert labels(channel_panel.settings(broken)) == ["Stop…"]
    assert labels(channel_menus.change(snoozed)) == ["Quiet hours…", "More…", "Done", "Stop…"]
    assert channel_panel.settings(broken).colour is Colour.WARNING


def test_who_posted_samples_hears_what_was_silent() -> None:
    assert [channel_panel.tested(silent) for silent in ([], [False], [True, True], [True, False])] == [
        "This channel gets no notices now, so there is nothing to post.",
        "Posted 1 sample. Did your phone buzz?",
        "Posted 2 samples, silently: that is how this channel is set for now.",
        "Posted 2 samples, 1 of them silently. Did your phone buzz for the other?",
    ]


def test_servers_are_offered_where_there_are_several_or_one_is_chosen_that_is_gone() -> None:
    def offered(chosen: frozenset[str] | None, *servers: str) -> list[tuple[str, bool]]:
        subscription = replace(PLAIN, servers=chosen)
        panel = channel_menus.change(replace(view(), subscription=subscription, servers=servers))
        custom_id = encode(ChannelButton(actions.CHANNEL_SERVERS, 42))
        found = [one for one in panel.blocks if isinstance(one, Menu) and one.action == custom_id]
        return [(one.value, one.chosen) for each in found for one in each.options]

    assert offered(None, "invokeai") == []
    assert offered(None, "studio", "attic") == [("attic", False), ("studio", False)]
    assert offered(frozenset({"studio"}), "studio", "attic") == [("studio", True), ("attic", False)]
    assert offered(frozenset({"cellar"}), "invokeai") == [("cellar", True), ("invokeai", False)]


def test_a_server_that_a_channel_hears_and_that_is_gone_is_named() -> None:
    one = replace(view(), subscription=replace(PLAIN, servers=frozenset({"studio", "cellar"})))
    shown = texts(channel_panel.settings(replace(one, servers=("studio", "attic"))))
    assert "⚠️ Not served any more: cellar" in shown
    assert "Not served" not in texts(channel_panel.settings(replace(view(), servers=("studio",))))
