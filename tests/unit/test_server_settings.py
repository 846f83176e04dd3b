"""Several InvokeAIs in the settings: in INVOKEAI_SERVERS, or in tables of the TOML file."""

from pathlib import Path

import pytest

from bot import settings
from bot.errors import SettingWrong
from bot.own_secrets import hide, register

TWO = "studio=http://10.0.0.5:9090, attic=https://me:hunter22@box.example/invoke/"
STUDIO = '[servers.studio]\nurl = "http://10.0.0.5:9090"\n'
URL_FIX = (
    "Give InvokeAI's address, such as http://127.0.0.1:9090; in a password write %40 for @, %3A for :, "
    "%2F for / and %23 for #."
)


@pytest.fixture(autouse=True)
def an_empty_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def toml(text: str) -> None:
    Path("invokeai-discord.toml").write_text(text, encoding="utf-8")


def sentences() -> list[str]:
    with pytest.raises(SettingWrong) as caught:
        settings.load()
    return str(caught.value).splitlines()


def test_without_names_there_is_one_invokeai_of_the_name_invokeai() -> None:
    [only] = settings.load().servers
    assert (only.name, only.url, only.queue_id) == ("invokeai", "http://127.0.0.1:9090", "default")


@pytest.mark.parametrize("place", ["environment", ".env", "toml"])
def test_each_name_and_address_is_an_invokeai_in_the_order_given(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place == "environment":
        monkeypatch.setenv("INVOKEAI_SERVERS", TWO)
    elif place == ".env":
        Path(".env").write_text(f"INVOKEAI_SERVERS={TWO}\n", encoding="utf-8")
    else:
        toml(f'INVOKEAI_SERVERS = "{TWO}"\n')
    loaded = settings.load()
    assert [(each.name, each.address) for each in loaded.servers] == [
        ("studio", "http://10.0.0.5:9090"),
        ("attic", "https://box.example/invoke"),
    ]
    assert "hunter22" not in f"{loaded!r} {loaded.servers!r}"


def test_account_queue_and_headers_hold_for_each_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVOKEAI_SERVERS", "studio=http://a,attic=http://b")
    monkeypatch.setenv("INVOKEAI_EMAIL", "me@box.example")
    monkeypatch.setenv("INVOKEAI_PASSWORD", "hunter22")
    monkeypatch.setenv("INVOKEAI_QUEUE_ID", "night")
    monkeypatch.setenv("INVOKEAI_HEADERS", '{"X-Key": "word"}')
    for each in settings.load().servers:
        assert each.password is not None
        assert (each.email, each.password.get_secret_value()) == ("me@box.example", "hunter22")
        assert (each.queue_id, list(each.headers)) == ("night", ["X-Key"])


def test_a_table_holds_all_of_an_invokeai_and_the_other_settings_what_it_leaves_out() -> None:
    Path("secret").write_text("of-attic\n", encoding="utf-8")
    toml(
        'INVOKEAI_EMAIL = "all@box.example"\nINVOKEAI_PASSWORD = "of-all"\nINVOKEAI_QUEUE_ID = "night"\n'
        f"{STUDIO}"
        '[servers.attic]\nURL = "http://b"\nemail = "a@box.example"\npassword_file = "secret"\n'
        'queue_id = "default"\npublic_url = "https://b.example"\nca_file = "ca.pem"\n'
        'headers = {"X-Key" = "w"}\n'
        '[servers.cellar]\nurl = "http://c"\nemail = ""\n'
        '[servers.shed]\nurl = "http://d"\nemail = "d@box.example"\npassword = "of-shed"\n'
    )
    found = {each.name: each for each in settings.load().servers}
    told = {
        name: (each.email, each.password and each.password.get_secret_value(), each.queue_id)
        for name, each in found.items()
    }
    assert told == {
        "studio": ("all@box.example", "of-all", "night"),
        "attic": ("a@box.example", "of-attic", "default"),
        "cellar": ("", None, "night"),
        "shed": ("d@box.example", "of-shed", "night"),
    }
    attic = found["attic"]
    assert (attic.public_url, attic.ca_file, list(attic.headers)) == (
        "https://b.example",
        Path("ca.pem"),
        ["X-Key"],
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            "http://10.0.0.5:9090",
            (
                "INVOKEAI_SERVERS is wrong. Give a name and an address for each InvokeAI, such as "
                "studio=http://10.0.0.5:9090, attic=http://10.0.0.6:9090."
            ),
        ),
        (
            "Studio A=http://a",
            (
                "INVOKEAI_SERVERS names an InvokeAI Studio A. A name has 1 to 20 of a-z, 0-9 and -, such as "
                "studio-a."
            ),
        ),
        (
            "http://me:hunter22@box?a=http://b",
            "INVOKEAI_SERVERS names an InvokeAI …. A name has 1 to 20 of a-z, 0-9 and -.",
        ),
        ("studio=box", f"INVOKEAI_SERVERS has a wrong address for studio. {URL_FIX}"),
        (
            "a=http://a, a=http://b",
            (
                "INVOKEAI_SERVERS has one name twice. Give a name and an address for each InvokeAI, such as "
                "studio=http://10.0.0.5:9090, attic=http://10.0.0.6:9090."
            ),
        ),
        (
            "a=http://Box:80/, b=http://me:hunter22@box",
            "a and b are the same InvokeAI and the same queue. Take one of them out, or correct its address.",
        ),
    ],
)
def test_a_wrong_list_is_named_with_its_fix(
    given: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVOKEAI_SERVERS", given)
    assert sentences() == [sentence]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("[servers.studio]\n", f"[servers.studio] has no url. {URL_FIX}"),
        (STUDIO + 'queue_id = "a b"\n', "queue_id of [servers.studio] is wrong. Give a queue's name;"),
        (STUDIO + 'emial = "a"\n', "Unknown setting emial in [servers.studio]. Did you mean email?"),
        (
            STUDIO + 'invokeai_email = "a"\n',
            "Unknown setting invokeai_email in [servers.studio]. Did you mean",
        ),
        (STUDIO + 'colour = "a"\n', "Unknown setting colour in [servers.studio]. Take it out;"),
        (
            '[servers.Attic]\nurl = "http://a"\n',
            "invokeai-discord.toml names an InvokeAI Attic. A name has 1",
        ),
        (
            STUDIO + 'email = "a@b"\n',
            "[servers.studio] has an e-mail but no password. Add password or password_file, or email",
        ),
        (
            STUDIO + 'password_file = "hunter22"\n',
            "password_file of [servers.studio] names no file that can be read.",
        ),
        (
            "[servers]\n",
            "[servers] in invokeai-discord.toml is wrong. Write a table for each InvokeAI, such as",
        ),
        ('servers = "a"\n', "[servers] in invokeai-discord.toml is wrong. Write a table for each InvokeAI"),
        (
            '[servers]\na = "http://a"\n',
            "[servers.a] in invokeai-discord.toml is wrong. Write a table for each",
        ),
        ("[server.studio]\n", "Unknown setting SERVER in invokeai-discord.toml. Did you mean SERVERS?"),
        (
            f"INVOKEAI_SERVERS = 'a=http://a'\n{STUDIO}",
            "INVOKEAI_SERVERS and [servers.NAME] exclude each other. Keep one of them.",
        ),
        (
            f"INVOKEAI_URL = 'http://a'\n{STUDIO}",
            "INVOKEAI_URL and [servers.NAME] exclude each other. Take INVOKEAI_URL out, and give that",
        ),
        (
            f"INVOKEAI_PUBLIC_URL = 'http://a'\n{STUDIO}",
            "INVOKEAI_PUBLIC_URL and [servers.NAME] exclude each other. Give each InvokeAI a public_url",
        ),
    ],
)
def test_a_wrong_table_is_named_with_its_fix(given: str, sentence: str) -> None:
    toml(given)
    [said] = sentences()
    assert said.startswith(sentence)
    assert said.endswith((".", "?"))
    assert "hunter22" not in said


def test_an_address_of_its_own_excludes_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVOKEAI_SERVERS", "a=http://a")
    monkeypatch.setenv("INVOKEAI_URL", "http://b")
    [said] = sentences()
    assert said.startswith("INVOKEAI_URL and INVOKEAI_SERVERS exclude each other.")


def test_an_empty_address_excludes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVOKEAI_SERVERS", "a=http://a")
    monkeypatch.setenv("INVOKEAI_URL", "")
    assert [each.name for each in settings.load().servers] == ["a"]


def test_all_that_is_wrong_with_the_tables_is_named_at_once() -> None:
    toml('colour = 1\n[servers.A]\nurl = "x"\nemial = "a"\n[servers.b]\n')
    assert [said.split(". ")[0] for said in sentences()] == [
        "Unknown setting COLOUR in invokeai-discord.toml",
        "invokeai-discord.toml names an InvokeAI A",
        "url of [servers.A] is wrong",
        "Unknown setting emial in [servers.A]",
        "[servers.b] has no url",
    ]


def test_two_queues_of_one_address_are_two_servers() -> None:
    toml(STUDIO + '[servers.night]\nurl = "http://10.0.0.5:9090"\nqueue_id = "night"\n')
    assert [each.queue_id for each in settings.load().servers] == ["default", "night"]


def test_the_example_of_the_docs_is_taken() -> None:
    page = (Path(__file__).parents[2] / "docs" / "running.md").read_text("utf-8")
    Path("secret").write_text("hunter22", encoding="utf-8")
    toml(
        page.split("```toml\n", 1)[1]
        .split("```", 1)[0]
        .replace("/etc/invokeai-discord/studio-password", "secret")
    )
    assert [each.name for each in settings.load().servers] == ["studio", "attic", "night"]


def test_the_secrets_of_a_table_are_taken_out_of_every_text(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("secret").write_text("of-a-file\n", encoding="utf-8")
    toml(
        '[servers.a]\nurl = "http://me:of-a-proxy@a"\nemail = "a@b"\npassword = "of-a-table"\n'
        'headers = {"X-Key" = "of-a-header"}\n'
        '[servers.b]\nurl = "http://b"\nemail = "a@b"\npassword_file = "secret"\n'
    )
    monkeypatch.setattr("bot.own_secrets._forms", [])
    loaded = settings.load()
    register(loaded)
    for secret in ("of-a-proxy", "of-a-table", "of-a-header", "of-a-file"):
        assert secret not in hide(f"-{secret}-")
        assert secret not in repr(loaded)
