"""The table of what InvokeAI's releases can do."""

import pytest
from invokeai_answers import NEWEST, openapi

from bot.invokeai.compatibility import (
    ALL_IDS,
    ITEMS_BY_IDS,
    LIST,
    LIST_ALL,
    SUMMARIES_BY_IDS,
)
from bot.invokeai.known_operations import released
from bot.invokeai.operations import AUTH_STATUS, LOGIN, ME, SENTENCES, OpenApi, Operations

TRAITS = (LIST, LIST_ALL, ALL_IDS, ITEMS_BY_IDS, SUMMARIES_BY_IDS, AUTH_STATUS)


def of(version: str) -> Operations:
    table = released(version)
    assert table is not None
    return table


def test_the_newest_release_does_what_its_captured_document_says() -> None:
    document = Operations.from_openapi(OpenApi.model_validate(openapi())).to_lines()
    assert document.items() <= of(NEWEST.removeprefix("v")).to_lines().items()


@pytest.mark.parametrize(
    ("version", "traits"),
    [
        ("5.7.0", {LIST}),
        ("5.15.0", {LIST}),
        ("6.0.0", {LIST, LIST_ALL}),
        ("6.6.0", {LIST, LIST_ALL}),
        ("6.7.0", {LIST_ALL, ALL_IDS, ITEMS_BY_IDS}),
        ("6.11.1", {LIST_ALL, ALL_IDS, ITEMS_BY_IDS}),
        ("6.12.0", {LIST_ALL, ALL_IDS, ITEMS_BY_IDS, AUTH_STATUS}),
        ("6.13.8", {LIST_ALL, ALL_IDS, ITEMS_BY_IDS, AUTH_STATUS}),
        ("6.14.0", {LIST_ALL, ALL_IDS, ITEMS_BY_IDS, AUTH_STATUS, SUMMARIES_BY_IDS}),
        ("6.14.2", {LIST_ALL, ALL_IDS, ITEMS_BY_IDS, AUTH_STATUS, SUMMARIES_BY_IDS}),
    ],
)
def test_each_family_begins_where_the_documentation_says(version: str, traits: set[str]) -> None:
    assert {name for name in TRAITS if name in of(version)} == traits


@pytest.mark.parametrize("version", ["5.6.2", "6.13.4", "6.14.3", "7.0.0", "6.14", "", "6.14.2 "])
def test_what_is_no_release_is_not_in_the_table(version: str) -> None:
    assert released(version) is None


def test_every_operation_that_has_a_sentence_is_one_of_the_newest_release() -> None:
    assert all(name in of("6.14.2") for name in (*SENTENCES, LOGIN, ME))


def test_what_was_learnt_is_read_as_it_was_written() -> None:
    lines = of("6.9.0").to_lines()
    assert Operations.from_lines(lines).to_lines() == lines


@pytest.mark.parametrize("line", ["", "PUT", "PUT ", "FLY /api", "PUT api", " /api"])
def test_a_line_that_is_no_operation_is_left_out(line: str) -> None:
    assert "pause" not in Operations.from_lines({"pause": line})
