"""Components of a message: walk them, and turn what was sent into what Discord gives back."""

from collections.abc import Callable, Iterator

from sandbox.discord.foreign import Json, Path, items, part

ACTION_ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
SELECTS = (3, 5, 6, 7, 8)
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 9, 10, 11, 12, 13, 14, 17
LABEL, FILE_UPLOAD = 18, 19
V2_ONLY = (SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER)


def walk(components: list[Json], path: Path = ("components",)) -> Iterator[tuple[Path, Json]]:
    """Every component, nested ones too, with its place in the form."""
    for index, component in enumerate(components):
        here = (*path, index)
        yield here, component
        yield from walk(items(component, "components"), (*here, "components"))
        for key in ("accessory", "component"):
            if nested := part(component, key):
                yield (*here, key), nested


def media(component: Json) -> Iterator[tuple[Path, Json]]:
    """The `{url}` objects of one component, with their place in it."""
    if component["type"] == THUMBNAIL:
        yield ("media",), component["media"]
    elif component["type"] == FILE:
        yield ("file",), component["file"]
    elif component["type"] == GALLERY:
        for index, item in enumerate(component["items"]):
            yield ("items", index, "media"), item["media"]


def answered(components: list[Json], resolve: Callable[[str], Json]) -> list[Json]:
    """The components as Discord stores them: numbered, defaults filled in, media resolved.

    `resolve` turns a URL that was sent (`attachment://…` or http) into an unfurled media object.
    """
    taken = {component["id"] for _, component in walk(components) if component.get("id")}
    free = (number for number in range(1, 10_000) if number not in taken)
    return [_answered(component, free, resolve) for component in components]


def _answered(given: Json, free: Iterator[int], resolve: Callable[[str], Json]) -> Json:
    body: Json = {key: value for key, value in given.items() if value is not None}
    body["id"] = given.get("id") or next(free)
    kind = given["type"]
    if kind in SELECTS:
        body = _select(body)
    elif kind == CONTAINER:
        body = {"accent_color": None, "spoiler": False} | body
    elif kind == SEPARATOR:
        body = {"spacing": 1, "divider": True} | body
    elif kind == THUMBNAIL:
        body = {"description": None, "spoiler": False} | body | {"media": resolve(given["media"]["url"])}
    elif kind == FILE:
        found = resolve(given["file"]["url"])
        body = (
            {"spoiler": False} | body | {"file": found, "name": found.get("name"), "size": found.get("size")}
        )
    elif kind == GALLERY:
        body["items"] = [_gallery_item(item, resolve) for item in given["items"]]
    if "emoji" in body:
        body["emoji"] = {key: value for key, value in body["emoji"].items() if value is not None}
    if "components" in body:
        body["components"] = [_answered(one, free, resolve) for one in body["components"]]
    if "accessory" in body:
        body["accessory"] = _answered(body["accessory"], free, resolve)
    return body


def _select(body: Json) -> Json:
    chosen = [one | {"id": str(one["id"])} for one in items(body, "default_values")]
    return {"min_values": 1, "max_values": 1} | body | ({"default_values": chosen} if chosen else {})


def _gallery_item(item: Json, resolve: Callable[[str], Json]) -> Json:
    return {
        "media": resolve(item["media"]["url"]),
        "description": item.get("description"),
        "spoiler": bool(item.get("spoiler")),
    }


def find(components: list[Json], custom_id: str) -> Json | None:
    return next((one for _, one in walk(components) if one.get("custom_id") == custom_id), None)


def custom_ids(components: list[Json]) -> list[str]:
    return [one["custom_id"] for _, one in walk(components) if one.get("custom_id")]


def values(node: Json) -> list[str]:
    """The values that a string select offers."""
    return [option["value"] for option in items(node, "options")]
