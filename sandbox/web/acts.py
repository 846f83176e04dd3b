"""What a person does on the page, done through the sandbox's `Person`; what came of it, as JSON."""

import base64
from collections import OrderedDict
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sandbox.discord.answers import Answer
from sandbox.discord.foreign import Json, items
from sandbox.discord.people import Person
from sandbox.discord.rules import Upload
from sandbox.discord.state import Message
from sandbox.discord.typed import CHANNEL, MENTIONABLE, ROLE, USER, NotOffered
from sandbox.web import shown
from sandbox.web.live import LiveCard
from sandbox.web.stage import Stage

OPEN_FORMS = 50
MESSAGE_LENGTH = 2000


class Used(BaseModel):
    """A component of a message; `values` for a select."""

    model_config = ConfigDict(extra="forbid", strict=True)
    message: str = Field(pattern=r"^\d{1,20}$")
    custom_id: str = Field(max_length=100)
    values: list[str] = Field(default=[], max_length=25)


class ChosenFile(BaseModel):
    """A file that a person sends with a form or a command; `data` is base64."""

    model_config = ConfigDict(extra="forbid", strict=True)
    filename: str = Field(min_length=1, max_length=260)
    data: str

    def upload(self) -> Upload:
        """Raises NotOffered for what is no base64."""
        try:
            data = base64.b64decode(self.data, validate=True)
        except ValueError as error:
            raise NotOffered("this file can't be read") from error
        return Upload(0, self.filename, data, "application/octet-stream")


class Typed(BaseModel):
    """A command: its words, and its options in the order in which they were filled in."""

    model_config = ConfigDict(extra="forbid", strict=True)
    words: str = Field(pattern=r"^\S{1,32}( \S{1,32}){0,2}$")
    options: list[tuple[str, str | int | float | bool | ChosenFile]] = Field(default=[], max_length=25)


class Picked(BaseModel):
    """A command in the menu of a message."""

    model_config = ConfigDict(extra="forbid", strict=True)
    message: str = Field(pattern=r"^\d{1,20}$")
    name: str = Field(max_length=32)


class Filled(BaseModel):
    """A modal: `form` is the key that it came with."""

    model_config = ConfigDict(extra="forbid", strict=True)
    form: str
    fields: dict[str, str | list[str] | ChosenFile] = Field(max_length=5)


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    content: str = Field(min_length=1, max_length=MESSAGE_LENGTH)


class Acts:
    """Acts raise NotOffered for what Discord's client would not send, NoAnswer for a bot that is late."""

    def __init__(self, stage: Stage, live: LiveCard) -> None:
        self._stage = stage
        self._live = live
        self._forms: OrderedDict[str, Answer] = OrderedDict()

    async def slash(self, person: Person, given: Typed) -> Json:
        options = self._options(person, given)
        return self._came(await person.slash(self._stage.channel, given.words, **options))

    async def suggest(self, person: Person, given: Typed) -> Json:
        """What is suggested for the last option."""
        if not given.options:
            raise NotOffered("nothing is being typed")
        options = self._options(person, given, focused=True)
        choices = await person.autocomplete(self._stage.channel, given.words, **options)
        return {"choices": choices}

    async def menu(self, person: Person, given: Picked) -> Json:
        return self._came(await person.menu(self._message(given), given.name))

    async def press(self, person: Person, given: Used) -> Json:
        return self._came(await person.press(self._message(given), given.custom_id))

    async def select(self, person: Person, given: Used) -> Json:
        return self._came(await person.select(self._message(given), given.custom_id, *given.values))

    async def submit(self, person: Person, given: Filled) -> Json:
        answer = self._forms.get(given.form)
        if answer is None or answer.interaction.user is not person.user:
            raise NotOffered("this form is no longer open")
        fields = {
            name: value.upload() if isinstance(value, ChosenFile) else value
            for name, value in given.fields.items()
        }
        came = self._came(await person.submit(answer, **fields))
        self._forms.pop(given.form, None)
        return came

    async def say(self, person: Person, given: Said) -> Json:
        person.say(self._stage.channel, given.content)
        return {}

    async def dismiss(self, person: Person, given: Used) -> Json:
        self._live.dismiss(person, int(given.message))
        return {}

    def _came(self, answer: Answer) -> Json:
        """A message comes by the page's other way; only a modal is given back."""
        if answer.modal is None:
            return {}
        key = str(answer.interaction.id)
        self._forms[key] = answer
        while len(self._forms) > OPEN_FORMS:
            self._forms.popitem(last=False)
        return {"modal": answer.modal, "form": key}

    def _message(self, given: Used | Picked) -> Message:
        found = self._live.find(int(given.message))
        if found is None:
            raise NotOffered("this message is no longer there")
        return found

    def _options(self, person: Person, given: Typed, *, focused: bool = False) -> dict[str, Any]:
        """Ids become the people, roles and channels that they name."""
        kinds = self._kinds(person, given.words)
        values: dict[str, Any] = {}
        for place, (name, value) in enumerate(given.options, 1):
            typing = focused and place == len(given.options)
            values[name] = value if typing else self._value(kinds.get(name, 0), value)
        return values

    def _kinds(self, person: Person, words: str) -> dict[str, int]:
        offered = shown.commands(self._stage.discord.world, person.user, self._stage.channel)
        name, *subs = words.split() or [""]
        level = next((one for one in offered if one["name"] == name), Json())
        for sub in subs:
            level = next((one for one in items(level, "options") if one["name"] == sub), Json())
        return {one["name"]: one["type"] for one in items(level, "options")}

    def _value(self, kind: int, value: Any) -> Any:
        if isinstance(value, ChosenFile):
            return value.upload()
        if kind not in (USER, CHANNEL, ROLE, MENTIONABLE):
            return value
        guild = self._stage.guild.state
        for wanted, known in (
            (kind in (USER, MENTIONABLE), self._stage.discord.world.users),
            (kind in (ROLE, MENTIONABLE), guild.roles),
            (kind == CHANNEL, guild.channels),
        ):
            named = next((one for key, one in known.items() if str(key) == value), None)
            if wanted and named is not None:
                return named
        raise NotOffered(f"{value!r} is nobody and nothing here")
