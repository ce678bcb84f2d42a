"""Who we are: secrets put into requests at the last moment, and sessions that are renewed once for all in flight."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from migrator.connectors.rest.bodies import Request
from migrator.connectors.rest.definition import Auth, Definition, Login
from migrator.connectors.rest.json_text import dump_json, load_json
from migrator.connectors.rest.secret import Secret
from migrator.connectors.rest.settings import Connection
from migrator.connectors.rest.substitution import at_path
from migrator.errors import Problem, TargetError

Send = Callable[[Request], Awaitable[Any]]


class Session:
    """The secrets of one account, with the session key if the CRM wants a login; `number` counts the logins."""

    def __init__(self, definition: Definition, connection: Connection) -> None:
        self._name = definition.name
        self._auth: Auth = definition.auth
        self._connection = connection
        self._values: dict[str, str | Secret] = dict(connection.values)
        self._turn = asyncio.Lock()
        self._refusal: Problem | None = None
        self.number = 0

    @property
    def has_login(self) -> bool:
        """Tell whether a session key must be asked for."""
        return self._auth.login is not None

    def header(self) -> dict[str, str]:
        """Give the headers, secrets filled in."""
        header = self._filled(self._auth.header)
        if self._auth.basic is None:
            return header
        user, password = (self._filled({"": text})[""] for text in self._auth.basic)
        return {**header, "Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}

    def query(self) -> dict[str, str]:
        """Give the query parameters, secrets filled in."""
        return self._filled(self._auth.query)

    def form(self) -> dict[str, str]:
        """Give the fields that join every form, secrets filled in."""
        return self._filled(self._auth.form)

    async def renew(self, seen: int, send: Send) -> None:
        """Log in, unless somebody did so since the session with the number `seen`. Raises TargetError.

        A login that was refused is not tried again, since that may lock the account.
        """
        login = self._auth.login
        async with self._turn:
            if login is None or self.number != seen:
                return
            if self._refusal is not None:
                raise TargetError(self._refusal)
            answer = await send(self._login_request(login))
            try:
                data = load_json(answer.body, answer.charset)
            except ValueError:
                data = None
            key = at_path(data, login.session)
            if answer.status != 200 or not isinstance(key, str) or not key:  # noqa: PLR2004 - success
                hint = "are the key and its user still good?"
                fact = f"the login was refused ({answer.status})"
                self._refusal = Problem(code="E902", place=self._name, fact=fact, hint=hint)
                raise TargetError(self._refusal)
            self._values["session"] = Secret(key)
            for setting, path in login.rotates.items():
                self._replace(setting, at_path(data, path))
            self.number += 1

    def _replace(self, setting: str, found: Any) -> None:
        """Take a rotated token, and write it back to where it came from, since the old one is of no use any more."""
        if isinstance(found, str) and found:
            self._values[setting] = Secret(found)
            try:
                self._connection.keep(setting, found)
            except OSError as error:
                fact = f"the new '{setting}' cannot be kept: {error.strerror}"
                hint = "let its file be written, and put a fresh one into it"
                raise TargetError(Problem(code="E019", place=self._name, fact=fact, hint=hint)) from None

    def _login_request(self, login: Login) -> Request:
        fields = self._filled(login.put)
        url = self._filled({"url": login.url})["url"]
        asked = Request(method=login.method, path=url or login.path, is_login=True)
        if login.method == "GET":
            return replace(asked, query=fields)
        is_form = login.body == "form"
        return replace(asked, form=tuple(fields.items())) if is_form else replace(asked, body=dump_json(fields))

    def _filled(self, templates: Mapping[str, str]) -> dict[str, str]:
        if not templates:
            return {}
        plain = {name: value.reveal() if isinstance(value, Secret) else value for name, value in self._values.items()}
        return {name: template.format(**{"session": "", **plain}) for name, template in templates.items()}
