"""The operations under /api/v1/images, and the small ones beside them."""

import asyncio
import io
from typing import Any

from aiohttp import web
from PIL import Image

from sandbox.invokeai.auth_routes import Gate
from sandbox.invokeai.images import Encoded, ImageNotFound, ImageStore, StoredImage, encode, urls
from sandbox.invokeai.operations import Refused, answer, read_body, read_query
from sandbox.invokeai.parameters import ImageNamesBody, ImagesQuery, OrderDir, UploadQuery
from sandbox.invokeai.users import SYSTEM
from sandbox.invokeai.versions import Version

MAY_NOT_CHANGE = "Not authorized to modify this image"
CACHED = {"cache-control": "max-age=31536000"}


class ImageRoutes:
    """One method per operation."""

    def __init__(self, images: ImageStore, version: Version, gate: Gate) -> None:
        self._images = images
        self._version = version
        self._gate = gate

    async def dto(self, request: web.Request) -> web.Response:
        return answer(self._face(self._image(request)))

    async def metadata(self, request: web.Request) -> web.Response:
        return answer(self._image(request).metadata)

    async def workflow(self, request: web.Request) -> web.Response:
        image = self._image(request)
        return answer({"workflow": image.workflow, "graph": image.graph})

    async def urls(self, request: web.Request) -> web.Response:
        """Made from the name alone: unknown names get theirs too."""
        for image in self._images.known([request.match_info["image_name"]]):
            self._let_see(image, request)
        return answer(urls(request.match_info["image_name"]))

    async def full(self, request: web.Request) -> web.Response:
        image = self._file(request)
        disposition = {"content-disposition": f'inline; filename="{image.image_name}"'}
        return web.Response(body=image.png, content_type="image/png", headers=CACHED | disposition)

    async def thumbnail(self, request: web.Request) -> web.Response:
        return web.Response(body=self._file(request).thumbnail, content_type="image/webp", headers=CACHED)

    async def upload(self, request: web.Request) -> web.Response:
        """Its pixels; what else the file says is left out here."""
        file = (await request.post()).get("file")
        if not isinstance(file, web.FileField):
            raise Refused(422, [{"type": "missing", "loc": ["body", "file"], "msg": "Field required"}])
        try:
            encoded = await asyncio.to_thread(_encoded, file.file.read())
        except OSError as error:
            raise Refused(415, "Failed to read image") from error
        stored = self._images.add(
            encoded,
            is_intermediate=read_query(UploadQuery, request).is_intermediate,
            session_id="",
            node_id="",
            metadata=None,
            graph="{}",
            workflow=None,
            user=self._gate.viewer(request),
        )
        return answer(self._face(stored), 201)

    async def delete(self, request: web.Request) -> web.Response:
        try:
            image = self._images.find(request.match_info["image_name"])
        except ImageNotFound as error:
            raise Refused(404, "Image not found") from error
        if not self._gate.viewer(request).may_see(image.user):
            raise Refused(403, MAY_NOT_CHANGE)
        return self._deleted([image.image_name])

    async def delete_many(self, request: web.Request) -> web.Response:
        """Unknown names are left out of the answer."""
        return self._deleted(await self._own_names(request))

    async def star(self, request: web.Request) -> web.Response:
        names = self._images.star(await self._own_names(request), starred=True)
        return self._marked("starred_images", names)

    async def unstar(self, request: web.Request) -> web.Response:
        names = self._images.star(await self._own_names(request), starred=False)
        return self._marked("unstarred_images", names)

    async def listed(self, request: web.Request) -> web.Response:
        query = read_query(ImagesQuery, request)
        images = self._images.listed(
            is_intermediate=query.is_intermediate,
            starred_first=query.starred_first,
            newest_first=query.order_dir is OrderDir.DESC,
            viewer=self._gate.viewer(request) if self._version.guards_images else SYSTEM,
        )
        items = [self._face(image) for image in images[query.offset : query.offset + query.limit]]
        return answer({"limit": query.limit, "offset": query.offset, "total": len(images), "items": items})

    async def version(self, _request: web.Request) -> web.Response:
        highlights = {"highlights": None} if self._version.has_highlights else {}
        return answer({"version": self._version.number, **highlights})

    def _marked(self, word: str, names: list[str]) -> web.Response:
        if not self._version.tells_affected_boards:
            return answer({"updated_image_names": names})
        boards = _boards(self._images.known(names))
        return answer({"affected_boards": boards, word: names, "failed_images": []})

    def _deleted(self, names: list[str]) -> web.Response:
        boards = _boards(self._images.known(names))
        deleted = self._images.delete(names)
        if not self._version.tells_affected_boards:
            return answer({"deleted_images": deleted})
        return answer({"affected_boards": boards, "deleted_images": deleted, "failed_images": []})

    async def _own_names(self, request: web.Request) -> list[str]:
        """Those of the body that are there and that the asker may change."""
        user = self._gate.viewer(request)
        known = self._images.known((await read_body(ImageNamesBody, request)).image_names)
        own = [image.image_name for image in known if user.may_see(image.user)]
        if len(own) < len(known) and not self._version.guards_images:
            raise Refused(403, MAY_NOT_CHANGE)
        return own

    def _face(self, image: StoredImage) -> Any:
        return image.as_json(with_subfolder=self._version.image_has_subfolder)

    def _image(self, request: web.Request) -> StoredImage:
        image = self._find(request)
        self._let_see(image, request)
        return image

    def _file(self, request: web.Request) -> StoredImage:
        return self._image(request) if self._version.guards_images else self._find(request)

    def _find(self, request: web.Request) -> StoredImage:
        try:
            return self._images.find(request.match_info["image_name"])
        except ImageNotFound as error:
            raise Refused(404, "Not Found") from error

    def _let_see(self, image: StoredImage, request: web.Request) -> None:
        if not self._gate.viewer(request).may_see(image.user):
            raise Refused(403, "Not authorized to access this image")


def _encoded(data: bytes) -> Encoded:
    """OSError: it is no picture."""
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        return encode(picture, metadata=None, graph="{}", workflow=None)


def _boards(images: list[StoredImage]) -> list[str]:
    """The boards of those images, each once; `none` is where an image without a board lies."""
    return list(dict.fromkeys(image.board_id or "none" for image in images))
