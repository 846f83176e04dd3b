"""What the gallery's routes answer: images, videos, boards."""

from pydantic import AliasChoices, Field

from bot.invokeai.models import Slice


class ImageRecord(Slice):
    starred: bool = False


class BoardRecord(Slice):
    board_id: str
    board_name: str
    archived: bool = False


class UploadedImage(Slice):
    image_name: str


class DeletedImages(Slice):
    deleted_images: list[str]


class DeletedVideos(Slice):
    deleted_videos: list[str]


class Starred(Slice):
    """POST images/star and images/unstar, one name for both up to 5.15; the same of videos."""

    names: list[str] = Field(
        validation_alias=AliasChoices(
            *("starred_images", "unstarred_images", "updated_image_names"),
            *("starred_videos", "unstarred_videos"),
        )
    )


class Moved(Slice):
    """POST board_images/batch, the second name up to 5.15; and POST videos/board."""

    names: list[str] = Field(
        validation_alias=AliasChoices("added_images", "added_image_names", "added_videos")
    )
