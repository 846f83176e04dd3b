"""A saved workflow is opened and becomes a batch: what InvokeAI is asked, and what is refused before."""

import random
from collections.abc import AsyncIterator
from copy import deepcopy
from typing import Any

import aiohttp
import pytest
from invokeai_stand_in import StandIn
from test_invokeai_workflow_calls import LISTED, MORE
from workflow_files import saved

from bot.domain.jobs import Board
from bot.domain.workflows import FieldKind
from bot.errors import RequestRefused
from bot.invokeai.account import Account
from bot.invokeai.connection import Connection
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import Http, Patience
from bot.invokeai.workflows.runs import WorkflowRuns

WORKFLOWS = "/api/v1/workflows/"
XL = {"key": "k1", "name": "Juggernaut", "base": "sd-1", "type": "main", "hash": "blake3:1"}


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    stand_in.operations |= MORE
    stand_in.answers["/api/v2/models/"] = {"models": [XL]}
    async with stand_in.served():
        yield stand_in


@pytest.fixture
async def runs(server: StandIn) -> AsyncIterator[WorkflowRuns]:
    async def boards() -> list[Board]:
        return [Board("b1", "Foxes")]

    async with aiohttp.ClientSession() as session:
        http = Http(session, Endpoint(server.url), Patience(pause=0, max_pause=0))
        connection = Connection(http, Account(http, None, None, lambda: 0), "studio", "default")
        yield WorkflowRuns(connection, boards, random.Random(1))


def save(server: StandIn, raw: dict[str, Any], workflow_id: str = "w1") -> None:
    server.answers[f"{WORKFLOWS}i/{workflow_id}"] = {"workflow_id": workflow_id, "workflow": raw}


async def test_a_workflow_is_opened_with_what_there_is_to_choose_from(
    server: StandIn, runs: WorkflowRuns
) -> None:
    save(server, saved("exposed-fields"))
    opened = await runs.open("w1")
    chosen = {each.about.kind: [one.label for one in each.options] for each in opened.questions}
    assert chosen[FieldKind.MODEL] == ["Juggernaut"]
    assert chosen[FieldKind.BOARD] == ["Auto", "None", "Foxes"]
    assert opened.name == "exposed fields"


async def test_what_no_field_asks_for_is_not_asked_of_invokeai(server: StandIn, runs: WorkflowRuns) -> None:
    save(server, saved("form"))
    await runs.open("w1")
    assert "GET /api/v2/models/" not in server.asked


async def test_a_name_opens_the_one_workflow_that_has_it(server: StandIn, runs: WorkflowRuns) -> None:
    save(server, saved("form"))
    server.answers[WORKFLOWS] = {"items": [LISTED, {**LISTED, "workflow_id": "w2", "name": "Portraits"}]}
    assert (await runs.open("portrait ")).id == "w1"
    with pytest.raises(RequestRefused, match="no workflow of that name"):
        await runs.open("landscape")
    server.answers[WORKFLOWS] = {"items": [LISTED, {**LISTED, "workflow_id": "w2"}]}
    with pytest.raises(RequestRefused, match="several workflows of that name"):
        await runs.open("Portrait")


async def test_after_what_was_opened_come_saved_workflows_then_shipped_ones(
    server: StandIn, runs: WorkflowRuns
) -> None:
    told = [("new", "default", "2026"), ("old", "user", "2025"), ("a", "default", None), ("b", "user", None)]
    items = [
        {**LISTED, "workflow_id": name, "category": category, "opened_at": opened}
        for name, category, opened in told
    ]
    server.answers[WORKFLOWS] = {"items": items}
    assert [each.id for each in await runs.find("")] == ["new", "old", "b", "a"]


async def test_a_workflow_that_can_t_be_read_is_left_out(server: StandIn, runs: WorkflowRuns) -> None:
    server.answers[WORKFLOWS] = {"items": [{"workflow_id": 7}, LISTED, "odd"]}
    assert [each.id for each in await runs.find("")] == ["w1"]


async def test_what_was_typed_becomes_a_batch_and_a_form_that_changed_is_refused(
    server: StandIn, runs: WorkflowRuns
) -> None:
    raw = saved("form")
    save(server, raw)
    opened = await runs.open("w1")
    body = await runs.batch(opened, {"positive::prompt": "a hen", "denoise::steps": "7"})
    nodes = body.batch["graph"]["nodes"]
    assert (nodes["positive"]["prompt"], nodes["denoise"]["steps"]) == ("a hen", 7)
    with pytest.raises(RequestRefused, match=r"“Steps” takes a whole number"):
        await runs.batch(opened, {"denoise::steps": "many"})
    changed = deepcopy(raw)
    changed["form"]["elements"]["row"]["data"]["children"] = ["prompt"]
    save(server, changed)
    with pytest.raises(RequestRefused, match="changed this workflow since"):
        await runs.batch(opened, {})


async def test_a_batch_node_that_only_invokeai_s_page_can_feed_is_refused_before_the_form(
    server: StandIn, runs: WorkflowRuns
) -> None:
    nodes = [
        {"id": "words", "type": "invocation", "data": {"type": "string_split", "label": "Words"}},
        {"id": "each", "type": "invocation", "data": {"type": "string_batch", "label": "Each"}},
    ]
    wire = {"type": "default", "source": "words", "sourceHandle": "all", "target": "each"}
    save(server, {"nodes": nodes, "edges": [{**wire, "targetHandle": "strings"}]})
    with pytest.raises(RequestRefused, match="batch node “Each” gets its items from the node “Words”"):
        await runs.open("w1")


async def test_a_generator_that_can_t_be_told_is_refused_before_the_form(
    server: StandIn, runs: WorkflowRuns
) -> None:
    nodes = [
        {"id": "g", "type": "invocation", "data": {"type": "string_generator", "label": "Dice"}},
        {"id": "b", "type": "invocation", "data": {"type": "string_batch"}},
    ]
    wire = {"type": "default", "source": "g", "sourceHandle": "strings", "target": "b"}
    save(server, {"nodes": nodes, "edges": [{**wire, "targetHandle": "strings"}]})
    with pytest.raises(RequestRefused, match="what the node “Dice” generates"):
        await runs.open("w1")
