from datetime import timedelta

from render_examples import MORNING

from bot.domain.queue import HeldPause, QueueStatus, QueueView
from bot.render.message import Text
from bot.render.panels import one_sentence
from bot.render.queue_panel import held_line, pauses_later, queue, with_pause

LUNCH = HeldPause("invokeai", 9, MORNING, MORNING + timedelta(hours=4), "lunch *and* a nap")
AT = int((MORNING + timedelta(hours=4)).timestamp())


def test_a_held_pause_tells_until_when_by_whom_and_why_escaped() -> None:
    assert held_line(LUNCH) == f"Paused until <t:{AT}:t> (<t:{AT}:R>) · by <@9> · “lunch \\*and\\* a nap”"


def test_one_without_an_end_waits_for_somebody_and_one_after_a_batch_says_so() -> None:
    assert held_line(HeldPause("invokeai", 9, MORNING)) == "Paused until somebody resumes · by <@9>"
    assert held_line(HeldPause("invokeai", 9, MORNING), paused=True) == "Until somebody resumes · by <@9>"
    later = HeldPause("invokeai", 9, MORNING, LUNCH.until, after_batch="b1")
    assert held_line(later) == f"Pauses after this batch until <t:{AT}:t> (<t:{AT}:R>) · by <@9>"
    assert held_line(later, paused=True) == held_line(later)
    assert pauses_later(later).blocks == (Text(f"⏳ {held_line(later)}"),)


def test_an_answer_tells_more_only_where_there_is_more() -> None:
    answer = one_sentence("The queue is paused.")
    assert with_pause(answer, None) == answer
    assert with_pause(answer, HeldPause("invokeai", 9, MORNING)) == answer
    assert with_pause(answer, LUNCH).blocks == (*answer.blocks, Text(held_line(LUNCH)))


def test_the_queue_s_panel_tells_of_the_held_pause() -> None:
    status = QueueStatus("invokeai", 0, 0, 0, 0, 0, 0, paused=True, processing=False)
    assert Text(held_line(LUNCH, paused=True)) in queue(QueueView(status, held=LUNCH)).blocks
