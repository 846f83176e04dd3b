"""Routes by which a bot answers interactions: the callback, `@original` and follow-ups."""

from sandbox.discord import forms, messages, rules_commands, shapes
from sandbox.discord.calls import NO_CONTENT, Call, Reply, Route
from sandbox.discord.composer import LOADING, Composer
from sandbox.discord.foreign import Json, part
from sandbox.discord.interactions import Desk, Interaction, Kind, Stage, words
from sandbox.discord.post_office import PostOffice
from sandbox.discord.refusals import invalid, thread_archived, unknown
from sandbox.discord.rules import Upload
from sandbox.discord.shapes import Anything, Model, Number
from sandbox.discord.state import EPHEMERAL, SUPPRESS_NOTIFICATIONS, Message
from sandbox.discord.world import World

MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
_CALLBACK = Model({"type": Number(1, 12), "data": Anything()}, ("type",))
_DEFER_DATA = Model({"flags": Number(0, 2**53)})
_TYPED_COMMAND, _CONTEXT_MENU = 20, 23


class InteractionRoutes:
    def __init__(self, world: World, desk: Desk, composer: Composer, post: PostOffice) -> None:
        self._world = world
        self._desk = desk
        self._composer = composer
        self._post = post

    def routes(self) -> list[Route]:
        hook = "/webhooks/{webhook_id}/{webhook_token}"
        callback = "/interactions/{interaction_id}/{interaction_token}/callback"
        found = [
            Route("POST", callback, self.callback, by_token=True),
            Route("POST", hook, self.follow_up, by_token=True),
        ]
        for name in ("@original", "{message_id}"):
            template = f"{hook}/messages/{name}"
            found += [
                Route("GET", template, self.message, by_token=True),
                Route("PATCH", template, self.edit, by_token=True),
                Route("DELETE", template, self.delete, by_token=True),
            ]
        return found

    async def callback(self, call: Call) -> Reply:
        interaction = self._desk.to_answer(call.params["interaction_id"], call.params["interaction_token"])
        given = call.form()
        shapes.check(_CALLBACK, given)
        kind = given["type"]
        if interaction.channel.locked:
            raise thread_archived()
        if kind not in _allowed(interaction):
            choices = ", ".join(map(str, _allowed(interaction)))
            raise invalid(("type",), "BASE_TYPE_CHOICES", f"Value must be one of {{{choices}}}.")
        self._carry_out(interaction, kind, part(given, "data"), call.files)
        interaction.answered_at = self._world.clock()
        interaction.watch.changed()
        return (
            Reply(200, self._callback_payload(interaction, kind))
            if call.flag("with_response")
            else NO_CONTENT
        )

    def _carry_out(self, interaction: Interaction, kind: int, data: Json, files: list[Upload]) -> None:
        if kind == MESSAGE:
            message = self._answer(interaction, forms.CALLBACK_MESSAGE, data, files)
            interaction.original, interaction.ephemeral = message, bool(message.flags & EPHEMERAL)
            self._post.deliver(message)
        elif kind == DEFERRED:
            shapes.check(_DEFER_DATA, data, ("data",))
            flags = int(data.get("flags") or 0) & (EPHEMERAL | SUPPRESS_NOTIFICATIONS)
            message = self._blank(interaction, flags)
            interaction.original, interaction.ephemeral = message, bool(message.flags & EPHEMERAL)
            interaction.deferred = True
        elif kind == DEFERRED_UPDATE:
            interaction.original = interaction.source
        elif kind == UPDATE and interaction.source:
            self._composer.edit(forms.CALLBACK_MESSAGE, interaction.source, data, files)
            interaction.original = interaction.source
            self._post.changed(interaction.source)
        elif kind == CHOICES:
            interaction.choices = rules_commands.check_choices(data, interaction.focused_type)
        elif kind == MODAL:
            shapes.check(forms.MODAL, data, ("data",))
            interaction.modal = data
        interaction.stage = Stage.DEFERRED if kind == DEFERRED else Stage.ANSWERED

    def _answer(self, interaction: Interaction, form: Model, data: Json, files: list[Upload]) -> Message:
        message = self._composer.create(form, data, files, interaction.channel, self._world.bot)
        return self._signed(interaction, message)

    def _signed(self, interaction: Interaction, message: Message) -> Message:
        message.webhook_id = self._world.application_id
        message.interaction = self._desk.metadata(interaction)
        if interaction.command:
            message.typed = words(interaction.data)
            message.type = _TYPED_COMMAND if interaction.command.type == 1 else _CONTEXT_MENU
        if message.flags & EPHEMERAL:
            message.ephemeral_for = interaction.user.id
        return message

    def _blank(self, interaction: Interaction, flags: int) -> Message:
        """What says that the bot is thinking; it stands in the channel once it has been edited."""
        guild = interaction.channel.guild
        message = Message(
            id=self._world.new_id(),
            channel_id=interaction.channel.id,
            guild_id=guild.id if guild else None,
            author=self._world.bot,
            at=self._world.now(),
            flags=flags | LOADING,
        )
        return self._signed(interaction, message)

    def _callback_payload(self, interaction: Interaction, kind: int) -> Json:
        body: Json = {"interaction": {"id": str(interaction.id), "type": int(interaction.kind)}}
        if kind in (MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE) and interaction.original:
            message = messages.payload(interaction.original, self._world)
            body["interaction"] |= {
                "response_message_id": message["id"],
                "response_message_loading": kind == DEFERRED,
                "response_message_ephemeral": bool(interaction.original.flags & EPHEMERAL),
            }
            if kind in (MESSAGE, UPDATE):
                body["resource"] = {"type": kind, "message": message}
        return body

    async def follow_up(self, call: Call) -> Reply:
        """The first one after a deferral is its edit, as Discord documents (deprecated, but so it is)."""
        interaction = self._desk.by_token(call.params["webhook_id"], call.params["webhook_token"])
        given = call.form()
        if interaction.channel.locked:
            raise thread_archived()
        if interaction.stage is Stage.DEFERRED and interaction.original:
            shapes.check(forms.WEBHOOK_CREATE, given)
            message = interaction.original
            edit = {key: value for key, value in given.items() if key in forms.EDITED}
            self._edit(interaction, message, edit, call.files)
        else:
            message = self._answer(interaction, forms.WEBHOOK_CREATE, given, call.files)
            interaction.followups.append(message)
            if interaction.stage is Stage.TAKEN_BACK:
                interaction.stage, interaction.instead = Stage.ANSWERED, message
            self._post.deliver(message)
            interaction.watch.changed()
        return Reply(200, messages.payload(message, self._world)) if call.flag("wait") else NO_CONTENT

    def _named(self, call: Call) -> tuple[Interaction, Message]:
        interaction = self._desk.by_token(call.params["webhook_id"], call.params["webhook_token"])
        known = [*interaction.followups, *([interaction.original] if interaction.original else [])]
        if "message_id" not in call.params:
            known = [interaction.original] if interaction.original and not interaction.deleted else []
        else:
            known = [one for one in known if one.id == int(call.params["message_id"])]
        if not known:
            raise unknown("Message")
        return interaction, known[0]

    async def message(self, call: Call) -> Reply:
        return Reply(200, messages.payload(self._named(call)[1], self._world))

    async def edit(self, call: Call) -> Reply:
        interaction, message = self._named(call)
        self._edit(interaction, message, call.form(), call.files)
        return Reply(200, messages.payload(message, self._world))

    def _edit(self, interaction: Interaction, message: Message, given: Json, files: list[Upload]) -> None:
        loading = bool(message.flags & LOADING)
        if interaction.channel.locked:
            raise thread_archived()
        if interaction.channel.archived and not loading and message.ephemeral_for is None:
            raise thread_archived()
        self._composer.edit(forms.WEBHOOK_EDIT, message, given, files)
        if loading:
            interaction.stage = Stage.ANSWERED
            self._post.deliver(message)
        else:
            self._post.changed(message)
        interaction.watch.changed()

    async def delete(self, call: Call) -> Reply:
        interaction, message = self._named(call)
        if message is interaction.original:
            thinking = interaction.stage is Stage.DEFERRED
            interaction.deleted, interaction.stage = True, Stage.TAKEN_BACK if thinking else Stage.ANSWERED
        else:
            interaction.followups.remove(message)
        self._post.remove(message)
        interaction.watch.changed()
        return NO_CONTENT


def _allowed(interaction: Interaction) -> tuple[int, ...]:
    """Which answers fit which interaction."""
    if interaction.kind is Kind.AUTOCOMPLETE:
        return (CHOICES,)
    if interaction.kind is Kind.COMMAND:
        return (MESSAGE, DEFERRED, MODAL)
    if interaction.kind is Kind.COMPONENT:
        return (MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, MODAL)
    return (MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE) if interaction.source else (MESSAGE, DEFERRED)
