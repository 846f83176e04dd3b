"""The operations under /api/v1/videos, from 6.14."""

from aiohttp import web

from sandbox.invokeai.auth_routes import Gate
from sandbox.invokeai.boards import Boards
from sandbox.invokeai.operations import Refused, answer, read_body
from sandbox.invokeai.parameters import VideoBoardBody, VideoNamesBody
from sandbox.invokeai.videos import StoredVideo, VideoNotFound, VideoStore, first_frame

CACHED = {"cache-control": "max-age=31536000"}


class VideoRoutes:
    """One method per operation."""

    def __init__(self, videos: VideoStore, boards: Boards, gate: Gate) -> None:
        self._videos = videos
        self._boards = boards
        self._gate = gate

    async def dto(self, request: web.Request) -> web.Response:
        return answer(self._video(request).as_json())

    async def metadata(self, request: web.Request) -> web.Response:
        return answer(self._video(request).metadata)

    async def full(self, request: web.Request) -> web.Response:
        """Whole; ranges are for players."""
        video = self._video(request)
        disposition = {
            "content-disposition": f'inline; filename="{video.video_name}"',
            "accept-ranges": "bytes",
        }
        return web.Response(body=video.mp4, content_type="video/mp4", headers=CACHED | disposition)

    async def thumbnail(self, request: web.Request) -> web.Response:
        self._video(request)
        return web.Response(body=first_frame(), content_type="image/webp", headers=CACHED)

    async def delete(self, request: web.Request) -> web.Response:
        video = self._own(request)
        self._videos.delete(video.video_name)
        return self._deleted([video])

    async def delete_many(self, request: web.Request) -> web.Response:
        """Strangers' and unknown names are left out of the answer, as in the two below."""
        deleted = await self._named(request)
        for video in deleted:
            self._videos.delete(video.video_name)
        return self._deleted(deleted)

    async def star(self, request: web.Request) -> web.Response:
        return await self._star(request, "starred_videos", starred=True)

    async def unstar(self, request: web.Request) -> web.Response:
        return await self._star(request, "unstarred_videos", starred=False)

    async def move(self, request: web.Request) -> web.Response:
        """One video; there is no list of them."""
        body = await read_body(VideoBoardBody, request)
        if body.board_id not in self._boards:
            raise Refused(404, "Board not found")
        known = self._videos.known([body.video_name])
        if not known:
            raise Refused(500, "Failed to add video to board")
        [video] = known
        if not self._gate.viewer(request).may_see(video.user):
            raise Refused(403, "Not authorized to move this video")
        boards = list(dict.fromkeys([body.board_id, video.board_id or "none"]))
        video.board_id = body.board_id
        return answer({"affected_boards": boards, "added_videos": [video.video_name]})

    async def _star(self, request: web.Request, word: str, *, starred: bool) -> web.Response:
        videos = await self._named(request)
        for video in videos:
            video.starred = starred
        return answer(
            {
                "affected_boards": _boards(videos),
                word: [one.video_name for one in videos],
                "failed_videos": [],
            }
        )

    def _deleted(self, videos: list[StoredVideo]) -> web.Response:
        names = [video.video_name for video in videos]
        return answer({"affected_boards": _boards(videos), "deleted_videos": names, "failed_videos": []})

    async def _named(self, request: web.Request) -> list[StoredVideo]:
        user = self._gate.viewer(request)
        names = (await read_body(VideoNamesBody, request)).video_names
        return [video for video in self._videos.known(names) if user.may_see(video.user)]

    def _video(self, request: web.Request) -> StoredVideo:
        video = self._find(request, "Not Found")
        if not self._gate.viewer(request).may_see(video.user):
            raise Refused(403, "Not authorized to access this video")
        return video

    def _own(self, request: web.Request) -> StoredVideo:
        video = self._find(request, "Video not found")
        if not self._gate.viewer(request).may_see(video.user):
            raise Refused(403, "Not authorized to modify this video")
        return video

    def _find(self, request: web.Request, missing: str) -> StoredVideo:
        try:
            return self._videos.find(request.match_info["video_name"])
        except VideoNotFound as error:
            raise Refused(404, missing) from error


def _boards(videos: list[StoredVideo]) -> list[str]:
    return list(dict.fromkeys(video.board_id or "none" for video in videos))
