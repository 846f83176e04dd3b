"""Takes out of foreign text what no channel should see: home folders, user names, tokens, passwords."""

import re

from bot.own_secrets import HIDDEN, hide

_SLASH = r"(?:[\\/]|%2F|%5C){1,4}"
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
_NAMED = re.compile(rf"{_KEY}(?:\\?[\"'])?\s*[:=]\s*(?:(?:bearer|basic|bot|token)\s+)?", re.IGNORECASE)
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
_KEY_WITHOUT_HEAD = re.compile(r"\A(?:(?!-----BEGIN ).)*?-----END [A-Z ]{0,30}PRIVATE KEY-----", re.DOTALL)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:(?!-----END ).)*(?:-----END [A-Z ]{0,40}-----)?", re.DOTALL
)
_SCHEME = re.compile(
    r"(?P<before>\b(?:bearer\s+|(?:basic|bot|token)\s+(?=[\w.~+/=-]{16})))[\w.~+/=-]{6,}", re.IGNORECASE
)
_WEBHOOK = re.compile(r"(?P<before>/webhooks/\d{1,24}/)[\w-]+")
_WEB_TOKEN = re.compile(r"\beyJ[\w-]{8,}+(?P<rest>\.[\w-]*+(?:\.[\w-]*+)?)?")
"""A JSON web token if it has a `rest`; without one it is taken too, lest each `eyJ` in it be tried anew."""
_TOKENS = re.compile(
    r"(?<![\w-])[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"  # a Discord bot's token
    r"|\bhf_\w{8,}|\br8_\w{16,}|\bsk-[\w-]{8,}|\bgh[pousr]_\w{16,}|\bgithub_pat_\w{16,}"
    r"|\bnpm_\w{16,}|\b[sr]k_(?:live|test)_\w{8,}|\bmfa\.[\w-]{20,}"
    r"|\bglpat-[\w-]{16,}|\bxox[abprs]-[\w-]{8,}|\bAKIA[0-9A-Z]{16}|\bAIza[\w-]{30,}"
)


def scrub(text: str) -> str:
    """The same text, with home folders as `~`, and secrets (ours in any shape) as `***`.

    Takes too much rather than too little, and time as the length of the text, whatever stands in it.
    """
    text = hide(text)
    text = _PRIVATE_KEY.sub(HIDDEN, _KEY_WITHOUT_HEAD.sub(HIDDEN, text))
    text = _IN_URL.sub(f"://{HIDDEN}@", text)
    text = _CUT_URL.sub(f"://{HIDDEN}", text)
    for pattern in (_WEBHOOK, _FLAG, _QUERY, _SCHEME):
        text = pattern.sub(rf"\g<before>{HIDDEN}", text)
    text = _WEB_TOKEN.sub(lambda token: token[0] if token["rest"] is None else HIDDEN, text)
    text = _without_named(_TOKENS.sub(HIDDEN, text))
    people = _people(text)
    for pattern in (_SHARE, _HOME):
        text = pattern.sub("~", text)
    text = _ROOT.sub("~", text)
    text = _MEDIA.sub(r"\g<before>~", text)
    for name in people:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", HIDDEN, text, flags=re.IGNORECASE)
    return text


def _without_named(text: str) -> str:
    """Hides the value after each `password=`, also where that stands in the value of another one."""
    kept: list[str] = []
    shown = 0
    for name in _NAMED.finditer(text):
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
