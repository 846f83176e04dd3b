"""The video store: MP4 files and their records (VideoDTO). Every film here is the same three seconds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.invokeai.item import stamp
from sandbox.invokeai.users import SYSTEM, User

Json = dict[str, Any]
WIDTH, HEIGHT, FRAMES, FPS = 320, 180, 36, 12.0


class VideoNotFound(Exception):
    """No video of this name."""


@cache
def clip() -> bytes:
    """H.264 in an MP4, 10 KB, without a word inside."""
    return Path(__file__).with_name("clip.mp4").read_bytes()


@cache
def first_frame() -> bytes:
    """Of the clip, as WebP."""
    return Path(__file__).with_name("clip.webp").read_bytes()


def film(words: str, padding: int) -> bytes:
    """The clip with these words in it, and larger by so many bytes. A player passes over such a box."""
    content = words.encode() + bytes(padding)
    return clip() + (len(content) + 8).to_bytes(4, "big") + b"free" + content


@dataclass
class StoredVideo:
    video_name: str
    mp4: bytes
    created_at: str
    is_intermediate: bool
    session_id: str
    node_id: str
    metadata: Json | None
    user: User = SYSTEM
    starred: bool = False
    board_id: str | None = None

    def as_json(self) -> Json:
        place = f"api/v1/videos/i/{self.video_name}"
        return {
            "video_name": self.video_name,
            "video_url": f"{place}/full",
            "thumbnail_url": f"{place}/thumbnail",
            "video_origin": "internal",
            "video_category": "general",
            "width": WIDTH,
            "height": HEIGHT,
            "duration": FRAMES / FPS,
            "fps": FPS,
            "created_at": self.created_at,
            "updated_at": self.created_at,
            "deleted_at": None,
            "is_intermediate": self.is_intermediate,
            "session_id": self.session_id,
            "node_id": self.node_id,
            "starred": self.starred,
            "has_workflow": True,
            "video_subfolder": "",
            "board_id": self.board_id,
        }


class VideoStore:
    def __init__(self, *, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._clock = clock
        self._new_id = new_id
        self._videos: dict[str, StoredVideo] = {}

    def add(
        self,
        mp4: bytes,
        *,
        is_intermediate: bool,
        session_id: str,
        node_id: str,
        metadata: Json | None,
        user: User = SYSTEM,
    ) -> StoredVideo:
        name, now = f"{self._new_id()}.mp4", stamp(self._clock())
        video = StoredVideo(name, mp4, now, is_intermediate, session_id, node_id, metadata, user)
        self._videos[name] = video
        return video

    def find(self, video_name: str) -> StoredVideo:
        try:
            return self._videos[video_name]
        except KeyError:
            raise VideoNotFound(video_name) from None

    def known(self, video_names: list[str]) -> list[StoredVideo]:
        """Each once."""
        return [self._videos[name] for name in dict.fromkeys(video_names) if name in self._videos]

    def delete(self, video_name: str) -> None:
        del self._videos[video_name]

    def clear(self) -> None:
        self._videos.clear()
