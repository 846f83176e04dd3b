"""Boards: names under which images lie. An image without one lies on `none`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.invokeai.images import StoredImage
from sandbox.invokeai.item import stamp

Json = dict[str, Any]


@dataclass
class Board:
    board_id: str
    board_name: str
    created_at: str

    def as_json(self, images: Sequence[StoredImage]) -> Json:
        """`images` are those on it, oldest first."""
        return {
            "board_id": self.board_id,
            "board_name": self.board_name,
            "user_id": "system",
            "created_at": self.created_at,
            "updated_at": self.created_at,
            "deleted_at": None,
            "cover_image_name": images[-1].image_name if images else None,
            "archived": False,
            "board_visibility": "private",
            "cover_video_name": None,
            "image_count": len(images),
            "video_count": 0,
            "asset_count": 0,
            "owner_username": None,
        }


class Boards:
    def __init__(self, *, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._clock = clock
        self._new_id = new_id
        self._boards: dict[str, Board] = {}

    def create(self, name: str) -> Board:
        """Two boards may have the same name."""
        board = Board(self._new_id(), name, stamp(self._clock()))
        self._boards[board.board_id] = board
        return board

    def clear(self) -> None:
        self._boards.clear()

    def __contains__(self, board_id: str) -> bool:
        return board_id in self._boards

    def listed(self, *, newest_first: bool) -> list[Board]:
        boards = list(self._boards.values())
        return boards[::-1] if newest_first else boards
