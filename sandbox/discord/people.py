"""People who use Discord beside the bot: they type commands, press buttons, fill in forms, say things."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.discord import components as tree
from sandbox.discord.answers import Answer, first_answer
from sandbox.discord.foreign import Json, items
from sandbox.discord.interactions import Desk, Interaction, Kind, permissions_of
from sandbox.discord.permissions import Permission
from sandbox.discord.post_office import PostOffice
from sandbox.discord.rules import Upload
from sandbox.discord.state import Message, User
from sandbox.discord.typed import NotOffered, chosen, on_message, sent, typed
from sandbox.discord.uploads import store
from sandbox.discord.world import Channel, World

LINK = 5


class Person:
    """`patience` in seconds: how long to wait for the edit after a deferral."""

    def __init__(
        self, world: World, desk: Desk, post: PostOffice, user: User, *, patience: float = 10.0
    ) -> None:
        self._world = world
        self._desk = desk
        self._post = post
        self.user = user
        self.patience = patience

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def dm(self) -> Channel:
        """The DM with the bot."""
        return self._world.direct_channel(self.user)

    async def slash(self, channel: Channel | None, words: str, /, **options: Any) -> Answer:
        """Types `/words option:…` in a channel, or in the DM for None.

        Raises NotOffered if Discord's client would not send it, NoAnswer if the bot misses its deadline.
        """
        place = channel or self.dm
        what = typed(self._world, self.user, place, words, options)
        return await self._answered(
            self._desk.open(Kind.COMMAND, self.user, place, what.data, command=what.command)
        )

    async def menu(self, message: Message | Answer, name: str) -> Answer:
        """Picks a command in a message's context menu. Raises NotOffered, NoAnswer."""
        source = self._sees(message)
        place = self._world.channels[source.channel_id]
        what = on_message(self._world, self.user, place, name, source)
        return await self._answered(
            self._desk.open(Kind.COMMAND, self.user, place, what.data, command=what.command)
        )

    async def autocomplete(self, channel: Channel | None, words: str, /, **options: Any) -> list[Json]:
        """What is suggested while the last of `options` is being typed: `[{name, value}]`."""
        place = channel or self.dm
        what = typed(self._world, self.user, place, words, options, focus=list(options)[-1])
        opened = self._desk.open(
            Kind.AUTOCOMPLETE,
            self.user,
            place,
            what.data,
            command=what.command,
            focused_type=what.focused_type,
        )
        await self._answered(opened)
        return opened.choices or []

    async def press(self, message: Message | Answer, custom_id: str) -> Answer:
        """Presses a button. Raises NotOffered if it is not there or greyed out."""
        source = self._sees(message)
        button = self._component(source, custom_id, (tree.BUTTON,))
        data: Json = {"component_type": tree.BUTTON, "custom_id": custom_id, "id": button["id"]}
        return await self._use(source, data)

    async def select(self, message: Message | Answer, custom_id: str, *values: str) -> Answer:
        """Chooses in a select; people, roles and channels by their ids.

        Raises NotOffered if a value is not offered or the number is wrong.
        """
        source = self._sees(message)
        menu = self._component(source, custom_id, tree.SELECTS)
        resolved = self._resolved(menu, values, self._world.channels[source.channel_id])
        data: Json = {
            "component_type": menu["type"],
            "custom_id": custom_id,
            "id": menu["id"],
            "values": list(values),
        }
        return await self._use(source, data | ({"resolved": resolved} if resolved else {}))

    def _resolved(self, menu: Json, values: Sequence[str], channel: Channel) -> Json:
        """What the values of a select name, checked as Discord's client checks them. Raises NotOffered."""
        low, high = menu.get("min_values", 1), menu.get("max_values", 1)
        if not low <= len(values) <= high or len(set(values)) != len(values):
            raise NotOffered(f"{menu['custom_id']!r} takes {low} to {high} values")
        if menu["type"] != tree.STRING_SELECT:
            return chosen(self._world, channel, menu["type"], values)
        offered = tree.values(menu)
        if not set(values) <= set(offered):
            raise NotOffered(f"{menu['custom_id']!r} takes {low} to {high} of {offered}")
        return {}

    async def submit(self, answer: Answer, /, **given: str | list[str] | Upload) -> Answer:
        """Fills in the modal that was the answer: texts, lists for selects and files, by custom_id. What is
        not given stays as the modal had it.

        Raises NotOffered for what Discord's client would not send.
        """
        modal = answer.modal
        if modal is None:
            raise NotOffered("the answer was no modal")
        before = answer.interaction
        known = {
            one["custom_id"]: one
            for _, one in tree.walk(modal["components"])
            if one["type"] in (tree.TEXT_INPUT, tree.FILE_UPLOAD, *tree.SELECTS)
        }
        if unknown := set(given) - set(known):
            raise NotOffered(f"the modal has no fields {sorted(unknown)}; it has {sorted(known)}")
        resolved: Json = {}
        values: dict[str, str | list[str]] = {}
        for name, field in known.items():
            value = given.get(name)
            if isinstance(value, Upload):
                found = sent(self._world, before.channel, field, value)
                values[name] = list(found["attachments"])
            else:
                found = self._filled_in(field, value, before.channel)
                values |= {} if value is None else {name: value}
            for kind, named in found.items():
                resolved.setdefault(kind, {}).update(named)
        filled = [_filled(one, values, number) for number, one in enumerate(modal["components"], 1)]
        data: Json = {"custom_id": modal["custom_id"], "components": filled}
        if resolved:
            data["resolved"] = resolved
        opened = self._desk.open(
            Kind.MODAL, self.user, before.channel, data, source=before.source, opened_by=before
        )
        return await self._answered(opened)

    def _filled_in(self, field: Json, given: str | list[str] | None, channel: Channel) -> Json:
        """What the field's values name. Raises NotOffered if the field does not take what was given."""
        name = field["custom_id"]
        if field["type"] == tree.TEXT_INPUT:
            text = given if given is not None else field.get("value") or ""
            low = field.get("min_length") or (0 if field.get("required") is False else 1)
            if not isinstance(text, str) or not low <= len(text) <= (field.get("max_length") or 4000):
                raise NotOffered(f"the field {name!r} does not take {text!r:.80}")
            return {}
        if not (given or _chosen(field)) and field.get("required") is False:
            return {}
        if isinstance(given, str) or field["type"] == tree.FILE_UPLOAD:
            raise NotOffered(f"the field {name!r} takes a list of values")
        return self._resolved(field, _chosen(field) if given is None else given, channel)

    def say(self, channel: Channel, content: str, *files: Upload) -> Message:
        """A plain message of this person, with files."""
        sends = Permission.SEND_MESSAGES_IN_THREADS if channel.parent else Permission.SEND_MESSAGES
        if not permissions_of(channel, self.user) & sends:
            raise NotOffered(f"{self.user.username} may not write in #{channel.name}")
        message = Message(
            id=self._world.new_id(),
            channel_id=channel.id,
            guild_id=channel.guild.id if channel.guild else None,
            author=self.user,
            at=self._world.now(),
            content=content,
            files=[store(self._world, channel.id, file, {}) for file in files],
        )
        if f"<@{self._world.bot.id}>" in content:
            message.mention_ids.append(self._world.bot.id)
        self._post.deliver(message)
        return message

    async def _use(self, source: Message, data: Json) -> Answer:
        channel = self._world.channels[source.channel_id]
        return await self._answered(self._desk.open(Kind.COMPONENT, self.user, channel, data, source=source))

    async def _answered(self, interaction: Interaction) -> Answer:
        return await first_answer(interaction, within=self._desk.first_answer, patience=self.patience)

    def _sees(self, message: Message | Answer) -> Message:
        source = message.message if isinstance(message, Answer) else message
        channel = self._world.channels[source.channel_id]
        if not permissions_of(channel, self.user) & Permission.VIEW_CHANNEL:
            raise NotOffered(f"{self.user.username} does not see #{channel.name}")
        if source.ephemeral_for not in (None, self.user.id):
            raise NotOffered(f"{self.user.username} does not see this ephemeral message")
        return source

    def _component(self, message: Message, custom_id: str, kinds: tuple[int, ...]) -> Json:
        found = tree.find(message.components, custom_id)
        if found is None or found["type"] not in kinds or found.get("style") == LINK:
            raise NotOffered(
                f"there is no {custom_id!r} to use; there are {tree.custom_ids(message.components)}"
            )
        if found.get("disabled"):
            raise NotOffered(f"{custom_id!r} is greyed out")
        return found


def _filled(component: Json, given: Mapping[str, str | list[str]], number: int) -> Json:
    """One top-level component of a modal as it is submitted."""
    body: Json = {"type": component["type"], "id": component.get("id") or number}
    if component["type"] == tree.LABEL:
        body["component"] = _field(component["component"], given, number + 100)
    elif component["type"] == tree.ACTION_ROW:
        body["components"] = [_field(one, given, number + 100) for one in items(component, "components")]
    return body


def _field(component: Json, given: Mapping[str, str | list[str]], number: int) -> Json:
    body: Json = {
        "type": component["type"],
        "id": component.get("id") or number,
        "custom_id": component["custom_id"],
    }
    if component["type"] == tree.TEXT_INPUT:
        return body | {"value": given.get(component["custom_id"], component.get("value") or "")}
    return body | {"values": given.get(component["custom_id"], _chosen(component))}


def _chosen(select: Json) -> list[str]:
    """What a select of texts has chosen beforehand."""
    return [option["value"] for option in items(select, "options") if option.get("default")]
