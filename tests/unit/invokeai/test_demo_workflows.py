"""The demo's workflows: each asks for what it is meant to show, and runs in the demo's InvokeAI."""

from bot.domain.workflows import FieldKind, Form
from bot.invokeai.workflows.conversion import to_batch
from bot.invokeai.workflows.editor import EditorWorkflow
from bot.invokeai.workflows.filling import fill
from bot.invokeai.workflows.form import form_of
from bot.invokeai.workflows.node_types import released_nodes
from bot.invokeai.workflows.reading import Offered
from sandbox.invokeai.graph import Batch
from sandbox.invokeai.shipped import shipped

TYPES = released_nodes("6.14.2")


def forms() -> dict[str, tuple[EditorWorkflow, Form]]:
    read = {each["name"]: EditorWorkflow.read(each) for each in shipped(1)}
    return {name: (one, form_of(one, TYPES)) for name, one in read.items()}


def test_they_show_each_kind_of_field() -> None:
    kinds = {name: [each.kind for each in form.fields] for name, (_, form) in forms().items()}
    text, choice, board = FieldKind.TEXT, FieldKind.CHOICE, FieldKind.BOARD
    assert kinds == {
        "Postcard": [text, choice, FieldKind.WHOLE_NUMBER, FieldKind.WHOLE_NUMBER, board],
        "Soft focus": [FieldKind.IMAGE, FieldKind.NUMBER, choice],
        "Series": [FieldKind.TEXTS, *[FieldKind.WHOLE_NUMBER] * 4, board],
    }


def test_each_becomes_a_batch_that_the_demo_s_invokeai_takes() -> None:
    jobs: dict[str, int] = {}
    for name, (made, form) in forms().items():
        image = {each.key: "a.png" for each in form.fields if each.kind is FieldKind.IMAGE}
        filled = fill(made, form, image, Offered())
        assert isinstance(filled, EditorWorkflow), filled
        body = to_batch(filled, types=TYPES)
        jobs[name] = len(Batch.model_validate(body.batch).combinations)
        assert body.jobs == jobs[name]
    assert jobs == {"Postcard": 1, "Soft focus": 1, "Series": 3}
