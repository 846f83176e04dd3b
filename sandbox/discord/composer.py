"""A request's form becomes a message, or the next version of one; what Discord refuses is refused here."""

import re
from dataclasses import dataclass, field

from sandbox.discord import components, rules, shapes, uploads
from sandbox.discord.foreign import Json, items, part
from sandbox.discord.rules import Draft, Upload
from sandbox.discord.shapes import Model
from sandbox.discord.state import COMPONENTS_V2, EPHEMERAL, SUPPRESS_NOTIFICATIONS, Edit, File, Message, User
from sandbox.discord.world import Channel, World

SUPPRESS_EMBEDS = 1 << 2
LOADING = 1 << 7
SETTABLE = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2
_USER, _ROLE = re.compile(r"<@!?(\d+)>"), re.compile(r"<@&(\d+)>")


@dataclass(slots=True)
class _Parts:
    """What a checked form says about a message."""

    flags: int
    content: str
    embeds: list[Json]
    components: list[Json]
    kept: list[File] = field(default_factory=list[File])


class Composer:
    def __init__(self, world: World) -> None:
        self._world = world

    def create(
        self, form: Model, given: Json, files: list[Upload], channel: Channel, author: User
    ) -> Message:
        """A message that is not stored yet. Raises `Refusal`."""
        shapes.check(form, given)
        rules.check_nonce(given.get("nonce"))
        flags = rules.draft_flags(given)
        parts = _Parts(flags, given.get("content") or "", items(given, "embeds"), items(given, "components"))
        self._check(parts, given, files, channel)
        message = Message(
            id=self._world.new_id(),
            channel_id=channel.id,
            guild_id=channel.guild.id if channel.guild else None,
            author=author,
            at=self._world.now(),
            flags=flags & (SETTABLE | EPHEMERAL),
            nonce=given.get("nonce"),
        )
        self._fill(message, parts, given, files)
        return message

    def edit(self, form: Model, message: Message, given: Json, files: list[Upload]) -> None:
        """Changes `message`. Keys that are absent stay as they are; null empties. Raises `Refusal`."""
        shapes.check(form, given)
        flags = rules.draft_flags(given, before=message.flags)
        content = (given["content"] or "") if "content" in given else message.content
        embeds = items(given, "embeds") if "embeds" in given else message.embeds
        rows = items(given, "components") if "components" in given else message.components
        listed = {int(entry["id"]): entry for entry in items(given, "attachments")}
        keep_all = given.get("attachments") is None
        kept = [file for file in message.files if keep_all or file.id in listed]
        parts = _Parts(flags, content, embeds, rows, kept)
        channel = self._world.channels[message.channel_id]
        self._check(parts, given, files, channel, existing=message)
        if not message.flags & LOADING:
            before = Edit(self._world.now(), message.content, message.embeds, message.components)
            message.edits.append(before)
            message.edited_at = before.at
        settled = EPHEMERAL | SUPPRESS_NOTIFICATIONS  # with the first answer, or with the message
        message.flags = flags & (SETTABLE | EPHEMERAL) & ~settled | message.flags & settled
        self._fill(message, parts, given, files)

    def _check(
        self,
        parts: _Parts,
        given: Json,
        files: list[Upload],
        channel: Channel,
        existing: Message | None = None,
    ) -> None:
        v2 = bool(parts.flags & COMPONENTS_V2)
        rules.check_files(files, limit=channel.file_limit)
        own = {file.id for file in existing.files} if existing else set[int]()
        rules.check_attachments(given.get("attachments"), files, kept=own)
        if len(parts.kept) + len(files) > rules.MAX_FILES:
            message = f"Must be {rules.MAX_FILES} or fewer in length."
            raise rules.invalid(("attachments",), "BASE_TYPE_MAX_LENGTH", message)
        rules.check_legacy_with_v2(
            {**given, "content": parts.content, "embeds": parts.embeds} if existing else given, v2=v2
        )
        entries = {int(entry["id"]): entry for entry in items(given, "attachments")}
        names = [entries.get(file.index, {}).get("filename") or file.filename for file in files]
        rules.check_draft(
            Draft(
                content=parts.content,
                embeds=parts.embeds if existing is None or "embeds" in given else [],
                components=parts.components if existing is None or "components" in given else [],
                filenames=frozenset([*names, *(file.filename for file in parts.kept)]),
                v2=v2,
                has_poll_or_stickers=bool(given.get("poll") or given.get("sticker_ids")),
                keeps=existing is not None and self._keeps_something(existing, given),
            )
        )

    def _keeps_something(self, existing: Message, given: Json) -> bool:
        """Does an edit leave embeds or components of before in place?"""
        return bool(
            ("embeds" not in given and existing.embeds) or ("components" not in given and existing.components)
        )

    def _fill(self, message: Message, parts: _Parts, given: Json, files: list[Upload]) -> None:
        entries = {int(entry["id"]): entry for entry in items(given, "attachments")}
        new: dict[str, File] = {}
        for upload in files:
            entry = entries.get(upload.index, {})
            stored = uploads.store(self._world, message.channel_id, upload, entry)
            new[entry.get("filename") or upload.filename] = stored
        message.files = [*parts.kept, *new.values()]
        by_name = {file.filename: file for file in parts.kept} | new
        message.content = parts.content
        if parts.embeds is not message.embeds:
            message.embeds = [_embed(embed, by_name) for embed in parts.embeds]
        if parts.components is not message.components:
            message.components = components.answered(parts.components, lambda url: self._media(url, by_name))
        self._mention(message, given)

    def _media(self, url: str, by_name: dict[str, File]) -> Json:
        name = url.removeprefix("attachment://")
        if name == url:
            return {"id": str(self._world.new_id()), "url": url, "proxy_url": url}
        file = by_name[name]
        media: Json = {
            "id": str(self._world.new_id()),
            "url": file.url,
            "proxy_url": file.url,
            "content_type": file.content_type,
            "attachment_id": str(file.id),
        }
        return media | ({"width": file.width, "height": file.height} if file.width else {})

    def _mention(self, message: Message, given: Json) -> None:
        """Who is pinged: named in the content and allowed. Components V2 ping by their text."""
        allowed = given.get("allowed_mentions")
        text = message.content if not message.v2 else message.text
        users = [int(one) for one in _USER.findall(text) if int(one) in self._world.users]
        roles = [int(one) for one in _ROLE.findall(text)]
        message.mention_ids = list(dict.fromkeys(one for one in users if _may("users", one, allowed)))
        message.mention_role_ids = list(dict.fromkeys(one for one in roles if _may("roles", one, allowed)))
        everyone = "@everyone" in text or "@here" in text
        message.mention_everyone = everyone and (
            allowed is None or "everyone" in (allowed.get("parse") or [])
        )


def _may(kind: str, target: int, allowed: Json | None) -> bool:
    if allowed is None or kind in (allowed.get("parse") or []):
        return True
    named: list[str | int] = allowed.get(kind) or []
    return str(target) in map(str, named)


def _embed(given: Json, by_name: dict[str, File]) -> Json:
    """An embed as Discord gives it back: nulls left out, `attachment://` resolved."""
    body: Json = {key: value for key, value in given.items() if value is not None and key != "flags"}
    body["type"] = "rich"
    for place, key in (
        ("image", "url"),
        ("thumbnail", "url"),
        ("author", "icon_url"),
        ("footer", "icon_url"),
    ):
        url = part(given, place).get(key)
        if url is None:
            continue
        file = by_name.get(str(url).removeprefix("attachment://"))
        found = file.url if file else url
        body[place] = {**body[place], key: found, f"proxy_{key}": found}
        if file and file.width and key == "url":
            body[place] |= {"width": file.width, "height": file.height}
    for field_ in items(body, "fields"):
        field_.setdefault("inline", False)
    return body
