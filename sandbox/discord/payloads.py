"""Users, guilds, channels and the application as Discord's JSON."""

from datetime import UTC, datetime

from sandbox.discord.foreign import Json, items
from sandbox.discord.permissions import Overwrite
from sandbox.discord.state import Command, Member, Role, User
from sandbox.discord.world import DISCORD_EPOCH_MS, Channel, Guild, World


def user(user: User) -> Json:
    body: Json = {
        "id": str(user.id),
        "username": user.username,
        "discriminator": "0",
        "global_name": None if user.bot else user.username.title(),
        "avatar": None,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }
    if user.bot:
        body["bot"] = True
    return body


def own_user(bot: User) -> Json:
    return {**user(bot), "mfa_enabled": True, "locale": "en-US", "verified": True, "email": None}


def application(world: World) -> Json:
    return {
        "id": str(world.application_id),
        "name": world.application_name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": user(world.bot),
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": world.application_flags,
        "flags_new": str(world.application_flags),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user(world.owner),
        "approximate_guild_count": len(world.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": team(world) if world.team else None,
        "eligible_oauth2_scopes": ["bot", "applications.commands"],
    }


def team(world: World) -> Json:
    """The application's team, which belongs to the owner."""
    team_id = str(world.application_id + 1)
    return {
        "id": team_id,
        "icon": None,
        "name": "The team",
        "owner_user_id": str(world.owner.id),
        "members": [
            {
                "user": user(one.user),
                "team_id": team_id,
                "membership_state": 2 if one.accepted else 1,
                "role": one.role,
                "permissions": ["*"],
            }
            for one in world.team
        ],
    }


def member(member: Member, *, with_user: bool = True) -> Json:
    body: Json = {
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "flags": 0,
        "joined_at": member.joined_at.isoformat(),
        "nick": None,
        "pending": False,
        "premium_since": None,
        "roles": [str(role_id) for role_id in member.role_ids],
        "mute": False,
        "deaf": False,
    }
    if with_user:
        body["user"] = user(member.user)
    return body


def role(role: Role) -> Json:
    return {
        "id": str(role.id),
        "name": role.name,
        "permissions": str(int(role.permissions)),
        "position": role.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def overwrite(overwrite: Overwrite) -> Json:
    return {
        "id": str(overwrite.target_id),
        "type": overwrite.kind,
        "allow": str(int(overwrite.allow)),
        "deny": str(int(overwrite.deny)),
    }


def channel(channel: Channel) -> Json:
    last = next(reversed(channel.stored), None)
    body: Json = {
        "id": str(channel.id),
        "flags": 0,
        "last_message_id": str(last) if last else None,
    }
    if channel.guild is None:
        return body | {"type": 1, "recipients": [user(channel.recipient)] if channel.recipient else []}
    if channel.parent is not None:
        return body | _thread(channel, channel.guild, channel.parent)
    return body | {
        "type": channel.kind,
        "guild_id": str(channel.guild.id),
        "name": channel.name,
        "position": channel.position,
        "topic": None,
        "nsfw": False,
        "parent_id": None,
        "rate_limit_per_user": 0,
        "permission_overwrites": [overwrite(one) for one in channel.overwrites],
    }


def _thread(thread: Channel, guild: Guild, parent: Channel) -> Json:
    """A public thread."""
    made = datetime.fromtimestamp(((thread.id >> 22) + DISCORD_EPOCH_MS) / 1000, UTC).isoformat()
    return {
        "type": 11,
        "guild_id": str(guild.id),
        "name": thread.name,
        "parent_id": str(parent.id),
        "owner_id": str(guild.owner_id),
        "rate_limit_per_user": 0,
        "message_count": len(thread.stored),
        "member_count": 1,
        "total_message_sent": len(thread.stored),
        "thread_metadata": {
            "archived": thread.archived,
            "auto_archive_duration": 4320,
            "archive_timestamp": made,
            "create_timestamp": made,
            "locked": thread.locked,
        },
    }


def guild(guild: Guild) -> Json:
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": [],
        "banner": None,
        "owner_id": str(guild.owner_id),
        "application_id": None,
        "region": "deprecated",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "roles": [role(one) for one in guild.roles.values()],
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": guild.tier,
        "premium_subscription_count": (0, 2, 7, 14)[guild.tier],
        "preferred_locale": "en-US",
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": None,
    }


def guild_create(guild_: Guild, world: World, *, with_members: bool) -> Json:
    """The gateway's GUILD_CREATE. Without the presences intent only the bot itself is among the members."""
    known = guild_.members.values() if with_members else [guild_.members[world.bot.id]]
    return guild(guild_) | {
        "joined_at": guild_.members[world.bot.id].joined_at.isoformat(),
        "large": False,
        "unavailable": False,
        "member_count": len(guild_.members),
        "members": [member(one) for one in known],
        "channels": [channel(one) for one in guild_.channels.values()],
        "threads": [channel(one) for one in guild_.threads.values() if not one.archived],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def own_guild(guild: Guild, bot: User) -> Json:
    """One entry of `GET /users/@me/guilds`."""
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "banner": None,
        "owner": guild.owner_id == bot.id,
        "permissions": str(int(guild.permissions(bot.id))),
        "features": [],
    }


_ABSENT_WHEN_NULL = (
    "options",
    "choices",
    "min_value",
    "max_value",
    "min_length",
    "max_length",
    "channel_types",
)


def command(command: Command, application_id: int) -> Json:
    """A registered command as Discord gives it back."""
    given = command.payload
    permissions = given.get("default_member_permissions")
    body: Json = {
        "id": str(command.id),
        "application_id": str(application_id),
        "version": str(command.version),
        "type": command.type,
        "name": command.name,
        "name_localizations": given.get("name_localizations"),
        "description": given.get("description") or "",
        "description_localizations": given.get("description_localizations"),
        "default_member_permissions": None if permissions is None else str(permissions),
        "nsfw": bool(given.get("nsfw")),
        "integration_types": given.get("integration_types") or [0],
        "contexts": given.get("contexts"),
    }
    if given.get("options"):
        body["options"] = [option(one) for one in items(given, "options")]
    if command.guild_id is None:
        body["dm_permission"] = given.get("dm_permission") is not False
    else:
        body["guild_id"] = str(command.guild_id)
    return body


def option(given: Json) -> Json:
    """One option; keys that are null are left out, as Discord does."""
    body = {key: value for key, value in given.items() if value is not None or key not in _ABSENT_WHEN_NULL}
    if body.get("options"):
        body["options"] = [option(one) for one in items(body, "options")]
    return body
