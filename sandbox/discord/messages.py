"""A message as Discord's JSON."""

from sandbox.discord import payloads
from sandbox.discord.foreign import Json, part
from sandbox.discord.state import EPHEMERAL, File, Message
from sandbox.discord.world import World


def attachment(file: File, *, ephemeral: bool = False) -> Json:
    body: Json = {
        "id": str(file.id),
        "filename": file.filename,
        "size": len(file.data),
        "url": file.url,
        "proxy_url": file.url,
        "content_type": file.content_type,
    }
    if file.description is not None:
        body["description"] = file.description
    if file.width and file.height:
        body |= {"width": file.width, "height": file.height}
    if ephemeral:
        body["ephemeral"] = True
    return body


def payload(message: Message, world: World, *, referenced: bool = True) -> Json:
    """`referenced` False leaves the message that this one answers out (Discord nests one level only)."""
    body: Json = {
        "id": str(message.id),
        "channel_id": str(message.channel_id),
        "type": message.type,
        "content": message.content,
        "author": payloads.user(message.author),
        "timestamp": message.at.isoformat(),
        "edited_timestamp": message.edited_at.isoformat() if message.edited_at else None,
        "mentions": [payloads.user(world.users[user_id]) for user_id in message.mention_ids],
        "mention_roles": [str(role_id) for role_id in message.mention_role_ids],
        "mention_everyone": message.mention_everyone,
        "attachments": [
            attachment(file, ephemeral=bool(message.flags & EPHEMERAL)) for file in _shown(message)
        ],
        "embeds": message.embeds,
        "components": message.components,
        "flags": message.flags,
        "pinned": message.pinned_at is not None,
        "tts": False,
    }
    if message.nonce is not None:
        body["nonce"] = message.nonce
    if message.webhook_id is not None:
        body |= {"webhook_id": str(message.webhook_id), "application_id": str(message.webhook_id)}
    if message.interaction is not None:
        body["interaction_metadata"] = message.interaction
    if message.reference_id is not None:
        body["message_reference"] = {
            "type": 0,
            "message_id": str(message.reference_id),
            "channel_id": str(message.channel_id),
        }
        if referenced:
            target = world.channels[message.channel_id].stored.get(message.reference_id)
            body["referenced_message"] = payload(target, world, referenced=False) if target else None
    return body


def _shown(message: Message) -> list[File]:
    """A file that an embed shows is not listed among the attachments as well."""
    embedded = {part(embed, key).get("url") for embed in message.embeds for key in ("image", "thumbnail")}
    return [file for file in message.files if file.url not in embedded]
