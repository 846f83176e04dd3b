from dataclasses import replace

import pytest
from render_examples import FAILURE, MORNING, OF_A_SERVER, PNG, TRACEBACK, completions, job, pictures

from bot.domain.events import Event, EventKind, JobEvent, PersonalEvent, ServerEvent
from bot.domain.failures import explain
from bot.domain.jobs import Failure, Job, JobStatus
from bot.render import notices
from bot.render.headline import has_mark
from bot.render.job_numbers import numbers_in_runs
from bot.render.message import ActionRow, Colour, Embed, Field
from bot.render.notices import Picture, canceled, completed, dedup_marker, failed, interrupted, notice
from bot.render.recipes import NoticeContext

OOM = "CUDA out of memory. Tried to allocate 2.00 GiB."


def embed_of(embeds: tuple[Embed, ...]) -> Embed:
    (embed,) = embeds
    return embed


def canceled_event(number: int, *, started: bool = False, prompt: str | None = None) -> JobEvent:
    return JobEvent(EventKind.CANCELED, job(number, JobStatus.CANCELED, started=started, prompt=prompt))


def test_one_finished_image_is_one_line_with_its_time_and_prompt() -> None:
    done = job()
    notice = completed(completions(done), pictures(done))
    assert notice.content == "✅ “red fox in snow” · 8.6 s · #812"
    assert notice.dedup_marker == "✅ #812"


def test_one_finished_image_is_a_file_with_its_prompt_as_alt_text_and_its_recipe_below() -> None:
    done = replace(job(), user=None)
    notice = completed(completions(done), pictures(done))
    assert embed_of(notice.embeds) == Embed(
        Colour.DONE,
        description="**Juggernaut XL v9** · 1024 × 768\n30 steps · CFG 7.5 · euler · seed `1234`",
        footer="waited 3.1 s",
    )
    (file,) = notice.files
    assert (file.name, file.data, file.description) == ("812-red-fox-in-snow.png", PNG, "red fox in snow")


def test_one_job_of_several_images_is_an_album_that_counts_them() -> None:
    done = job(images=4)
    notice = completed(completions(done), pictures(done))
    assert notice.content == "✅ “red fox in snow” · 4 images · 8.6 s · #812"
    assert [file.name for file in notice.files] == [f"812-{n}-red-fox-in-snow.png" for n in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([4, 5, 6, 7], "4 images · 8.6 s · #812 (5–8 of 12)"),
        ([11], "8.6 s · #812 (12 of 12)"),
        ([0, 2, 3], "3 images · 8.6 s · #812 (1, 3–4 of 12)"),
    ],
)
def test_a_part_of_a_jobs_images_says_which_part_in_its_mark(places: list[int], words: str) -> None:
    done = job(images=12)
    notice = completed(completions(done, places), pictures(done))
    assert notice.content == f"✅ “red fox in snow” · {words}"
    assert notice.dedup_marker == f"✅ {words.rpartition(' · ')[2]}"


def test_a_job_that_owed_no_image_says_nothing_of_images() -> None:
    done = job(images=0)
    notice = completed([JobEvent(EventKind.COMPLETED, done)], {})
    assert notice.content == "✅ “red fox in snow” · 8.6 s · #812"
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
    assert notice.dedup_marker == "✅ #803–#812"
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
    assert first.dedup_marker == "✅ #803, #804 (1–9 of 12)"
    assert second.dedup_marker == "✅ #804 (10–12 of 12), #805"


def test_a_mark_is_never_found_in_the_notice_of_a_longer_number() -> None:
    short, long = job(81), job(812, prompt="✅ as in · #81 · done")
    assert not has_mark(
        completed(completions(long), {}).content, completed(completions(short), {}).dedup_marker
    )


def test_a_mark_can_be_had_without_the_pictures() -> None:
    done, broken = job(images=3), job(813, JobStatus.FAILED, failure=FAILURE)
    assert dedup_marker(completions(done)) == completed(completions(done), pictures(done)).dedup_marker
    assert dedup_marker([JobEvent(EventKind.FAILED, broken)]) == "❌ #813"
    assert dedup_marker([canceled_event(814)], server_name="studio-2") == "🚫 studio-2 · #814"


def test_the_servers_name_stands_behind_the_sign_when_there_are_several() -> None:
    done = job(images=2)
    assert completed(completions(done), {}, server_name="studio-2").content == (
        "✅ studio-2 · “red fox in snow” · 2 images, 2 missing · 8.6 s · #812"
    )
    assert completed(completions(done, [0]), pictures(done), server_name="studio-2").content == (
        "✅ studio-2 · “red fox in snow” · 8.6 s · #812 (1 of 2)"
    )
    event = JobEvent(EventKind.FAILED, job(813, JobStatus.FAILED, failure=FAILURE))
    assert failed(event, server_name="studio-2").content == (
        "❌ studio-2 · Out of VRAM · “red fox in snow” · #813"
    )
    many = [canceled_event(815), canceled_event(816)]
    assert canceled(many, server_name="studio-2").content == "🚫 studio-2 · 2 jobs canceled · #815–#816"


def test_a_missing_picture_is_said_on_the_line_and_explained_below() -> None:
    done = job()
    notice = completed(
        completions(done), {"812-0.png": Picture("812-0.png", None, "the image is gone from InvokeAI")}
    )
    assert notice.content == "✅ “red fox in snow” · image missing · 8.6 s · #812"
    embed = embed_of(notice.embeds)
    assert embed.fields == (Field("Not attached", "#812: the image is gone from InvokeAI", inline=False),)
    assert (embed.colour, notice.files) == (Colour.WARNING, ())


def test_the_pictures_that_are_there_come_though_one_is_missing() -> None:
    done = job(images=2)
    problem = "the image is 31 MB, this guild takes 10 MB"
    given = pictures(done) | {"812-1.png": Picture("812-1.png", None, problem)}
    notice = completed(completions(done), given)
    assert notice.content == "✅ “red fox in snow” · 2 images, 1 missing · 8.6 s · #812"
    assert [file.name for file in notice.files] == ["812-1-red-fox-in-snow.png"]
    assert embed_of(notice.embeds).fields[0].value == f"#812 image 2: {problem}"


def test_more_than_ten_images_are_no_message() -> None:
    with pytest.raises(ValueError, match="1 to 10 images"):
        completed(completions(job(images=11)), {})
    with pytest.raises(ValueError, match="1 to 10 images"):
        completed([], {})


def test_a_frequent_failure_says_what_happened_and_who_waits_and_below_what_helps() -> None:
    event = JobEvent(EventKind.FAILED, job(813, JobStatus.FAILED, failure=FAILURE), pending=36)
    notice = failed(event)
    assert notice.content == "❌ Out of VRAM · “red fox in snow” · #813 · 36 waiting"
    assert notice.dedup_marker == "❌ #813"
    plain = explain(FAILURE)
    assert plain is not None
    description = embed_of(notice.embeds).description or ""
    assert description == (
        f"**{plain.sentence}**\n{plain.fix}\n"
        "**Juggernaut XL v9** · 1024 × 768\n30 steps · CFG 7.5 · euler · seed `1234`"
    )
    assert notice.files == ()


def test_a_frequent_failure_repeats_what_its_error_said_such_as_which_model_is_missing() -> None:
    missing = Failure("UnknownModelException", "Unknown model: foxes-xl", "Traceback\n  deep\n")
    notice = failed(JobEvent(EventKind.FAILED, job(813, JobStatus.FAILED, failure=missing)))
    assert notice.content == "❌ Model missing · “red fox in snow” · #813"
    description = embed_of(notice.embeds).description or ""
    assert "\n-# UnknownModelException: Unknown model: foxes-xl\n" in description
    assert "deep" not in description


def test_a_failure_without_a_prompt_names_itself_and_the_job() -> None:
    event = JobEvent(EventKind.FAILED, job(813, JobStatus.FAILED, prompt=None, failure=FAILURE))
    assert failed(event).content == "❌ Out of VRAM · #813"


def test_a_failure_that_nobody_knows_tells_its_message_on_the_line() -> None:
    odd = Failure("LookupError", "the fox is not in the snow\nat all", "")
    event = JobEvent(EventKind.FAILED, job(813, JobStatus.FAILED, failure=odd), pending=36)
    assert failed(event).content == (
        "❌ Failed: LookupError: the fox is not in the snow · “red fox in snow” · #813 · 36 waiting"
    )


def test_the_same_failure_of_many_jobs_is_one_notice_with_their_numbers() -> None:
    event = JobEvent(EventKind.FAILED, job(813, JobStatus.FAILED, failure=FAILURE), pending=36)
    folded = failed(event, [813, *range(820, 830), 815, 815])
    assert folded.content == "❌ Out of VRAM × 12 · “red fox in snow” · #813"
    assert folded.dedup_marker == failed(event).dedup_marker
    assert "Failed: #813, #815, #820–#829\n" in (embed_of(folded.embeds).description or "")


def test_thousands_of_scattered_numbers_are_cut() -> None:
    assert numbers_in_runs(range(1, 9, 2), most=3) == "#1, #3, #5 and 1 more"
    assert numbers_in_runs([]) == ""


def test_a_failure_that_nobody_knows_shows_the_tracebacks_end_and_brings_the_whole_as_a_file() -> None:
    odd = Failure(
        "FoxError", "no fox", TRACEBACK.replace("OutOfMemoryError", "FoxError").replace(OOM, "no fox")
    )
    notice = failed(JobEvent(EventKind.FAILED, job(813, JobStatus.FAILED, failure=odd)))
    embed = embed_of(notice.embeds)
    assert embed.description is not None
    assert embed.description.endswith(
        '  File "…/mine/nodes.py", line 25, in invoke\n    raise FoxError("no fox")\n'
        "torch.FoxError: no fox\n```"
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
    assert notice.content == "❌ Failed: InvokeAI gave no reason · “red fox in snow” · #813"
    assert (embed_of(notice.embeds).description or "").endswith("InvokeAI gave no traceback.")
    assert notice.files == ()


def test_a_message_that_repeats_the_type_is_not_said_twice() -> None:
    twice = Failure("ValueError", "ValueError: bad\nsecond line", "")
    event = JobEvent(EventKind.FAILED, job(813, JobStatus.FAILED, failure=twice))
    assert failed(event).content == "❌ Failed: ValueError: bad · “red fox in snow” · #813"


def test_one_canceled_job_says_how_far_it_came() -> None:
    assert (
        canceled([canceled_event(814, prompt="red fox")]).content
        == "🚫 Canceled before it started · “red fox” · #814"
    )
    assert canceled([canceled_event(814, started=True)]).content == "🚫 Canceled after 8.6 s · #814"


def test_many_canceled_jobs_are_one_line() -> None:
    assert canceled([canceled_event(n) for n in range(815, 852)]).content == "🚫 37 jobs canceled · #815–#851"
    scattered = [canceled_event(n) for n in (815, 816, 818, 820, 822, 824, 825, 830)]
    assert canceled(scattered).content == "🚫 8 jobs canceled · #815–#816, #818, #820, #822 and 3 more"


def test_what_a_person_asked_the_bot_for_says_who() -> None:
    one = replace(canceled_event(814, started=True), by=7)
    assert canceled([one]).content == "🚫 Canceled by <@7> after 8.6 s · #814"
    waiting = canceled([replace(canceled_event(814), by=7)])
    assert waiting.content == "🚫 Canceled by <@7> before it started · #814"
    many = [replace(canceled_event(n), by=7) for n in (815, 816)]
    assert canceled(many).content == "🚫 2 jobs canceled by <@7> · #815–#816"
    assert canceled([many[0], replace(many[1], by=8)]).content == "🚫 2 jobs canceled · #815–#816"
    assert canceled([many[0], canceled_event(816)]).content == "🚫 2 jobs canceled · #815–#816"


def test_an_event_told_twice_counts_once() -> None:
    event = canceled_event(815)
    assert canceled([event, event]).content == "🚫 Canceled before it started · #815"


def test_a_foreign_prompt_can_not_mention_anyone_on_the_lock_screen() -> None:
    done = job(prompt="@everyone <@1> [x](https://evil.example) hf_abcdefghijklmnop")
    content = completed(completions(done), pictures(done)).content
    assert content == (
        "✅ “@\u200beveryone \\<@\u200b1> \\[x\\](https\\://evil.example) \\*\\*\\*” · 8.6 s · #812"
    )


def test_a_long_prompt_is_cut_on_the_line_and_whole_below() -> None:
    prompt = "a very detailed painting of a red fox in deep snow at dawn, golden light, mist, 8k, by nobody"
    done = job(prompt=prompt)
    notice = completed(completions(done), pictures(done))
    assert notice.content == (
        "✅ “a very detailed painting of a red fox in deep snow at dawn, golden light,…” · 8.6 s · #812"
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
    assert notice.content == "✅ “red fox in snow” · #812"
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
    assert told.content == ("⚠️ Interrupted by InvokeAI's restart · “red fox in snow” · #812 · 12 waiting")
    assert told.dedup_marker == "⚠️ #812"
    assert dedup_marker([interrupted_event()], server_name="studio-2") == "⚠️ studio-2 · #812"


def test_a_job_that_vanished_while_it_ran_says_that_no_more_is_known() -> None:
    gone = Job("default", 812, JobStatus.CANCELED, "", None, MORNING, interrupted=True)
    assert interrupted(JobEvent(EventKind.INTERRUPTED, gone)).content == (
        "⚠️ Interrupted: it is gone since the connection was lost · #812"
    )


def test_a_job_that_seems_to_make_invokeai_fall_is_told_so_and_that_the_queue_is_paused() -> None:
    event = replace(interrupted_event(), restarts=2)
    assert event.urgent
    assert interrupted(event).content == (
        "⚠️ Interrupted: InvokeAI restarted twice within ten minutes while jobs of this batch ran"
        " · “red fox in snow” · #812 · 12 waiting"
    )
    assert "3 times within ten minutes while jobs of this batch ran · the queue is paused · “red" in (
        interrupted(replace(event, restarts=3, paused=True)).content
    )
    gone = Job("default", 812, JobStatus.CANCELED, "", None, MORNING, interrupted=True)
    assert interrupted(JobEvent(EventKind.INTERRUPTED, gone, restarts=2)).content == (
        "⚠️ Interrupted: InvokeAI restarted twice within ten minutes while jobs ran · #812"
    )
    assert not replace(event, restarts=1).urgent


def test_a_child_says_whose_part_it_is() -> None:
    done = replace(job(), parent=811)
    assert completed(completions(done), pictures(done)).content == (
        "✅ “red fox in snow” · 8.6 s · #812 · part of #811"
    )
    broken = replace(job(813, JobStatus.FAILED), parent=811)
    assert failed(JobEvent(EventKind.FAILED, broken)).content == (
        "❌ Failed: InvokeAI gave no reason · “red fox in snow” · #813 · part of #811"
    )
    ended = replace(job(814, JobStatus.CANCELED, prompt=None), parent=811)
    assert canceled([JobEvent(EventKind.CANCELED, ended)]).content == (
        "🚫 Canceled after 8.6 s · #814 · part of #811"
    )


def test_a_new_database_is_said_in_one_line() -> None:
    event = ServerEvent(EventKind.NEW_DATABASE, "default", MORNING)
    told = notice([event], {})
    assert told.content == (
        "🆕 InvokeAI has a new database · its job numbers start again; "
        "what was queued before is not watched any more"
    )
    assert told.dedup_marker == dedup_marker([event])
    assert has_mark(told.content, told.dedup_marker)


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_has_a_notice_that_is_found_by_its_mark(kind: EventKind) -> None:
    status = {EventKind.INTERRUPTED: JobStatus.CANCELED, EventKind.BATCH_DONE: JobStatus.COMPLETED}
    event: Event
    if kind in OF_A_SERVER:
        event = ServerEvent(kind, "default", MORNING)
    elif kind is EventKind.PERSONAL:
        event = PersonalEvent(kind, "default", MORNING, user_id=9, guild_id=7, channel_id=42, number=812)
    else:
        event = JobEvent(kind, job(status=status.get(kind) or JobStatus(kind.value)), image=None)
    told = notice([event], {})
    assert told.dedup_marker == dedup_marker([event])
    assert has_mark(told.content, told.dedup_marker)


def test_a_finished_image_tells_who_asked_where_it_was_made_and_how_to_get_there() -> None:
    done = replace(job(812), user="alice", device="cuda:1")
    around = NoticeContext(several_devices=True, page="https://box.example/ui")
    text = embed_of(completed(completions(done), pictures(done), around=around).embeds).description or ""
    assert text.endswith("\nby alice · on cuda:1 · [Open InvokeAI](https://box.example/ui)")
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
    for jobs, foxes, whales in ((same, 0, 0), (other, 1, 1)):
        events = [event for each in jobs for event in completions(each)]
        told = completed(events, pictures(*jobs))
        text = embed_of(told.embeds).description or ""
        assert told.content.count("red fox in snow") == 1
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
        (EventKind.COMPLETED, [hidden], "✅ Someone else's job · 8.6 s · #812"),
        (EventKind.COMPLETED, [hidden, other], "✅ 2 jobs done · #812–#813 · other people's jobs"),
        (EventKind.FAILED, [failing], "❌ Someone else's job failed · #812"),
        (EventKind.CANCELED, [canceled_one], "🚫 Canceled after 8.6 s · someone else's job · #812"),
    ):
        made = notice([JobEvent(kind, one) for one in jobs], {})
        assert made.content == said
        assert not any(isinstance(row, ActionRow) for row in made.rows)


def test_beside_jobs_of_ours_one_of_somebody_else_is_called_so() -> None:
    ours, theirs = job(), replace(job(813, images=0, prompt=None), hidden=True, recipe=None)
    made = notice([*completions(ours, [0]), JobEvent(EventKind.COMPLETED, theirs)], {})
    assert made.content.startswith("✅ 1 image · #812–#813")
    assert "**#813** · 8.6 s · someone else's" in (made.embeds[0].description or "")


def test_a_contact_sheet_says_to_a_screen_reader_of_which_jobs_and_what_it_shows() -> None:
    jobs = [job(number) for number in range(803, 815)]
    sheet = {notices.SHEET: Picture(notices.SHEET, PNG)}
    [file] = completed([event for each in jobs for event in completions(each)], sheet).files
    assert file.description == "Contact sheet of #803–#814: red fox in snow"
    jobs[0] = job(803, prompt="blue hen")
    [file] = completed([event for each in jobs for event in completions(each)], sheet).files
    assert file.description == "Contact sheet of #803–#814"
