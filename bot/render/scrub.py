"""Takes out of foreign text what no channel should see: home folders, user names, tokens, passwords."""

import re
from string import ascii_lowercase, ascii_uppercase

from bot.own_secrets import HIDDEN, hide

_SLASH = r"(?:[\\/]|%2F|%5C){1,4}+"
_HOME = re.compile(
    rf"(?:/mnt/[a-z]|/var|/export|\b[a-z]:)?{_SLASH}(?:home|users|documents and settings){_SLASH}"
    r"(?P<name>[^\\/\r\n\"'<>:|*?%]{1,64}(?=\\)|[^\\/\s\"'<>:|*?%,;)\]}]+)",
    re.IGNORECASE,
)
_NOBODY = frozenset(
    {
        *("admin", "administrator", "all", "app", "default", "guest", "home", "invoke", "invokeai", "node"),
        *("public", "root", "runner", "service", "shared", "ubuntu", "user", "users", "www-data"),
    }
)
"""Folders among the home folders that name no person."""
_MIN_NAME = 3
_MAX_NAMES = 4
_SHARE = re.compile(
    r"(?<![\w\\:])(?:\\{2}|\\{4})(?!\?|\.\\)[\w.$-]{1,64}(?:\\{1,2}[^\\/\s\"'<>:|*?,;)\]}]{1,64}){1,2}"
)
"""A folder of another machine: its name, the share's, and the first folder, which may be a person's."""
_ROOT = re.compile(r"(?<![\w/.\\-])/root(?![\w.-])")
_MEDIA = re.compile(r"(?P<before>/(?:run/)?media/)[^/\s\"'<>:]+(?=/)")

_KEY = (
    r"(?:api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret|secret(?:[_-]?key)?|token|"
    r"password|passwd|passphrase|passwort|pwd|credentials?|authorization|cookie)"
)
_VALUE = r"(?:\"(?:\\.|[^\"\\\r\n])*\"|'(?:\\.|[^'\\\r\n])*'|[^\s,;&)}\]]+)"
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
"""Keeps every place, as `lower` does not. Patterns of small letters alone find where they begin sooner."""
_NAMED = re.compile(rf"{_KEY}(?:\\?[\"'])?\s*[:=]\s*(?:(?:bearer|basic|bot|token)\s+)?")
_NAMED_VALUE = re.compile(_VALUE)
_FLAG = re.compile(
    rf"(?P<before>(?<![\w-])--[\w-]{{0,30}}?{_KEY}\s+(?:(?:bearer|basic|bot|token)\s+)?){_VALUE}",
    re.IGNORECASE,
)
_IN_URL = re.compile(r"://[^\s/\"'<>]*@")
_CUT_URL = re.compile(r"://[^\s/@:\[\]\"'<>]{0,200}:(?!\d{1,5}(?:\.?(?:\s|$)|[^\w.%-]))[^\s/@\[\]\"'<>,;)}]+")
"""A user and a password whose `@` was cut off; a port is a number."""
_QUERY = re.compile(
    r"(?P<before>[?&;](?:key|sig|signature|auth|code|sid|session|jwt|sas|x-amz-[\w-]{1,40}|x-goog-[\w-]{1,40})=)"
    r"[^\s&\"'<>]+",
    re.IGNORECASE,
)
_KEY_BEGIN = "-----BEGIN "
_KEY_END = re.compile(r"-----END [A-Z ]{0,30}PRIVATE KEY-----")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:(?!-----END ).)*(?:-----END [A-Z ]{0,40}-----)?", re.DOTALL
)
_SCHEME = re.compile(
    r"(?P<before>\b(?:bearer\s+|(?:basic|bot|token)\s+(?=[\w.~+/=-]{16})))[\w.~+/=-]{6,}", re.IGNORECASE
)
_WEBHOOK = re.compile(r"(?P<before>/webhooks/\d{1,24}/)[\w-]+")
_WEB_TOKEN = re.compile(r"\beyJ[\w-]{8,}+(?P<rest>\.[\w-]*+(?:\.[\w-]*+)?)?")
"""A JSON web token if it has a `rest`; without one it is taken too, lest each `eyJ` in it be tried anew."""
_BOT_TOKEN = re.compile(r"(?<![\w-])[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}")
"""A Discord bot's."""
_TOKENS = {
    "hf_": r"\w{8,}",
    "r8_": r"\w{16,}",
    "sk-": r"[\w-]{8,}",
    "npm_": r"\w{16,}",
    "mfa\\.": r"[\w-]{20,}",
    "gh[pousr]_": r"\w{16,}",
    "github_pat_": r"\w{16,}",
    "[sr]k_(?:live|test)_": r"\w{8,}",
    "glpat-": r"[\w-]{16,}",
    "xox[abprs]-": r"[\w-]{8,}",
    "AKIA": r"[0-9A-Z]{16}",
    "AIza": r"[\w-]{30,}",
}
"""How they begin, at the beginning of a word, and go on."""
_TOKEN = re.compile("|".join(rf"{begin}(?<!\w{begin}){rest}" for begin, rest in _TOKENS.items()))


def scrub(text: str) -> str:
    """The same text, with home folders as `~`, and secrets (ours in any shape) as `***`.

    Takes too much rather than too little, and time as the length of the text, whatever stands in it.
    """
    text = _PRIVATE_KEY.sub(HIDDEN, _without_end_of_key(hide(text)))
    text = _IN_URL.sub(f"://{HIDDEN}@", text)
    text = _CUT_URL.sub(f"://{HIDDEN}", text)
    for pattern in (_WEBHOOK, _FLAG, _QUERY, _SCHEME):
        text = pattern.sub(rf"\g<before>{HIDDEN}", text)
    text = _WEB_TOKEN.sub(lambda token: token[0] if token["rest"] is None else HIDDEN, text)
    text = _without_named(_TOKEN.sub(HIDDEN, _BOT_TOKEN.sub(HIDDEN, text)))
    people = _people(text)
    for pattern in (_SHARE, _HOME):
        text = pattern.sub("~", text)
    text = _ROOT.sub("~", text)
    text = _MEDIA.sub(r"\g<before>~", text)
    for name in people:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", HIDDEN, text, flags=re.IGNORECASE)
    return text


def _without_end_of_key(text: str) -> str:
    """Hides a private key whose head was cut off."""
    end = _KEY_END.search(text)
    if end is None or _KEY_BEGIN in text[: end.start()]:
        return text
    return f"{HIDDEN}{text[end.end() :]}"


def _without_named(text: str) -> str:
    """Hides the value after each `password=`, also where that stands in the value of another one."""
    kept: list[str] = []
    shown = 0
    for name in _NAMED.finditer(text.translate(_LOWER)):
        if name.end() < shown and text[name.end()] not in "\"'":
            continue  # without quotes it ends where the value around it ends, or before
        value = _NAMED_VALUE.match(text, name.end())
        if value is None or value.end() <= shown:
            continue
        if value.start() >= shown:
            kept += [text[shown : value.start()], HIDDEN]
        shown = value.end()
    return "".join([*kept, text[shown:]])


def _people(text: str) -> list[str]:
    """Whose home folders the text names: it may name them elsewhere, too."""
    names = dict.fromkeys(match["name"].strip().lower() for match in _HOME.finditer(text))
    people = (name for name in names if name not in _NOBODY and len(name) >= _MIN_NAME)
    return list(people)[:_MAX_NAMES]
