"""The operations under /api/v1/images, and the small ones beside them."""

from aiohttp import web

from sandbox.invokeai.images import ImageNotFound, ImageStore, StoredImage, urls
from sandbox.invokeai.invoking import APP_VERSION
from sandbox.invokeai.operations import Refused, answer, read_body, read_query
from sandbox.invokeai.parameters import ImageNamesBody, ImagesQuery, OrderDir

CACHED = {"cache-control": "max-age=31536000"}


class ImageRoutes:
    """One method per operation."""

    def __init__(self, images: ImageStore) -> None:
        self._images = images

    async def dto(self, request: web.Request) -> web.Response:
        return answer(self._image(request).as_json())

    async def metadata(self, request: web.Request) -> web.Response:
        return answer(self._image(request).metadata)

    async def workflow(self, request: web.Request) -> web.Response:
        image = self._image(request)
        return answer({"workflow": image.workflow, "graph": image.graph})

    async def urls(self, request: web.Request) -> web.Response:
        """Made from the name alone: unknown names get theirs too."""
        return answer(urls(request.match_info["image_name"]))

    async def full(self, request: web.Request) -> web.Response:
        image = self._image(request)
        disposition = {"content-disposition": f'inline; filename="{image.image_name}"'}
        return web.Response(body=image.png, content_type="image/png", headers=CACHED | disposition)

    async def thumbnail(self, request: web.Request) -> web.Response:
        return web.Response(body=self._image(request).thumbnail, content_type="image/webp", headers=CACHED)

    async def delete(self, request: web.Request) -> web.Response:
        try:
            name = self._images.find(request.match_info["image_name"]).image_name
        except ImageNotFound as error:
            raise Refused(404, "Image not found") from error
        return self._deleted([name])

    async def delete_many(self, request: web.Request) -> web.Response:
        """Unknown names are left out of the answer."""
        return self._deleted((await read_body(ImageNamesBody, request)).image_names)

    async def star(self, request: web.Request) -> web.Response:
        names = self._images.star((await read_body(ImageNamesBody, request)).image_names, starred=True)
        return answer({"affected_boards": self._boards(names), "starred_images": names, "failed_images": []})

    async def unstar(self, request: web.Request) -> web.Response:
        names = self._images.star((await read_body(ImageNamesBody, request)).image_names, starred=False)
        return answer(
            {"affected_boards": self._boards(names), "unstarred_images": names, "failed_images": []}
        )

    async def listed(self, request: web.Request) -> web.Response:
        query = read_query(ImagesQuery, request)
        images = self._images.listed(
            is_intermediate=query.is_intermediate,
            starred_first=query.starred_first,
            newest_first=query.order_dir is OrderDir.DESC,
        )
        items = [image.as_json() for image in images[query.offset : query.offset + query.limit]]
        return answer({"limit": query.limit, "offset": query.offset, "total": len(images), "items": items})

    async def version(self, _request: web.Request) -> web.Response:
        return answer({"version": APP_VERSION})

    async def auth_status(self, _request: web.Request) -> web.Response:
        return answer(
            {
                "setup_required": False,
                "multiuser_enabled": False,
                "strict_password_checking": False,
                "admin_email": None,
            }
        )

    def _image(self, request: web.Request) -> StoredImage:
        try:
            return self._images.find(request.match_info["image_name"])
        except ImageNotFound as error:
            raise Refused(404, "Not Found") from error

    def _boards(self, names: list[str]) -> list[str]:
        """The boards of those images, each once; `none` is where an image without a board lies."""
        return list(dict.fromkeys(self._images.find(name).board_id or "none" for name in names))

    def _deleted(self, names: list[str]) -> web.Response:
        boards = self._boards([name for name in names if self._images.has(name)])
        deleted = self._images.delete(names)
        return answer({"affected_boards": boards, "deleted_images": deleted, "failed_images": []})
