"""What the operations take, beside the batch: paths, queries and bodies."""

from enum import Enum
from typing import Annotated

from pydantic import BaseModel, Field

from sandbox.invokeai.graph import Batch
from sandbox.invokeai.item import Status


class EnqueueBody(BaseModel):
    batch: Batch
    prepend: bool = False


class ItemIdsBody(BaseModel):
    item_ids: list[int] = Field(max_length=1000)


class BatchIdsBody(BaseModel):
    batch_ids: list[str]


class ImageNamesBody(BaseModel):
    image_names: list[str]


class ItemIdPath(BaseModel):
    item_id: int


class OrderDir(Enum):
    ASC = "ASC"
    DESC = "DESC"


class OrderQuery(BaseModel):
    order_dir: OrderDir = OrderDir.DESC


class ImagesQuery(BaseModel):
    is_intermediate: bool | None = None
    offset: int = 0
    limit: int = 10
    order_dir: OrderDir = OrderDir.DESC
    starred_first: bool = True


class UploadQuery(BaseModel):
    image_category: str
    is_intermediate: bool


class ListQuery(BaseModel):
    """`priority`: that of the last item of the page before; the documented API has `offset` in its place."""

    status: Status | None = None
    limit: int = 50
    cursor: int | None = None
    priority: int = 0
    offset: int = 0


class LoginBody(BaseModel):
    email: str
    password: str
    remember_me: bool = False


class DestinationQuery(BaseModel):
    destination: str


class BoardImageBody(BaseModel):
    board_id: str
    image_name: str


class BoardImagesBody(BaseModel):
    board_id: str
    image_names: list[str] = Field(max_length=1000)


class ImageNameBody(BaseModel):
    image_name: str


class VideoNamesBody(BaseModel):
    video_names: list[Annotated[str, Field(max_length=255)]] = Field(max_length=1000)


class VideoBoardBody(BaseModel):
    board_id: str
    video_name: str


class BoardNameQuery(BaseModel):
    board_name: str = Field(max_length=300)


class BoardsQuery(BaseModel):
    order_by: str = "created_at"
    direction: OrderDir = OrderDir.DESC
    all: bool | None = None
    offset: int | None = None
    limit: int | None = None
    include_archived: bool = False
