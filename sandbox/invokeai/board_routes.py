"""The operations under /api/v1/boards and /api/v1/board_images, and the one that frees the models' memory."""

from aiohttp import web

from sandbox.invokeai.boards import Boards
from sandbox.invokeai.images import ImageStore
from sandbox.invokeai.operations import Refused, answer, read_body, read_query
from sandbox.invokeai.parameters import (
    BoardImageBody,
    BoardImagesBody,
    BoardNameQuery,
    BoardsQuery,
    ImageNameBody,
    OrderDir,
)
from sandbox.invokeai.versions import Version


class BoardRoutes:
    """One method per operation."""

    def __init__(self, boards: Boards, images: ImageStore, version: Version) -> None:
        self._version = version
        self._boards = boards
        self._images = images

    async def create(self, request: web.Request) -> web.Response:
        board = self._boards.create(read_query(BoardNameQuery, request).board_name)
        return answer(board.as_json([]), 201)

    async def listed(self, request: web.Request) -> web.Response:
        """A list with `all`, else a page; without either it is refused, as in 6.14.2."""
        query = read_query(BoardsQuery, request)
        boards = [
            board.as_json(self._images.on_board(board.board_id)) | {"owner_username": "System"}
            for board in self._boards.listed(newest_first=query.direction is OrderDir.DESC)
        ]
        if query.all:
            return answer(boards)
        if query.offset is None or query.limit is None:
            raise Refused(400, "Invalid request: Must provide either 'all' or both 'offset' and 'limit'")
        page = boards[query.offset : query.offset + query.limit]
        told = {"limit": query.limit, "offset": query.offset, "total": len(boards), "items": page}
        return answer(told)

    async def add(self, request: web.Request) -> web.Response:
        body = await read_body(BoardImageBody, request)
        self._check(body.board_id)
        if not self._images.known([body.image_name]):
            raise Refused(500, "Failed to add image to board")
        return self._moved([body.image_name], body.board_id)

    async def add_many(self, request: web.Request) -> web.Response:
        """Unknown names are left out of the answer."""
        body = await read_body(BoardImagesBody, request)
        self._check(body.board_id)
        known = self._images.known(list(dict.fromkeys(body.image_names)))
        return self._moved([image.image_name for image in known], body.board_id)

    async def remove(self, request: web.Request) -> web.Response:
        name = (await read_body(ImageNameBody, request)).image_name
        if not self._images.known([name]):
            raise Refused(500, "Failed to remove image from board")
        image = self._images.find(name)
        before, image.board_id = image.board_id or "none", None
        told = {"affected_boards": [before, "none"], "removed_images": [name], "failed_images": []}
        return answer(told, 201)

    async def models(self, _request: web.Request) -> web.Response:
        """There are none: no node of the sandbox needs one."""
        return answer({"models": []})

    async def empty_model_cache(self, _request: web.Request) -> web.Response:
        """There are no models here; the answer is the same."""
        return answer(None)

    def _check(self, board_id: str) -> None:
        if board_id not in self._boards:
            raise Refused(404, "Board not found")

    def _moved(self, names: list[str], board_id: str) -> web.Response:
        images = [self._images.find(name) for name in names]
        before = [image.board_id or "none" for image in images]
        for image in images:
            image.board_id = board_id
        if not self._version.tells_affected_boards:
            return answer({"board_id": board_id, "added_image_names": names}, 201)
        boards = list(dict.fromkeys([*before, board_id])) if images else []
        return answer({"affected_boards": boards, "added_images": names, "failed_images": []}, 201)
