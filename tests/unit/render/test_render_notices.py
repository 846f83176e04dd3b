from dataclasses import replace

import pytest
from render_examples import FAILURE, MORNING, OF_A_SERVER, PNG, completions, job, pictures

from bot.domain.events import EventKind, JobEvent, ServerEvent
from bot.domain.failures import explain
from bot.domain.jobs import Failure, Job, JobStatus
from bot.render.job_numbers import numbers_in_runs
from bot.render.message import ActionRow, Colour, Embed, Field
from bot.render.notices import Picture, canceled, completed, dedup_marker, failed, interrupted, notice
from bot.render.recipes import NoticeContext


def embed_of(embeds: tuple[Embed, ...]) -> Embed:
    (embed,) = embeds
    return embed


def canceled_event(number: int, *, started: bool = False, prompt: str | None = None) -> JobEvent:
    return JobEvent(EventKind.CANCELED, job(number, JobStatus.CANCELED, started=started, prompt=prompt))


def test_one_finished_image_is_one_line_with_its_time_and_prompt() -> None:
    done = job()
    notice = completed(completions(done), pictures(done))
    assert notice.content == "✅ #812 done in 8.6 s · “red fox in snow”"
    assert notice.dedup_marker == "✅ #812 done"


def test_one_finished_image_stands_inside_an_embed_with_its_recipe_and_times() -> None:
    done = replace(job(), user=None)
    notice = completed(completions(done), pictures(done))
    assert embed_of(notice.embeds) == Embed(
        Colour.DONE,
        description=(
            "red fox in snow\n**Juggernaut XL v9** · 1024 × 768\n30 steps · CFG 7.5 · euler · seed `1234`"
        ),
        footer="waited 3.1 s · ran 8.6 s",
        timestamp=done.completed_at,
        image="812-red-fox-in-snow.png",
    )
    (file,) = notice.files
    assert (file.name, file.data, file.description) == ("812-red-fox-in-snow.png", PNG, "red fox in snow")


def test_one_job_of_several_images_is_an_album_that_counts_them() -> None:
    done = job(images=4)
    notice = completed(completions(done), pictures(done))
    assert notice.content == "✅ #812 done in 8.6 s · 4 images · “red fox in snow”"
    assert [file.name for file in notice.files] == [f"812-{n}-red-fox-in-snow.png" for n in (1, 2, 3, 4)]
    assert embed_of(notice.embeds).image is None


@pytest.mark.parametrize(
    ("places", "words"),
    [([4, 5, 6, 7], "images 5–8 of 12"), ([11], "image 12 of 12"), ([0, 2, 3], "images 1, 3–4 of 12")],
)
def test_a_part_of_a_jobs_images_says_which_part_in_its_mark(places: list[int], words: str) -> None:
    done = job(images=12)
    notice = completed(completions(done, places), pictures(done))
    assert notice.content == f"✅ #812 · {words} · done in 8.6 s · “red fox in snow”"
    assert notice.dedup_marker == f"✅ #812 · {words} ·"


def test_a_job_that_owed_no_image_says_nothing_of_images() -> None:
    done = job(images=0)
    notice = completed([JobEvent(EventKind.COMPLETED, done)], {})
    assert notice.content == "✅ #812 done in 8.6 s · “red fox in snow”"
    assert notice.files == ()


def test_a_picture_that_was_made_smaller_tells_how_and_where_the_original_is() -> None:
    done = job(images=2)
    small = Picture("812-1.png", PNG, None, "as WebP, 4.1 MB of 45 MB")
    notice = completed(completions(done), pictures(done) | {"812-1.png": small})
    assert embed_of(notice.embeds).fields == (
        Field(
            "Made smaller",
            "#812 image 2: as WebP, 4.1 MB of 45 MB\n-# *Original* gives the untouched file.",
            inline=False,
        ),
    )
    assert embed_of(notice.embeds).colour is Colour.DONE


def test_several_jobs_are_one_line_with_their_range_and_prompts() -> None:
    group = [job(803 + n, prompt=f"red fox {n % 4}") for n in range(10)]
    notice = completed([event for each in group for event in completions(each)], pictures(*group))
    assert notice.content == "✅ 10 images · #803–#812 · “red fox 0” and 3 more prompts"
    assert notice.dedup_marker == "✅ 10 images · #803–#812 ·"
    description = embed_of(notice.embeds).description or ""
    assert description.startswith("**Juggernaut XL v9** · 1024 × 768\n30 steps · CFG 7.5 · euler\n")
    assert "**#804** · 8.6 s · seed `1234` · “red fox 1”" in description
    assert len(notice.files) == 10


def test_one_prompt_for_all_is_told_once_and_two_are_not_called_prompts() -> None:
    same = [job(1), job(2)]
    assert completed([*completions(same[0]), *completions(same[1])], {}).content.endswith(
        "· “red fox in snow”"
    )
    other = [job(1), job(2, prompt="blue fox")]
    events = [*completions(other[0]), *completions(other[1])]
    assert completed(events, pictures(*other)).content == (
        "✅ 2 images · #1–#2 · “red fox in snow” and 1 more prompt"
    )


def test_an_album_without_prompts_still_ends_in_a_word() -> None:
    group = [job(1, prompt=None), job(3, prompt=None)]
    events = [*completions(group[0]), *completions(group[1])]
    assert completed(events, pictures(*group)).content == "✅ 2 images · #1, #3 · done"
    assert completed(
        [JobEvent(EventKind.COMPLETED, replace(each, images=())) for each in group], {}
    ).content == ("✅ 2 jobs done · #1, #3 · done")


def test_two_albums_that_share_a_job_have_different_marks() -> None:
    one, long, two = job(803), job(804, images=12), job(805)
    first = completed([*completions(one), *completions(long, range(9))], pictures(one, long))
    second = completed([*completions(long, range(9, 12)), *completions(two)], pictures(long, two))
    assert first.dedup_marker == "✅ 10 images · #803, #804 (1–9 of 12) ·"
    assert second.dedup_marker == "✅ 4 images · #804 (10–12 of 12), #805 ·"


def test_a_mark_is_never_found_in_the_notice_of_a_longer_number() -> None:
    short, long = job(81), job(812, prompt="as in ✅ #81 done")
    assert completed(completions(short), {}).dedup_marker not in completed(completions(long), {}).content


def test_a_mark_can_be_had_without_the_pictures() -> None:
    done, broken = job(images=3), job(813, JobStatus.FAILED, failure=FAILURE)
    assert dedup_marker(completions(done)) == completed(completions(done), pictures(done)).dedup_marker
    assert dedup_marker([JobEvent(EventKind.FAILED, broken)]) == "❌ #813 failed"
    assert dedup_marker([canceled_event(814)], server_name="studio-2") == "🚫 #814 · studio-2 ·"


def test_the_servers_name_stands_after_the_number_when_there_are_several() -> None:
    done = job(images=2)
    assert completed(completions(done), {}, server_name="studio-2").content.startswith(
        "✅ #812 · studio-2 · done in 8.6 s · 2 images, 2 missing"
    )
    assert completed(completions(done, [0]), {}, server_name="studio-2").content.startswith(
        "✅ #812 · studio-2 · image 1 of 2 · done in 8.6 s"
    )
    event = JobEvent(EventKind.FAILED, job(813, JobStatus.FAILED, failure=FAILURE))
    assert failed(event, server_name="studio-2").content.startswith(
        "❌ #813 · studio-2 · failed · OutOfMemoryError"
    )
    many = [canceled_event(815), canceled_event(816)]
    assert canceled(many, server_name="studio-2").content == "🚫 2 jobs canceled · #815–#816 · studio-2"


def test_a_missing_picture_is_said_on_the_line_and_explained_below() -> None:
    done = job()
    notice = completed(
        completions(done), {"812-0.png": Picture("812-0.png", None, "the image is gone from InvokeAI")}
    )
    assert notice.content == "✅ #812 done in 8.6 s · image missing · “red fox in snow”"
    embed = embed_of(notice.embeds)
    assert embed.fields == (Field("Not attached", "#812: the image is gone from InvokeAI", inline=False),)
    assert (embed.colour, embed.image, notice.files) == (Colour.WARNING, None, ())


def test_the_pictures_that_are_there_come_though_one_is_missing() -> None:
    done = job(images=2)
    problem = "the image is 31 MB, this guild takes 10 MB"
    given = pictures(done) | {"812-1.png": Picture("812-1.png", None, problem)}
    notice = completed(completions(done), given)
    assert notice.content == "✅ #812 done in 8.6 s · 2 images, 1 missing · “red fox in snow”"
    assert [file.name for file in notice.files] == ["812-1-red-fox-in-snow.png"]
    assert embed_of(notice.embeds).fields[0].value == f"#812 image 2: {problem}"


def test_more_than_ten_images_are_no_message() -> None:
    with pytest.raises(ValueError, match="1 to 10 images"):
        completed(completions(job(images=11)), {})
    with pytest.raises(ValueError, match="1 to 10 images"):
        completed([], {})


def test_a_frequent_failure_tells_its_type_and_who_waits_and_below_in_plain_words_what_helps() -> None:
    event = JobEvent(EventKind.FAILED, job(813, JobStatus.FAILED, failure=FAILURE), pending=36)
    notice = failed(event)
    assert notice.content == "❌ #813 failed · OutOfMemoryError · 36 waiting"
    assert notice.dedup_marker == "❌ #813 failed"
    plain = explain(FAILURE)
    assert plain is not None
    description = embed_of(notice.embeds).description or ""
    assert description.startswith(f"**{plain.sentence}**\n{plain.fix}\n")


def test_a_failure_that_nobody_knows_tells_its_message_on_the_line() -> None:
    odd = Failure("LookupError", "the fox is not in the snow\nat all", "")
    event = JobEvent(EventKind.FAILED, job(813, JobStatus.FAILED, failure=odd), pending=36)
    assert failed(event).content == ("❌ #813 failed · LookupError · the fox is not in the snow · 36 waiting")


def test_the_same_failure_of_many_jobs_is_one_notice_with_their_numbers() -> None:
    event = JobEvent(EventKind.FAILED, job(813, JobStatus.FAILED, failure=FAILURE), pending=36)
    folded = failed(event, [813, *range(820, 830), 815, 815])
    assert folded.content == "❌ #813 failed · OutOfMemoryError · × 12"
    assert folded.dedup_marker == failed(event).dedup_marker
    assert "Failed: #813, #815, #820–#829\n" in (embed_of(folded.embeds).description or "")
    assert folded.files == failed(event).files


def test_thousands_of_scattered_numbers_are_cut() -> None:
    assert numbers_in_runs(range(1, 9, 2), most=3) == "#1, #3, #5 and 1 more"
    assert numbers_in_runs([]) == ""


def test_a_failure_shows_the_tracebacks_end_and_brings_the_whole_as_a_file() -> None:
    notice = failed(JobEvent(EventKind.FAILED, job(813, JobStatus.FAILED, failure=FAILURE)))
    embed = embed_of(notice.embeds)
    assert embed.description is not None
    assert embed.description.endswith(
        '  File "…/mine/nodes.py", line 25, in invoke\n'
        '    raise OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")\n'
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.\n```"
    )
    assert "^^^" not in embed.description
    assert 'File "…/invokeai/app/invocations/baseinvocation.py"' in embed.description
    (file,) = notice.files
    assert file.name == "813-traceback.txt"
    assert file.data.startswith(b"Traceback (most recent call last):\n")
    assert b"alex" not in file.data
    assert b"^^^" in file.data


def test_a_long_traceback_keeps_whole_lines_of_its_end() -> None:
    lines = [f"line {n} of a very deep recursion" for n in range(2000)]
    long = Failure("RecursionError", "too deep", "\n".join(lines))
    notice = failed(JobEvent(EventKind.FAILED, job(813, JobStatus.FAILED, failure=long)))
    description = embed_of(notice.embeds).description or ""
    block = description[description.index("```") :].split("\n")
    assert block[:2] == ["```", "…"]
    assert block[2] in lines
    assert block[-2:] == ["line 1999 of a very deep recursion", "```"]


def test_a_failure_without_a_reason_says_so() -> None:
    notice = failed(JobEvent(EventKind.FAILED, job(813, JobStatus.FAILED)))
    assert notice.content == "❌ #813 failed · InvokeAI gave no reason"
    assert (embed_of(notice.embeds).description or "").endswith("InvokeAI gave no traceback.")
    assert notice.files == ()


def test_a_message_that_repeats_the_type_is_not_said_twice() -> None:
    twice = Failure("ValueError", "ValueError: bad\nsecond line", "")
    event = JobEvent(EventKind.FAILED, job(813, JobStatus.FAILED, failure=twice))
    assert failed(event).content == "❌ #813 failed · ValueError · bad"


def test_one_canceled_job_says_how_far_it_came() -> None:
    assert (
        canceled([canceled_event(814, prompt="red fox")]).content
        == "🚫 #814 canceled before it started · “red fox”"
    )
    assert canceled([canceled_event(814, started=True)]).content == "🚫 #814 canceled after 8.6 s"


def test_many_canceled_jobs_are_one_line() -> None:
    assert canceled([canceled_event(n) for n in range(815, 852)]).content == "🚫 37 jobs canceled · #815–#851"
    scattered = [canceled_event(n) for n in (815, 816, 818, 820, 822, 824, 825, 830)]
    assert canceled(scattered).content == "🚫 8 jobs canceled · #815–#816, #818, #820, #822 and 3 more"


def test_an_event_told_twice_counts_once() -> None:
    event = canceled_event(815)
    assert canceled([event, event]).content == "🚫 #815 canceled before it started"


def test_a_foreign_prompt_can_not_mention_anyone_on_the_lock_screen() -> None:
    done = job(prompt="@everyone <@1> [x](https://evil.example) hf_abcdefghijklmnop")
    content = completed(completions(done), pictures(done)).content
    assert content == (
        "✅ #812 done in 8.6 s · “@\u200beveryone \\<@\u200b1> \\[x\\](https\\://evil.example) \\*\\*\\*”"
    )


def test_a_long_prompt_is_cut_on_the_line_and_whole_below() -> None:
    prompt = "a very detailed painting of a red fox in deep snow at dawn, golden light, mist, 8k, by nobody"
    done = job(prompt=prompt)
    notice = completed(completions(done), pictures(done))
    assert notice.content.endswith(
        "“a very detailed painting of a red fox in deep snow at dawn, golden light,…”"
    )
    assert (embed_of(notice.embeds).description or "").startswith(prompt)


@pytest.mark.parametrize(
    ("data", "ending"),
    [(b"RIFF0000WEBPVP8 ", "webp"), (b"\xff\xd8\xff\xe0", "jpg"), (b"GIF89a", "png")],
)
def test_a_files_ending_follows_its_bytes_and_else_its_name(data: bytes, ending: str) -> None:
    done: Job = job()
    notice = completed(completions(done), {"812-0.png": Picture("812-0.png", data, None)})
    assert notice.files[0].name == f"812-red-fox-in-snow.{ending}"


def test_a_prompt_without_ascii_letters_still_names_its_file() -> None:
    done = job(prompt="雪の狐")
    assert completed(completions(done), pictures(done)).files[0].name == "812-image.png"


def test_times_are_those_of_the_job() -> None:
    early = replace(job(), started_at=None, completed_at=None)
    notice = completed(completions(early), pictures(early))
    assert notice.content == "✅ #812 done · “red fox in snow”"
    assert embed_of(notice.embeds).footer is None
    assert early.created_at == MORNING


def test_ten_long_reasons_for_missing_pictures_fit_one_field() -> None:
    done = job(images=10)
    given = {name: Picture(name, None, "the image is far too large " * 9) for name in done.images}
    value = embed_of(completed(completions(done), given).embeds).fields[0].value
    assert 900 < len(value) <= 1024
    assert value.endswith("…")


def interrupted_event(number: int = 812, *, pending: int = 12) -> JobEvent:
    return JobEvent(
        EventKind.INTERRUPTED, replace(job(number, JobStatus.CANCELED), interrupted=True), pending=pending
    )


def test_an_interrupted_job_says_that_no_person_ended_it() -> None:
    told = interrupted(interrupted_event())
    assert told.content == (
        "⚠️ #812 was interrupted · InvokeAI restarted while it ran · “red fox in snow” · 12 waiting"
    )
    assert told.dedup_marker == "⚠️ #812 was"
    assert dedup_marker([interrupted_event()], server_name="studio-2") == "⚠️ #812 · studio-2 ·"


def test_a_job_that_vanished_while_it_ran_says_that_no_more_is_known() -> None:
    gone = Job("default", 812, JobStatus.CANCELED, "", None, MORNING, interrupted=True)
    assert interrupted(JobEvent(EventKind.INTERRUPTED, gone)).content == (
        "⚠️ #812 was interrupted · it ran when the connection was lost, and is gone since"
    )


def test_a_job_that_seems_to_make_invokeai_fall_is_told_so_and_that_the_queue_is_paused() -> None:
    event = replace(interrupted_event(), restarts=2)
    assert event.urgent
    assert interrupted(event).content == (
        "⚠️ #812 was interrupted · InvokeAI restarted twice within ten minutes while jobs of this batch ran"
        " · “red fox in snow” · 12 waiting"
    )
    assert "3 times within ten minutes while jobs of this batch ran · the queue is paused · “red" in (
        interrupted(replace(event, restarts=3, paused=True)).content
    )
    gone = Job("default", 812, JobStatus.CANCELED, "", None, MORNING, interrupted=True)
    assert interrupted(JobEvent(EventKind.INTERRUPTED, gone, restarts=2)).content == (
        "⚠️ #812 was interrupted · InvokeAI restarted twice within ten minutes while jobs ran"
    )
    assert not replace(event, restarts=1).urgent


def test_a_child_says_whose_part_it_is() -> None:
    done = replace(job(), parent=811)
    assert completed(completions(done), pictures(done)).content == (
        "✅ #812 done in 8.6 s · part of #811 · “red fox in snow”"
    )
    broken = replace(job(813, JobStatus.FAILED), parent=811)
    assert failed(JobEvent(EventKind.FAILED, broken)).content == (
        "❌ #813 failed · InvokeAI gave no reason · part of #811"
    )
    ended = replace(job(814, JobStatus.CANCELED, prompt=None), parent=811)
    assert canceled([JobEvent(EventKind.CANCELED, ended)]).content == (
        "🚫 #814 canceled after 8.6 s · part of #811"
    )


def test_a_new_database_is_said_in_one_line() -> None:
    event = ServerEvent(EventKind.NEW_DATABASE, "default", MORNING)
    told = notice([event], {})
    assert told.content == (
        "🆕 InvokeAI has a new database · its job numbers start again; "
        "what was queued before is not watched any more"
    )
    assert told.dedup_marker == dedup_marker([event])
    assert told.dedup_marker in told.content


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_has_a_notice_that_is_found_by_its_mark(kind: EventKind) -> None:
    status = {EventKind.INTERRUPTED: JobStatus.CANCELED, EventKind.BATCH_DONE: JobStatus.COMPLETED}
    event = (
        ServerEvent(kind, "default", MORNING)
        if kind in OF_A_SERVER
        else JobEvent(kind, job(status=status.get(kind) or JobStatus(kind.value)), image=None)
    )
    told = notice([event], {})
    assert told.dedup_marker == dedup_marker([event])
    assert told.dedup_marker in told.content


def test_a_finished_image_tells_who_asked_where_it_was_made_and_how_to_get_there() -> None:
    done = replace(job(812), user="alice", device="cuda:1")
    around = NoticeContext(several_devices=True, page="https://box.example/ui")
    text = embed_of(completed(completions(done), pictures(done), around=around).embeds).description or ""
    assert text.endswith("\nby alice · on cuda:1\n[Open InvokeAI](https://box.example/ui)")
    alone = embed_of(completed(completions(done), pictures(done)).embeds).description or ""
    assert alone.endswith("\nby alice")


def test_an_album_tells_of_whom_and_where_only_what_all_its_jobs_share() -> None:
    jobs = [replace(job(n), user="alice", device=f"cuda:{n % 2}") for n in (812, 813)]
    events = [event for each in jobs for event in completions(each)]
    around = NoticeContext(several_devices=True, page="https://box.example")
    text = embed_of(completed(events, pictures(*jobs), around=around).embeds).description or ""
    assert "\nby alice\n" in text
    assert text.endswith("\n[Open InvokeAI](https://box.example)")


def test_an_album_of_one_prompt_says_it_once_and_one_of_several_says_each() -> None:
    same, other = [job(1), job(2)], [job(1), job(2, prompt="blue whale")]
    for jobs, foxes, whales in ((same, 1, 0), (other, 1, 1)):
        events = [event for each in jobs for event in completions(each)]
        text = embed_of(completed(events, pictures(*jobs)).embeds).description or ""
        assert (text.count("red fox in snow"), text.count("blue whale")) == (foxes, whales)


def test_an_album_of_equal_jobs_that_share_one_image_shows_it_for_each() -> None:
    jobs = [replace(job(number), images=("shared.png",)) for number in (812, 813, 814)]
    events = [event for each in jobs for event in completions(each)]
    told = completed(events, pictures(*jobs))
    assert told.content.startswith("✅ 3 images · #812–#814")
    assert len({file.name for file in told.files}) == 3


def test_of_a_job_that_the_bot_may_not_look_into_only_its_end_is_told() -> None:
    hidden = replace(job(images=0, prompt=None), hidden=True, batch_id="", recipe=None)
    other = replace(hidden, number=813)
    failing = replace(hidden, status=JobStatus.FAILED)
    canceled_one = replace(hidden, status=JobStatus.CANCELED)
    for kind, jobs, said in (
        (EventKind.COMPLETED, [hidden], "✅ #812 done in 8.6 s · someone else's job"),
        (EventKind.COMPLETED, [hidden, other], "✅ 2 jobs done · #812–#813 · other people's jobs"),
        (EventKind.FAILED, [failing], "❌ #812 failed · someone else's job"),
        (EventKind.CANCELED, [canceled_one], "🚫 #812 canceled after 8.6 s · someone else's job"),
    ):
        made = notice([JobEvent(kind, one) for one in jobs], {})
        assert made.content == said
        assert not any(isinstance(row, ActionRow) for row in made.rows)


def test_beside_jobs_of_ours_one_of_somebody_else_is_called_so() -> None:
    ours, theirs = job(), replace(job(813, images=0, prompt=None), hidden=True, recipe=None)
    made = notice([*completions(ours, [0]), JobEvent(EventKind.COMPLETED, theirs)], {})
    assert made.content.startswith("✅ 1 image · #812–#813")
    assert "**#813** · 8.6 s · someone else's" in (made.embeds[0].description or "")
