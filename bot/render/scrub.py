"""Takes out of foreign text what no channel should see: home folders, tokens, passwords."""

import re

HIDDEN = "***"

_SLASH = r"(?:[\\/]|%2F|%5C){1,4}"
_HOME = re.compile(
    rf"(?:/mnt/[a-z]|/var|/export|\b[a-z]:)?{_SLASH}(?:home|users|documents and settings){_SLASH}"
    r"(?:[^\\/\r\n\"'<>:|*?%]{1,64}(?=\\)|[^\\/\s\"'<>:|*?%,;)\]}]+)",
    re.IGNORECASE,
)
_ROOT = re.compile(r"(?<![\w/.\\-])/root(?![\w.-])")
_MEDIA = re.compile(r"(?P<before>/(?:run/)?media/)[^/\s\"'<>:]+(?=/)")

_KEY = (
    r"(?:api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret|secret(?:[_-]?key)?|token|"
    r"password|passwd|passphrase|passwort|pwd|credentials?|authorization|cookie)"
)
_VALUE = r"(?:\"(?:\\.|[^\"\\\r\n])*\"|'(?:\\.|[^'\\\r\n])*'|[^\s,;&)}\]]+)"
_NAMED = re.compile(
    rf"(?P<before>{_KEY}(?:\\?[\"'])?\s*[:=]\s*(?:(?:bearer|basic|bot|token)\s+)?){_VALUE}",
    re.IGNORECASE,
)
_FLAG = re.compile(rf"(?P<before>--[\w-]{{0,30}}?{_KEY}\s+){_VALUE}", re.IGNORECASE)
_IN_URL = re.compile(r"://[^\s/\"'<>]*@")
_SCHEME = re.compile(
    r"(?P<before>\b(?:bearer\s+|(?:basic|bot|token)\s+(?=[\w.~+/=-]{16})))[\w.~+/=-]{6,}", re.IGNORECASE
)
_WEBHOOK = re.compile(r"(?P<before>/webhooks/\d{1,24}/)[\w-]+")
_TOKENS = re.compile(
    r"\beyJ[\w-]{8,}(?:\.[\w-]*){1,2}"  # a JSON web token
    r"|(?<![\w-])[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"  # a Discord bot's token
    r"|\bhf_\w{8,}|\br8_\w{16,}|\bsk-[\w-]{8,}|\bgh[pousr]_\w{16,}|\bgithub_pat_\w{16,}"
    r"|\bglpat-[\w-]{16,}|\bxox[abprs]-[\w-]{8,}|\bAKIA[0-9A-Z]{16}|\bAIza[\w-]{30,}"
)


def scrub(text: str) -> str:
    """The same text, with home folders as `~` and secrets as `***`. Takes too much rather than too little."""
    text = _IN_URL.sub(f"://{HIDDEN}@", text)
    for pattern in (_WEBHOOK, _NAMED, _FLAG, _SCHEME):
        text = pattern.sub(rf"\g<before>{HIDDEN}", text)
    text = _TOKENS.sub(HIDDEN, text)
    text = _HOME.sub("~", text)
    text = _ROOT.sub("~", text)
    return _MEDIA.sub(r"\g<before>~", text)
