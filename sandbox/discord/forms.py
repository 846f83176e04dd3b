"""Discord's forms for messages, embeds and components, with the limits of its documentation."""

from sandbox.discord.shapes import Anything, Flag, Id, Kinds, Many, Model, Number, Shape, Text

INT = Number(0, 2**53)
COLOUR = Number(0, 0xFFFFFF)
URL = Text(1, 2048)
CUSTOM_ID = Text(0, 100)
EMOJI = Model({"id": Id(), "name": Text(0, 100), "animated": Flag()})
MEDIA = Model({"url": Text(1, 2048)}, ("url",))
PICTURE = Model({"url": URL, "proxy_url": URL, "width": INT, "height": INT}, ("url",))

EMBED = Model(
    {
        "type": Text(1, 20),
        "title": Text(0, 256),
        "description": Text(0, 4096),
        "url": URL,
        "timestamp": Text(1, 64),
        "color": COLOUR,
        "footer": Model({"text": Text(1, 2048), "icon_url": URL, "proxy_icon_url": URL}, ("text",)),
        "image": PICTURE,
        "thumbnail": PICTURE,
        "author": Model(
            {"name": Text(1, 256), "url": URL, "icon_url": URL, "proxy_icon_url": URL}, ("name",)
        ),
        "fields": Many(
            Model({"name": Text(1, 256), "value": Text(1, 1024), "inline": Flag()}, ("name", "value")), 0, 25
        ),
        "flags": Number(0, 0),  # discord.py 2.7 sends it; Discord takes it, though only answers carry it
    }
)


def _component(keys: dict[str, Shape], *required: str) -> Model:
    return Model({"type": INT, "id": Number(0, 2**31 - 1), **keys}, ("type", *required))


_SELECT: dict[str, Shape] = {
    "custom_id": CUSTOM_ID,
    "placeholder": Text(0, 150),
    "min_values": Number(0, 25),
    "max_values": Number(1, 25),
    "disabled": Flag(),
    "required": Flag(),
}
_OPTION = Model(
    {
        "label": Text(1, 100),
        "value": Text(1, 100),
        "description": Text(0, 100),
        "emoji": EMOJI,
        "default": Flag(),
    },
    ("label", "value"),
)
_DEFAULTS = Many(Model({"id": Id(), "type": Text(1, 10)}, ("id", "type")), 0, 25)
BUTTON = _component(
    {
        "style": Number(1, 6),
        "label": Text(0, 80),
        "emoji": EMOJI,
        "custom_id": CUSTOM_ID,
        "sku_id": Id(),
        "url": Text(1, 512),
        "disabled": Flag(),
    },
    "style",
)
STRING_SELECT = _component({**_SELECT, "options": Many(_OPTION, 1, 25)}, "options")
SELECT = _component({**_SELECT, "default_values": _DEFAULTS})
CHANNEL_SELECT = _component({**_SELECT, "default_values": _DEFAULTS, "channel_types": Many(INT, 0, 20)})
SELECTS = {3: STRING_SELECT, 5: SELECT, 6: SELECT, 7: SELECT, 8: CHANNEL_SELECT}
ROW = _component({"components": Many(Kinds({2: BUTTON, **SELECTS}), 1, 5)}, "components")
TEXT = _component({"content": Text(1, 4000)}, "content")
THUMBNAIL = _component({"media": MEDIA, "description": Text(0, 1024), "spoiler": Flag()}, "media")
SECTION = _component(
    {"components": Many(Kinds({10: TEXT}), 1, 3), "accessory": Kinds({2: BUTTON, 11: THUMBNAIL})},
    "components",
    "accessory",
)
GALLERY = _component(
    {
        "items": Many(
            Model({"media": MEDIA, "description": Text(0, 1024), "spoiler": Flag()}, ("media",)), 1, 10
        )
    },
    "items",
)
FILE = _component({"file": MEDIA, "spoiler": Flag()}, "file")
SEPARATOR = _component({"divider": Flag(), "spacing": Number(1, 2)})
_BLOCKS = {1: ROW, 9: SECTION, 10: TEXT, 12: GALLERY, 13: FILE, 14: SEPARATOR}
CONTAINER = _component(
    {"components": Many(Kinds(_BLOCKS), 1, 40), "accent_color": COLOUR, "spoiler": Flag()}, "components"
)
LEGACY_COMPONENTS = Many(Kinds({1: ROW}), 0, 5)
V2_COMPONENTS = Many(Kinds({**_BLOCKS, 17: CONTAINER}), 0, 40)

MENTIONS = Model(
    {
        "parse": Many(Text(1, 20, lambda word: word in ("users", "roles", "everyone")), 0, 3),
        "users": Many(Id(), 0, 100),
        "roles": Many(Id(), 0, 100),
        "replied_user": Flag(),
    }
)
ATTACHMENT = Model(
    {"id": Id(), "filename": Text(1, 1024), "description": Text(0, 1024), "title": Text(0, 1024)}, ("id",)
)
EDITED: dict[str, Shape] = {
    "content": Text(0, 2000),
    "embeds": Many(EMBED, 0, 10),
    "flags": INT,
    "allowed_mentions": MENTIONS,
    "attachments": Many(ATTACHMENT, 0, 10),
    "components": Many(Anything(), 0, 40),
    "tts": Flag(may_be_true=False),  # discord.py sends it in edits too, where it says nothing
}
"""Keys of every form of a message; components are checked once it is known whether it is Components V2."""

CREATE = Model(
    EDITED
    | {
        "nonce": Anything(),
        "enforce_nonce": Flag(),
        "tts": Flag(),
        "message_reference": Model(
            {
                "type": Number(0, 0),
                "message_id": Id(),
                "channel_id": Id(),
                "guild_id": Id(),
                "fail_if_not_exists": Flag(),
            },
            ("message_id",),
        ),
        "sticker_ids": Many(Id(), 0, 3),
        "poll": Anything(),
    }
)
EDIT = Model(EDITED)
WEBHOOK_EDIT = Model(EDITED | {"poll": Anything()})
WEBHOOK_CREATE = Model(
    EDITED
    | {
        "tts": Flag(),
        "poll": Anything(),
        "username": Text(1, 80),
        "avatar_url": URL,
        "thread_name": Text(0, 100),
    }
)
CALLBACK_MESSAGE = Model(EDITED | {"tts": Flag(), "poll": Anything()})
CHOICES = Many(
    Model({"name": Text(1, 100), "name_localizations": Anything(), "value": Anything()}, ("name", "value")),
    0,
    25,
)
_TEXT_INPUT = _component(
    {
        "custom_id": Text(1, 100),
        "style": Number(1, 2),
        "label": Text(1, 45),
        "min_length": Number(0, 4000),
        "max_length": Number(1, 4000),
        "required": Flag(),
        "value": Text(0, 4000),
        "placeholder": Text(0, 100),
    },
    "custom_id",
    "style",
)
_FILE_UPLOAD = _component(
    {
        "custom_id": Text(1, 100),
        "min_values": Number(0, 10),
        "max_values": Number(1, 10),
        "required": Flag(),
    },
    "custom_id",
)
_ASKED = Kinds({4: _TEXT_INPUT, **SELECTS, 19: _FILE_UPLOAD})
_LABEL = _component(
    {"label": Text(1, 45), "description": Text(0, 100), "component": _ASKED},
    "label",
    "component",
)
MODAL = Model(
    {
        "custom_id": Text(1, 100),
        "title": Text(1, 45),
        "components": Many(
            Kinds(
                {
                    1: _component({"components": Many(Kinds({4: _TEXT_INPUT}), 1, 1)}, "components"),
                    10: TEXT,
                    18: _LABEL,
                }
            ),
            1,
            5,
        ),
    },
    ("custom_id", "title", "components"),
)
