"""What is known of an album after our own edit, and when it is not."""

from bot.discord.known_contents import KnownContents
from bot.render.album_text import AlbumContents

CHANNEL, ALBUM = 42, 7
ONE, TWO = AlbumContents({"812-fox.png": 1}), AlbumContents({"812-fox.png": 1, "813-fox.png": 2})


def test_after_an_answered_edit_the_message_is_known_and_no_other_one() -> None:
    known = KnownContents()
    known.end(CHANNEL, known.begin(CHANNEL), ALBUM, ONE)
    assert known.of(CHANNEL, ALBUM) == ONE
    assert known.of(CHANNEL, ALBUM + 1) is None
    assert known.of(CHANNEL + 1, ALBUM) is None


def test_from_the_beginning_of_an_edit_on_nothing_is_known_until_it_is_answered() -> None:
    known = KnownContents()
    known.end(CHANNEL, known.begin(CHANNEL), ALBUM, ONE)
    change = known.begin(CHANNEL)
    assert known.of(CHANNEL, ALBUM) is None
    known.end(CHANNEL, change, ALBUM, TWO)
    assert known.of(CHANNEL, ALBUM) == TWO


def test_an_answer_that_another_change_has_overtaken_tells_nothing() -> None:
    known = KnownContents()
    edit = known.begin(CHANNEL)
    known.begin(CHANNEL)
    known.end(CHANNEL, edit, ALBUM, ONE)
    assert known.of(CHANNEL, ALBUM) is None
