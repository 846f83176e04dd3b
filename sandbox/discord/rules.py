"""What Discord refuses in a message beyond the form of single fields."""

from dataclasses import dataclass
from typing import Any

from sandbox.discord import components as tree
from sandbox.discord import forms, shapes
from sandbox.discord.foreign import Json, Path, items, part
from sandbox.discord.refusals import FormErrors, empty_message, invalid, too_large
from sandbox.discord.state import COMPONENTS_V2

MAX_FILES = 10
MAX_REQUEST = 25 * 1024 * 1024
MAX_EMBEDS_SUM = 6000
MAX_V2_TEXT = 4000
MAX_V2_COMPONENTS = 40
MAX_NONCE = 25
ROW_WIDTH = 5
LINK, PREMIUM = 5, 6
_EMBED_URLS = (("image", "url"), ("thumbnail", "url"), ("author", "icon_url"), ("footer", "icon_url"))


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart request: `index` is the n of `files[n]`."""

    index: int
    filename: str
    data: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as it would be after the request.

    Embeds and components are the new ones only: `keeps` says that the message shows others of before.
    """

    content: str
    embeds: list[Json]
    components: list[Json]
    filenames: frozenset[str]
    v2: bool
    has_poll_or_stickers: bool = False
    keeps: bool = False


def check_files(files: list[Upload], *, limit: int) -> None:
    """`limit` in bytes for one file."""
    if any(len(file.data) > limit for file in files):
        raise too_large()


def check_attachments(attachments: list[Json] | None, files: list[Upload], *, kept: set[int]) -> None:
    """Each entry names either a file of this request by its n, or (in an edit) an attachment by its id."""
    errors = FormErrors()
    numbers = {file.index for file in files} | kept
    for index, entry in enumerate(attachments or []):
        if int(entry["id"]) not in numbers:
            errors.add(
                ("attachments", index), "ATTACHMENT_NOT_FOUND", f"No file belongs to id {entry['id']}."
            )
    errors.refuse()


def check_nonce(nonce: Any) -> None:
    if nonce is None:
        return
    if isinstance(nonce, bool) or not isinstance(nonce, int | str):
        raise invalid(("nonce",), "NONCE_TYPE_INVALID", "Must be an integer or a string.")
    if isinstance(nonce, str) and len(nonce) > MAX_NONCE:
        raise invalid(("nonce",), "NONCE_TYPE_TOO_LONG", f"Nonce must be {MAX_NONCE} or fewer in length.")


def check_legacy_with_v2(payload: Json, *, v2: bool) -> None:
    """Content, embeds, polls and stickers do not go together with the Components V2 flag."""
    errors = FormErrors()
    for key in ("content", "embeds", "poll", "sticker_ids"):
        if v2 and payload.get(key):
            code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
            errors.add(
                (key,), code, f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            )
    errors.refuse()


def check_draft(draft: Draft) -> None:
    """Raises `Refusal`: 50035 for what is wrong, 50006 for a message that has nothing to show."""
    shapes.check(
        forms.V2_COMPONENTS if draft.v2 else forms.LEGACY_COMPONENTS, draft.components, ("components",)
    )
    errors = FormErrors()
    _check_embeds(draft, errors)
    _check_components(draft, errors)
    errors.refuse()
    if draft.v2:
        empty = not draft.components
    else:
        shown = any(
            set(embed) - {"type", "flags", "color", "fields"} or embed.get("fields") for embed in draft.embeds
        )
        empty = not (
            draft.content.strip()
            or shown
            or draft.filenames
            or draft.has_poll_or_stickers
            or draft.components
        )
    if empty and not draft.keeps:
        raise empty_message()


def _embed_size(embed: Json) -> int:
    parts: list[str | None] = [embed.get("title"), embed.get("description")]
    parts += [part(embed, "footer").get("text"), part(embed, "author").get("name")]
    for field in items(embed, "fields"):
        parts += [field["name"], field["value"]]
    return sum(len(part) for part in parts if part)


def _check_embeds(draft: Draft, errors: FormErrors) -> None:
    if sum(map(_embed_size, draft.embeds)) > MAX_EMBEDS_SUM:
        errors.add(
            ("embeds",), "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {MAX_EMBEDS_SUM}"
        )
    for index, embed in enumerate(draft.embeds):
        for place, key in _EMBED_URLS:
            _check_url(part(embed, place).get(key), draft, ("embeds", index, place, key), errors)


def _check_url(url: str | None, draft: Draft, path: Path, errors: FormErrors) -> None:
    if url is None:
        return
    scheme, _, rest = url.partition("://")
    if scheme == "attachment":
        if rest not in draft.filenames:
            code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
            errors.add(path, code, f"The referenced attachment '{rest}' was not found.")
    elif scheme not in ("http", "https") or not rest:
        errors.add(path, "URL_TYPE_INVALID_SCHEME", f"Scheme \"{scheme}\" must be one of ('http', 'https').")


def _check_components(draft: Draft, errors: FormErrors) -> None:
    all_of_them = list(tree.walk(draft.components))
    if draft.v2 and len(all_of_them) > MAX_V2_COMPONENTS:
        errors.add(
            ("components",),
            "COMPONENT_MAX_TOTAL",
            f"Must be {MAX_V2_COMPONENTS} or fewer components in total.",
        )
    text = sum(len(one["content"]) for _, one in all_of_them if one["type"] == tree.TEXT)
    if text > MAX_V2_TEXT:
        message = f"The combined text of all components must be {MAX_V2_TEXT} or fewer characters."
        errors.add(("components",), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)
    seen_ids: set[str] = set()
    seen_numbers: set[int] = set()
    for path, one in all_of_them:
        _check_custom_id(one, path, seen_ids, errors)
        if number := one.get("id"):
            if number in seen_numbers:
                errors.add((*path, "id"), "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated")
            seen_numbers.add(number)
        if one["type"] == tree.ACTION_ROW:
            kinds = [child["type"] for child in one["components"]]
            if len(kinds) > 1 and any(kind != tree.BUTTON for kind in kinds):
                errors.add(path, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The width of the row is exceeded.")
        if one["type"] in tree.SELECTS:
            _check_select(one, path, errors)
        for place, media in tree.media(one):
            _check_url(media["url"], draft, (*path, *place, "url"), errors)


def _check_custom_id(one: Json, path: Path, seen: set[str], errors: FormErrors) -> None:
    kind, custom_id = one["type"], one.get("custom_id")
    if kind == tree.BUTTON:
        style = one["style"]
        pointed = {LINK: "url", PREMIUM: "sku_id"}.get(style, "custom_id")
        if not one.get(pointed):
            code = "COMPONENT_CUSTOM_ID_REQUIRED" if pointed == "custom_id" else "BASE_TYPE_REQUIRED"
            errors.add((*path, pointed), code, f"A {pointed.replace('_', ' ')} is required")
        for other in {"url", "sku_id", "custom_id"} - {pointed}:
            if one.get(other):
                errors.add(
                    (*path, other),
                    "COMPONENT_FIELD_NOT_ALLOWED",
                    f"A button of style {style} has no {other}.",
                )
        if style != PREMIUM and not (one.get("label") or one.get("emoji")):
            errors.add(path, "BUTTON_COMPONENT_INVALID_LABEL", "A button needs a label or an emoji.")
    elif kind in tree.SELECTS and not custom_id:
        errors.add((*path, "custom_id"), "COMPONENT_CUSTOM_ID_REQUIRED", "A custom id is required")
    if custom_id:
        if custom_id in seen:
            code = "COMPONENT_CUSTOM_ID_DUPLICATED"
            errors.add((*path, "custom_id"), code, "Component custom id cannot be duplicated")
        seen.add(custom_id)


def _check_select(one: Json, path: Path, errors: FormErrors) -> None:
    low, high = one.get("min_values"), one.get("max_values")
    if (1 if low is None else low) > (1 if high is None else high):
        errors.add((*path, "min_values"), "COMPONENT_SELECT_RANGE", "min_values is larger than max_values.")
    offered = tree.values(one)
    if len(set(offered)) < len(offered):
        errors.add(
            (*path, "options"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The values must be unique."
        )
    if one["type"] == tree.STRING_SELECT and (1 if high is None else high) > len(offered):
        errors.add(
            (*path, "max_values"),
            "COMPONENT_SELECT_RANGE",
            "max_values is larger than the number of options.",
        )


def draft_flags(payload: Json, *, before: int = 0) -> int:
    """The flags after the request; the Components V2 flag can be set, never taken away."""
    flags = payload.get("flags")
    return before if flags is None else flags | before & COMPONENTS_V2
