"""Jobs from before: many finished items at once, which share all that does not tell them apart."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from PIL import Image

from sandbox.invokeai import failures
from sandbox.invokeai.graph import Graph
from sandbox.invokeai.images import ImageStore, encode
from sandbox.invokeai.item import Item, stamp
from sandbox.invokeai.queue import SessionQueue
from sandbox.invokeai.session import Session
from sandbox.invokeai.studio import Studio

Json = dict[str, Any]
Finished = Literal["completed", "failed", "canceled"]
REGIONS = 25
"""Prompt nodes beside the drawing one; with them a completed session has the size of an SDXL job's."""


class History:
    def __init__(
        self,
        *,
        queue: SessionQueue,
        images: ImageStore,
        new_id: Callable[[], str],
        clock: Callable[[], datetime],
    ) -> None:
        self._queue = queue
        self._images = images
        self._new_id = new_id
        self._clock = clock

    def add(self, count: int, *, status: Finished, queue_id: str) -> list[int]:
        """The last one ended now, each other one a second earlier."""
        body: Json = Studio(random.Random(count)).one()["batch"]
        template = self._session(_with_regions(body["graph"]), status)
        error: tuple[str | None, str | None, str | None] = (None, None, None)
        if status == "failed":
            error = failures.told_to_fail(1, None).told({"use_cache": False})
        picture = encode(Image.new("RGB", (64, 64), "gray"), metadata=None, graph="{}", workflow=None)
        draws = next(
            prepared
            for prepared, source in template["prepared_source_mapping"].items()
            if source == "canvas_output:1"
        )
        now = self._clock()
        item_ids: list[int] = []
        for number in range(count):
            ended = now - timedelta(seconds=count - 1 - number)
            started = stamp(ended - timedelta(seconds=8))
            session = template | {"id": self._new_id()}
            if status == "completed":
                image = self._images.add(
                    picture,
                    is_intermediate=False,
                    session_id=session["id"],
                    node_id=draws,
                    metadata=None,
                    graph="{}",
                    workflow=None,
                )
                output = template["results"][draws] | {"image": {"image_name": image.image_name}}
                session["results"] = template["results"] | {draws: output}
            item = Item(
                item_id=self._queue.next_id(),
                queue_id=queue_id,
                batch_id=self._new_id(),
                session_id=session["id"],
                session=session,
                created_at=started,
                updated_at=stamp(ended),
                origin=body["origin"],
                destination=body["destination"],
                status=status,
                status_sequence=2,
                started_at=started,
                completed_at=stamp(ended),
                device="cpu",
            )
            item.error_type, item.error_message, item.error_traceback = error
            self._queue.insert_finished(item)
            item_ids.append(item.item_id)
        return item_ids

    def _session(self, graph: Json, status: Finished) -> Json:
        """As if it had run: outputs are made up, a failed one fell at its picture."""
        checked = Graph.model_validate(graph)
        checked.check()
        session = Session(self._new_id(), checked.model_dump(mode="json"), self._new_id(), self._new_id)
        while (prepared := session.next()) is not None:
            kind = prepared.node["type"]
            if kind == "sandbox_draw" and status != "completed":
                session.errors[prepared.id] = "RuntimeError: sandbox_draw was told to fail at step 1"
                break
            session.complete(prepared, _output(prepared.node))
        if status == "canceled":
            session.errors.clear()
        return session.as_json()


def _output(node: Json) -> Json:
    outputs: dict[str, Json] = {
        "integer": {"value": node.get("value"), "type": "integer_output"},
        "string": {"value": node.get("value"), "type": "string_output"},
        "core_metadata": {"metadata": {}, "type": "metadata_output"},
        "sandbox_draw": {"image": {}, "width": 64, "height": 64, "type": "image_output"},
    }
    return {"output_meta": None, **outputs[node["type"]]}


def _with_regions(graph: Json) -> Json:
    regions: Json = {
        f"region_prompt:{number}": {
            "id": f"region_prompt:{number}",
            "type": "string",
            "value": "soft morning light over a quiet valley, mist between the trees",
            "is_intermediate": True,
        }
        for number in range(REGIONS)
    }
    return graph | {"id": "history", "nodes": graph["nodes"] | regions}
