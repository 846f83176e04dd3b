import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.images.picture import size
from bot.render.text import (
    FENCE,
    bare,
    code_block,
    cut,
    duration,
    escape,
    line,
    many,
    paragraph,
    quoted,
    scrub,
    slug,
    units,
)

PINGS = re.compile(r"@(everyone|here|[!&]?\d)", re.IGNORECASE)
HOSTILE = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            [
                "@everyone",
                "@here",
                "<@",
                "<#",
                "<@&",
                "123>",
                "```",
                "`",
                "\\",
                "[a](",
                "https://",
                "\n# ",
                "\n> ",
                "\n-# ",
                "*",
                "_",
                "||",
                "~~",
                "1. ",
                " ",
                "\u200b",
                "\u202e",
                "😀",
                "é",
                "\r\n",
                "password=",
                "hf_abcdefghijk",
                "\0",
            ]
        ),
        max_size=60,
    ).map("".join),
)


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("red fox, (detailed:1.2)", "red fox, (detailed:1.2)"),
        ("**bold** _it_ ~~no~~ ||spoiler||", r"\*\*bold\*\* \_it\_ \~\~no\~\~ \|\|spoiler\|\|"),
        ("@everyone @here", "@\u200beveryone @\u200bhere"),
        ("@\u200beveryone", "@\u200beveryone"),
        ("<@123> <@&123> <#123>", "\\<@\u200b123> \\<@\u200b&123> \\<\\#123>"),
        ("[free](https://evil.example)", r"\[free\](https\://evil.example)"),
        ("discord.gg/abc", r"discord.gg\/abc"),
        ("# big\n- item\n> quote\n-# small\n1. one", "\\# big\n\\- item\n\\> quote\n\\-# small\n1\\. one"),
        ("a-b #tag 6.14.2 -ugly", "a-b #tag 6.14.2 -ugly"),
        ("job #812", r"job \#812"),
        ("`code` ```block```", r"\`code\` \`\`\`block\`\`\`"),
        (":smile: 12:30:45", r"\:smile: 12:30:45"),
        ("</queue:1> <t:1:R> <:x:1>", r"\</queue:1> \<t:1:R> \<\:x:1>"),
        ("back\\slash", r"back\\slash"),
        ("a\u202eb\u2066c\u200bd\0e\x1b[0m\ufeff", r"abcde\[0m"),
        ("👩\u200d🎨 می\u200cخواهم", "👩\u200d🎨 می\u200cخواهم"),
        ("line\r\nline\u2028line", "line\nline\nline"),
        ("half \ud83d pair", "half \ufffd pair"),
    ],
)
def test_foreign_text_shows_as_it_was_written_and_does_nothing_else(foreign: str, shown: str) -> None:
    assert escape(foreign) == shown


@given(HOSTILE)
def test_nothing_foreign_can_mention_anyone_or_open_markup(foreign: str) -> None:
    shown = escape(foreign)
    assert not PINGS.search(shown)
    assert not re.search(r"[*_~|`\[\]<]", re.sub(r"\\.", "", shown))
    assert not re.search(r"(?<!\\)://", shown)
    assert not re.search(r"^[ \t]*(#+ |> |>>|- |-#|\d+\. )", shown, re.MULTILINE)


@given(HOSTILE, st.integers(-3, 90))
def test_a_cut_text_keeps_to_its_limit_and_breaks_no_character_escape_or_fence(
    foreign: str, limit: int
) -> None:
    for text in (escape(foreign), code_block(foreign, 4000)):
        kept = cut(text, limit)
        assert units(kept) <= max(limit, 0)
        assert kept.count(FENCE) % 2 == 0
        kept.encode()
        body = kept.removesuffix("…")
        if kept != text and text == escape(foreign):
            assert (len(body) - len(body.rstrip("\\"))) % 2 == 0


def test_a_text_is_cut_between_words_where_one_is_near() -> None:
    assert cut("a red fox in the deep snow", 20) == "a red fox in the…"
    assert cut("short", 5) == "short"
    assert cut("😀😀😀", 4) == "😀…"
    assert cut("```\nabc def ghi\n```", 16) == "```\nabc def…\n```"


@given(HOSTILE, st.integers(0, 200))
def test_every_way_to_show_foreign_text_keeps_to_its_limit(foreign: str, limit: int) -> None:
    for shown in (
        line(foreign, limit),
        paragraph(foreign, limit),
        bare(foreign, limit),
        quoted(foreign, limit + 2),
    ):
        assert units(shown) <= limit + 2
        assert not PINGS.search(shown)
    assert "\n" not in line(foreign, limit) + bare(foreign, limit) + quoted(foreign, limit + 2)
    assert units(line(foreign, limit)) <= limit


@given(HOSTILE, st.integers(0, 300))
def test_nothing_inside_can_end_a_code_block(foreign: str, limit: int) -> None:
    block = code_block(foreign, limit)
    assert units(block) <= limit
    assert block == "" or (block.startswith("```\n") and block.endswith("\n```") and block.count("```") == 2)
    assert not PINGS.search(block)


def test_a_code_block_shows_backticks_that_are_in_the_text() -> None:
    assert code_block("a ``` b", 50) == "```\na `\u200b`\u200b` b\n```"
    assert code_block(" \n ", 50) == ""


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ('File "/home/alex/invokeai/x.py"', 'File "~/invokeai/x.py"'),
        ("/Users/alex/models", "~/models"),
        (r"C:\Users\alex\invokeai", r"~\invokeai"),
        (r"C:\Users\Alex Smith\invokeai", r"~\invokeai"),
        (r"'C:\\Users\\alex\\x'", r"'~\\x'"),
        ("C:/Users/alex/x and /mnt/c/Users/alex/x", "~/x and ~/x"),
        ("/root/.cache /rooted", "~/.cache /rooted"),
        ("/media/alex/disk", "/media/~/disk"),
        ("file:///home/alex/x", "file:~/x"),
        ("Authorization: Bearer abcdef.ghi", "Authorization: Bearer ***"),
        ("sent Bearer abcdefghijk to it", "sent Bearer *** to it"),
        ("hf_abcdefghijklmnop", "***"),
        ("sk-abcdefghijklmnop", "***"),
        ("ghp_abcdefghijklmnop1234", "***"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "***"),
        (f"token is M{'a' * 23}.{'b' * 6}.{'c' * 30}!", "token is ***!"),
        ("https://alex:hunter2@box.example/x", "https://***@box.example/x"),
        ("postgresql+asyncpg://bot:p@ss@db/bot", "postgresql+asyncpg://***@db/bot"),
        ("https://civitai.example/get?token=abc123&x=1", "https://civitai.example/get?token=***&x=1"),
        ("{'password': 'correct horse', 'x': 1}", "{'password': ***, 'x': 1}"),
        ('{"api_key":"abc"}', '{"api_key":***}'),
        ("DISCORD_TOKEN=abc DB_PASSWORD = x", "DISCORD_TOKEN=*** DB_PASSWORD = ***"),
        ("run --api-key abc --verbose", "run --api-key *** --verbose"),
        ("https://discord.com/api/webhooks/123/abc-DEF", "https://discord.com/api/webhooks/123/***"),
        (r"\\nas\homes\alex\models\x", r"~\models\x"),
        (r"'\\\\nas\\alex\\sd\\x'", r"'~\\x'"),
        (r"\\nas\Users\alex\x", r"~\x"),
        ("postgres://bot:hunter2", "postgres://***"),
        ("could not reach https://bot:hun, sorry", "could not reach https://***, sorry"),
        (
            "http://box:9090/x http://[::1]:9090 http://box:9090.",
            "http://box:9090/x http://[::1]:9090 http://box:9090.",
        ),
        (
            "https://x/?key=abc&v=1&X-Amz-Signature=def&sig=ghi",
            "https://x/?key=***&v=1&X-Amz-Signature=***&sig=***",
        ),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII\nabc\n-----END RSA PRIVATE KEY----- x", "*** x"),
        ("-----BEGIN PRIVATE KEY-----\nMII cut", "***"),
        ("sk_live_abcdefgh1234 npm_abcdefghijklmnop1234", "*** ***"),
        (
            "/home/alex/x: Alex (alex) may not, Alexander may",
            "~/x: *** (***) may not, Alexander may",
        ),
        ("/home/invokeai/x is of invokeai", "~/x is of invokeai"),
        (r"a\nb \\d+\w \\", r"a\nb \\d+\w \\"),
        ("max_tokens=77, tokenizer=CLIP", "max_tokens=77, tokenizer=CLIP"),
        ("a token of love, home/kitchen", "a token of love, home/kitchen"),
    ],
)
def test_home_folders_and_secrets_are_scrubbed_and_the_rest_stays(told: str, shown: str) -> None:
    assert scrub(told) == shown


@given(HOSTILE, HOSTILE)
def test_a_secret_stays_hidden_among_any_other_text(before: str, after: str) -> None:
    text = f"{before} /home/alexandra/x hf_abcdefghijklmnop https://alexandra:hunter2@box"
    text += f" password=hunter2 {after}"
    for shown in (line(text, 9000), paragraph(text, 9000), bare(text, 9000), slug(text, 9000)):
        assert "hunter2" not in shown
        assert "abcdefghijklmnop" not in shown
        assert "alexandra" not in shown


PATHS = st.sampled_from(
    [
        "/home/{}/x",
        "/Users/{}/x",
        "/var/home/{}/x",
        "/mnt/c/Users/{}/x",
        r"C:\Users\{}\x",
        r"'C:\\Users\\{}\\x'",
        "C:/Users/{}/x",
        r"\\nas\Users\{}\x",
        r"\\nas\{}\x",
        r"\\nas\homes\{}\x",
        "file:///home/{}/x",
        "%2Fhome%2F{}%2Fx",
    ]
)
HOLDERS = st.sampled_from(
    [
        "Authorization: Bearer {}",
        "Bearer {}",
        "token={}",
        "api_key: '{}'",
        '{{"password": "{}"}}',
        "--api-key {}",
        "https://alexandra:{}@box/x",
        "https://alexandra:{}",
        "postgresql+asyncpg://alexandra:{}@db/bot",
        "https://box/x?access_token={}&y=1",
        "https://box/x?a=1&sig={}",
        "hf_{}",
        "sk-{}",
        "eyJhbGciOiJIUzI1NiJ9.{}.sig",
        "https://discord.com/api/webhooks/123/{}",
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
    ]
)
SEPARATORS = st.sampled_from([" ", "\n", "(", ", ", "'", '"'])


@given(HOSTILE, SEPARATORS, PATHS, SEPARATORS, HOSTILE)
def test_no_home_folder_s_owner_is_named_among_any_other_text(
    before: str, left: str, path: str, right: str, after: str
) -> None:
    text = before + left + path.format("alexandra") + right + after
    for shown in (scrub(text), line(text, 9000), code_block(scrub(text), 9000), bare(text, 9000)):
        assert "alexandra" not in shown


@given(HOSTILE, SEPARATORS, HOLDERS, SEPARATORS, HOSTILE)
def test_no_secret_is_shown_among_any_other_text(
    before: str, left: str, holder: str, right: str, after: str
) -> None:
    text = before + left + holder.format("q7Zt9Lw2Xc4Vb6Nm8") + right + after
    for shown in (scrub(text), line(text, 9000), code_block(scrub(text), 9000), bare(text, 9000)):
        assert "q7Zt9Lw2Xc4" not in shown


def test_an_invisible_character_does_not_hide_a_secret_from_the_scrubbing() -> None:
    assert line("hf_abc\u200bdefghijkl and pass\u200bword=x", 99) == r"\*\*\* and password=\*\*\*"


@pytest.mark.parametrize(
    "piece",
    [
        "a-",
        "token",
        "://",
        "/home/",
        "@",
        "`",
        "\\",
        "://a",
        "--a",
        ":a",
        "'",
        "\n ",
        "Bearer ",
        "\\\\a\\",
        "://a:",
        "-----BEGIN PRIVATE KEY-----",
        "/home/abc ",
        "?key=",
        "\\home\\",
        "x-amz-",
    ],
)
def test_tens_of_thousands_of_hostile_characters_are_handled_at_once(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    assert units(line(text, 80)) <= 80
    assert units(code_block(text, 900)) <= 900


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "0.0 s"),
        (0, "0.0 s"),
        (8.6, "8.6 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (200, "3 min 20 s"),
        (3599.6, "1 h 00 min"),
        (3905, "1 h 05 min"),
        (183_600, "2 d 03 h"),
    ],
)
def test_durations_read_as_a_person_would_say_them(seconds: float, shown: str) -> None:
    assert duration(timedelta(seconds=seconds)) == shown


def test_sizes_and_counts_are_short() -> None:
    assert (size(31_400_000), size(4_200_000), size(900)) == ("31 MB", "4.2 MB", "900 Bytes")
    assert (many(1, "image"), many(1000, "image")) == ("1 image", "1,000 images")


def test_slugs_are_ascii_words_cut_between_words() -> None:
    assert slug("Red fox, in (snow:1.2) – Café!", 60) == "red-fox-in-snow-1-2-cafe"
    assert slug("red fox in snow", 9) == "red-fox"
    assert slug("red fox in snow", 7) == "red-fox"
    assert slug("x" * 90, 60) == "x" * 60
    assert slug("雪の狐", 60) == ""
