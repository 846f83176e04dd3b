from dataclasses import replace

import pytest
from render_examples import PNG, completions, job, pictures

from bot.domain.jobs import Job
from bot.render.deletions import MAX_NOTES, Deletion, Posted, after
from bot.render.message import ActionRow, Button, Menu, Notice
from bot.render.notices import SHEET, Picture, completed


def deletion(number: int, *, from_posts: bool = True) -> Deletion:
    return Deletion("default", number, 7, from_posts)


def posted(notice: Notice, *, spoiler: bool = False) -> Posted:
    prefix = "SPOILER_" if spoiler else ""
    return Posted(
        notice.content,
        tuple(embed.description or "" for embed in notice.embeds),
        tuple(prefix + file.name for file in notice.files),
        notice.rows,
    )


def album(*jobs: Job, spoiler: bool = False) -> Posted:
    events = [event for each in jobs for event in completions(each)]
    return posted(completed(events, pictures(*jobs)), spoiler=spoiler)


def pressed(post: Posted) -> list[Button]:
    return [button for row in post.rows if isinstance(row, ActionRow) for button in row.buttons]


def emoji_or_label(button: Button) -> str | None:
    return button.label or button.emoji


@pytest.mark.parametrize("images", [1, 3])
def test_of_a_lone_job_nothing_is_left_but_who_deleted_it(images: int) -> None:
    assert after(album(job(812, images=images)), deletion(812)) == Posted(
        "🗑️ #812 deleted by <@7>", (), (), ()
    )


@pytest.mark.parametrize("spoiler", [False, True])
def test_an_album_loses_that_jobs_pictures_its_line_and_its_place_in_the_menu(spoiler: bool) -> None:
    jobs = [job(81, prompt="a hen"), job(812, prompt="a fox", images=2), job(8, prompt="812 owls")]
    before = album(*jobs, spoiler=spoiler)
    post = after(before, deletion(812))
    assert post.content == f"{before.content}\n🗑️ #812 deleted by <@7>"
    assert [name.removeprefix("SPOILER_") for name in post.files] == ["8-812-owls.png", "81-a-hen.png"]
    assert "a fox" not in post.texts[0]
    assert "**#81**" in post.texts[0]
    [menu] = [row for row in post.rows if isinstance(row, Menu)]
    assert [option.value for option in menu.options] == ["8", "81"]


def test_an_album_whose_last_job_is_deleted_keeps_only_who_deleted_them() -> None:
    post = album(job(81), job(812))
    for number in (81, 812):
        post = after(post, deletion(number))
    assert post == Posted("🗑️ #81 deleted by <@7>\n🗑️ #812 deleted by <@7>", (), (), ())


def test_a_contact_sheet_goes_as_a_whole_since_it_shows_every_picture() -> None:
    jobs = [job(number) for number in range(801, 826)]
    events = [event for each in jobs for event in completions(each)]
    before = posted(completed(events, {SHEET: Picture(SHEET, PNG)}))
    assert before.files == ("801-825-contact-sheet.jpg",)
    post = after(before, deletion(812))
    assert post.files == ()
    [menu] = [row for row in post.rows if isinstance(row, Menu)]
    assert len(menu.options) == 24


def test_a_picture_that_stays_in_discord_loses_the_buttons_that_need_the_image() -> None:
    before = album(job(812))
    post = after(before, deletion(812, from_posts=False))
    assert post == replace(
        before, content=f"{before.content}\n🗑️ #812 deleted in InvokeAI by <@7>", rows=post.rows
    )
    assert [emoji_or_label(one) for one in pressed(before)] == ["Again", "Tweak…", "⭐", "More"]
    assert [emoji_or_label(one) for one in pressed(post)] == ["Again", "Tweak…", "More"]
    assert after(post, deletion(812)).files == ()


def test_a_second_deletion_of_the_same_job_is_not_listed_twice() -> None:
    once = after(album(job(812)), deletion(812, from_posts=False))
    assert after(once, deletion(812, from_posts=False)) == once


def test_so_many_deletions_are_listed_and_no_more() -> None:
    post = album(*(job(number) for number in range(1, 11)))
    for number in range(1, 31):
        post = after(post, deletion(number, from_posts=False))
    assert post.content.count("🗑️") == MAX_NOTES
    assert post.content.endswith("#30 deleted in InvokeAI by <@7>")
