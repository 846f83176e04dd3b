"""Where an InvokeAI answers, and what it and a proxy before it ask of whoever comes."""

import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from yarl import URL

from bot.errors import SettingWrong
from bot.settings.servers import SettingNames

DEFAULT_QUEUE = "default"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`url` may hold a name and a password for a proxy. `headers` go with every request.

    `ca_file` is a PEM file whose authorities are trusted beside the system's. SettingWrong where any of it
    can't be used, or where two of it exclude each other.
    """

    url: str = field(repr=False)
    queue_id: str = DEFAULT_QUEUE
    email: str | None = None
    password: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    ca_file: Path | None = None
    names: SettingNames = field(default_factory=SettingNames)

    def __post_init__(self) -> None:
        names = self.names
        in_url = self._whole.user is not None or self._whole.password is not None
        in_headers = any(name.lower() == "authorization" for name in self.headers)
        if self.email and (in_url or in_headers):
            where = f"{names.url} has a name and password" if in_url else f"{names.headers} has a login"
            raise SettingWrong(
                f"{where} for a proxy, and {names.email} an account, but a request can carry only one of "
                "them. Give the proxy another header, or lead the bot around it."
            )
        if in_url and in_headers:
            raise SettingWrong(
                f"{names.url} has a name and password, and {names.headers} a login too. Keep one of them."
            )
        self.tls()

    @property
    def base(self) -> URL:
        """Without a trailing slash, and without name and password."""
        url = self._whole.with_user(None)
        return url.with_path(url.raw_path.rstrip("/"), encoded=True)

    @property
    def address(self) -> str:
        """As a person may see it."""
        return str(self.base).rstrip("/")

    def request_headers(self, token: str | None = None) -> dict[str, str]:
        """For one request; `token` is that of an account."""
        headers = dict(self.headers)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        elif self._whole.user is not None or self._whole.password is not None:
            name, password = self._whole.user or "", self._whole.password or ""
            login = b64encode(f"{name}:{password}".encode()).decode()
            headers["Authorization"] = f"Basic {login}"
        return headers

    def tls(self) -> ssl.SSLContext | bool:
        """For aiohttp's `ssl`; True trusts what the system trusts."""
        if self.ca_file is None:
            return True
        context = ssl.create_default_context()
        try:
            context.load_verify_locations(cafile=self.ca_file)
        except OSError:  # not there, or not PEM
            raise SettingWrong(
                f"{self.names.ca_file} is no PEM file that can be read. Give the certificate of the "
                "authority that the proxy's certificate comes from."
            ) from None
        return context

    @property
    def _whole(self) -> URL:
        try:
            return URL(self.url).with_query(None).with_fragment(None)
        except ValueError:  # its message may hold a piece of the password
            raise SettingWrong(
                f"{self.names.url} is wrong. Give InvokeAI's address, such as http://127.0.0.1:9090."
            ) from None
