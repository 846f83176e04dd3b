"""What new jobs are made from: the models that InvokeAI has, and images that are uploaded for them."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import TypeAdapter

from bot.domain.workflows import InstalledModel
from bot.errors import InvokeAIUnavailable
from bot.invokeai.connection import Connection
from bot.invokeai.foreign_json import mapping, sequence, text
from bot.invokeai.gallery_models import UploadedImage
from bot.invokeai.http import Request, Upload
from bot.invokeai.session_results import safe_image_name

MODELS: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])  # of dozens of kinds
UPLOADED = TypeAdapter(UploadedImage)


async def installed_models(connection: Connection) -> list[InstalledModel]:
    """All of every type, in InvokeAI's order."""
    told = await connection.ask("list_model_records", MODELS)
    return list(_models(sequence(told.get("models"))))


def _models(told: Sequence[Any]) -> Iterator[InstalledModel]:
    for each in map(mapping, told):
        key, name, base, kind = (text(each.get(name)) for name in ("key", "name", "base", "type"))
        if key and name:
            yield InstalledModel(key, name, base, kind, text(each.get("hash")))


async def upload_image(connection: Connection, data: bytes, content_type: str) -> str:
    """The name of an image that jobs may start from. It is an intermediate: people clear those away.

    InvokeAIRefused if InvokeAI can't read it.
    """
    suffix = content_type.rpartition("/")[2]
    request = Request(
        query={"image_category": "user", "is_intermediate": "true"},
        file=Upload(f"upload.{suffix}", content_type, data),
    )
    name = (await connection.ask("upload_image", UPLOADED, request)).image_name
    if not safe_image_name(name):
        raise InvokeAIUnavailable("InvokeAI gave an image a name that can't be asked for.")
    return name
