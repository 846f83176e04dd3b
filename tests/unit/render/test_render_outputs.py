"""What a notice says of a job that made something else than pictures, or nothing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render_examples import PNG, completions, job

from bot.domain.events import EventKind, JobEvent
from bot.domain.jobs import Job, JobStatus, Output, OutputKind, Purpose
from bot.images.picture import Picture
from bot.render.message import ActionRow, Notice
from bot.render.notices import completed
from bot.render.outputs import MAX_TEXT, made_besides, text_fields
from bot.render.presentation import Presentation, redacted
from bot.render.text import Spoiler, units

PICTURE, VIDEO, TEXT, NUMBER = OutputKind


def made(*outputs: Output, images: int = 0) -> Job:
    return replace(job(images=images), outputs=outputs)


def told(done: Job, manner: Presentation | None = None) -> Notice:
    events = redacted([JobEvent(EventKind.COMPLETED, done)], manner or Presentation())
    return completed([event for event in events if isinstance(event, JobEvent)], {})


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ((), ""),
        ((Output(VIDEO, "a.mp4"),), "1 video"),
        ((Output(VIDEO, "a.mp4"), Output(VIDEO, "b.mp4")), "2 videos"),
        ((Output(TEXT, text="A fox.\nIt is *red*."),), "“A fox. It is \\*red\\*.”"),
        ((Output(TEXT, text="A fox."), Output(TEXT, text="A bird.")), "2 texts"),
        ((Output(NUMBER, text="7"), Output(NUMBER, text="0.5")), "7, 0.5"),
        ((Output(PICTURE, "a.png", staged=True),), "1 image staged in the canvas"),
        ((Output(PICTURE),), "no image"),
        ((Output(VIDEO),), "no video"),
        ((Output(PICTURE, deleted=True), Output(PICTURE, deleted=True)), "2 images deleted"),
        ((Output(PICTURE, deleted=True), Output(VIDEO, deleted=True)), "image deleted · video deleted"),
        ((Output(VIDEO, "a.mp4"), Output(TEXT, text="A fox.")), "1 video · “A fox.”"),
    ],
)
def test_what_a_job_made_besides_pictures_stands_on_its_line(outputs: tuple[Output, ...], said: str) -> None:
    assert made_besides(made(*outputs)) == said
    middle = f" · {said}" if said else ""
    assert told(made(*outputs)).content == f"✅ “red fox in snow”{middle} · 8.6 s · #812"


def test_what_a_job_made_besides_its_pictures_is_told_with_the_first_of_them() -> None:
    done = made(Output(PICTURE, "812-0.png"), Output(VIDEO, "a.mp4"), images=2)
    given = {name: Picture(name, PNG) for name in done.images}
    assert " · 1 video · " in completed(completions(done, [0]), given).content
    assert "video" not in completed(completions(done, [1]), given).content


def test_in_an_album_each_job_says_what_it_made() -> None:
    jobs = [replace(made(Output(VIDEO, "a.mp4")), number=number) for number in (812, 813)]
    notice = completed([JobEvent(EventKind.COMPLETED, each) for each in jobs], {})
    assert (notice.embeds[0].description or "").count("1 video") == 2


def test_a_text_that_the_line_has_cut_stands_below_it() -> None:
    [field] = told(made(Output(TEXT, text="A fox. " * 30))).embeds[0].fields
    assert field.name == "Text"
    assert field.value.startswith("A fox. A fox.")
    assert told(made(Output(TEXT, text="A fox."))).embeds[0].fields == ()


def test_several_texts_stand_below_the_line() -> None:
    [field] = told(made(Output(TEXT, text="A fox."), Output(TEXT, text="A bird."))).embeds[0].fields
    assert (field.name, field.value) == ("Texts", "A fox.\n\nA bird.")


def test_a_text_is_scrubbed() -> None:
    secret = Output(TEXT, text="my token=hf_abcdefghijklmnop " * 10)
    notice = told(made(secret))
    assert "hf_abc" not in f"{notice}"


def test_a_text_is_hidden_as_the_prompt_is() -> None:
    text = "a crimson castle " * 10
    hidden = told(made(Output(TEXT, text=text), Output(VIDEO, "a.mp4")), Presentation(hide_prompts=True))
    assert hidden.content == "✅ Done in 8.6 s · 1 video · 1 text · #812"
    assert "castle" not in f"{hidden}"


def test_a_text_is_veiled_as_the_prompt_is() -> None:
    notice = told(made(Output(TEXT, text="a crimson castle " * 10)), Presentation(spoiler=True))
    assert " · ||“a crimson castle" in notice.content
    assert notice.embeds[0].fields[0].value.startswith("||")
    assert notice.embeds[0].fields[0].value.endswith("||")


def test_a_job_without_a_recipe_has_its_text_hidden_as_well() -> None:
    done = replace(made(Output(TEXT, text="a crimson castle")), recipe=None)
    assert told(done, Presentation(hide_prompts=True)).content == "✅ Done in 8.6 s · 1 text · #812"


@given(st.lists(st.tuples(st.text(max_size=3000), st.booleans()), max_size=20))
def test_texts_of_any_kind_and_number_keep_the_limit_and_their_bars(texts: list[tuple[str, bool]]) -> None:
    outputs = (Output(TEXT, text=Spoiler(text) if veiled else text) for text, veiled in texts)
    for field in text_fields(made(*outputs)):
        assert 0 < units(field.value) <= MAX_TEXT
        assert field.value.count("||") % 2 == 0


@pytest.mark.parametrize(
    ("status", "purpose", "interrupted", "silent"),
    [
        (JobStatus.COMPLETED, Purpose.FINAL, False, False),
        (JobStatus.COMPLETED, Purpose.STAGING, False, True),
        (JobStatus.CANCELED, Purpose.UTILITY, False, True),
        (JobStatus.CANCELED, Purpose.STAGING, True, False),
        (JobStatus.FAILED, Purpose.UTILITY, False, False),
        (JobStatus.IN_PROGRESS, Purpose.STAGING, False, False),
    ],
)
def test_the_end_of_what_no_person_waits_for_is_silent_unless_it_failed(
    status: JobStatus, purpose: Purpose, interrupted: bool, silent: bool
) -> None:
    assert replace(job(status=status), purpose=purpose, interrupted=interrupted).silent is silent


def test_a_staged_picture_is_posted_and_left_to_the_canvas() -> None:
    output = Output(OutputKind.PICTURE, "staged.png", staged=True)
    staged = replace(job(), purpose=Purpose.STAGING, images=("staged.png",), outputs=(output,))
    event = JobEvent(EventKind.COMPLETED, staged, image=0)
    made = completed([event], {"staged.png": Picture("staged.png", PNG)})
    assert "1 image staged in the canvas" in made.content
    assert [file.data for file in made.files] == [PNG]
    labels = [button.label for row in made.rows if isinstance(row, ActionRow) for button in row.buttons]
    assert labels == ["Again", "Tweak…", "More"]


MP4 = b"\0\0\0\x20ftypisom" + b"\0" * 24


def filmed(*names: str) -> Job:
    return replace(
        job(), images=names, outputs=tuple(Output(OutputKind.VIDEO, name, size=(64, 48)) for name in names)
    )


def test_a_video_is_a_file_that_plays() -> None:
    done = filmed("a.mp4")
    notice = completed(completions(done, [0]), {"a.mp4": Picture("a.mp4", MP4)})
    [file] = notice.files
    assert file.name.startswith("812-")
    assert file.name.endswith(".mp4")
    assert " · 1 video · " in notice.content


def test_the_first_frame_of_a_video_that_does_not_fit_says_why() -> None:
    frame = Picture("a.mp4", PNG, None, "only its first frame. It has 45 MB.")
    notice = completed(completions(filmed("a.mp4"), [0]), {"a.mp4": frame})
    [file] = notice.files
    assert file.name.endswith(".png")
    assert "only its first frame. It has 45 MB." in notice.embeds[0].fields[0].value


def test_a_video_that_is_gone_is_called_a_video() -> None:
    notice = completed(completions(filmed("a.mp4"), [0]), {"a.mp4": Picture("a.mp4", None, "it is gone")})
    assert " · video missing · " in notice.content


@pytest.mark.parametrize(
    ("names", "head"),
    [(("a.mp4", "b.mp4"), "✅ 3 videos"), (("a.mp4", "b.png"), "✅ 1 image and 2 videos")],
    ids=["videos", "both"],
)
def test_an_album_counts_its_videos(names: tuple[str, ...], head: str) -> None:
    jobs = [filmed(*names), replace(filmed("c.mp4"), number=813)]
    events = [event for each in jobs for event in completions(each, range(len(each.images)))]
    assert completed(events, {}).content.startswith(head)


def test_a_part_of_a_job_s_videos_says_which() -> None:
    three = filmed("a.mp4", "b.mp4", "c.mp4")
    given = {name: Picture(name, MP4) for name in three.images}
    assert completed(completions(three, [1]), given).content == (
        "✅ “red fox in snow” · 1 video · 8.6 s · #812 (2 of 3)"
    )
