"""Answers about images whose one field has had several names."""

from pydantic import AliasChoices, Field

from bot.invokeai.models import Slice


class Starred(Slice):
    """POST images/star and images/unstar; one name for both up to 5.15."""

    names: list[str] = Field(
        validation_alias=AliasChoices("starred_images", "unstarred_images", "updated_image_names")
    )


class Moved(Slice):
    """POST board_images/batch; the second name up to 5.15."""

    names: list[str] = Field(validation_alias=AliasChoices("added_images", "added_image_names"))
