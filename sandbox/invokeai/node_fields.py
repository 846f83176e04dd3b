"""What stands in the fields of nodes, as in 6.14.2's OpenAPI."""

from pydantic import BaseModel, Field


class ImageField(BaseModel):
    image_name: str


class BoardField(BaseModel):
    board_id: str


class ColorField(BaseModel):
    r: int = Field(ge=0, le=255)
    g: int = Field(ge=0, le=255)
    b: int = Field(ge=0, le=255)
    a: int = Field(ge=0, le=255)


class ModelIdentifierField(BaseModel):
    key: str
    hash: str
    name: str
    base: str
    type: str
    submodel_type: str | None = None
