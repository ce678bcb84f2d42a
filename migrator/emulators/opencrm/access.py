"""Who may ask: a pair of keys in every request, in its parameters or headers, or the access key of a login."""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from migrator.emulators.messages import Request
from migrator.emulators.opencrm.options import OpenCrmOptions
from migrator.emulators.opencrm.parameters import ACCESS_KEY, KEYS, PASS_KEY
from migrator.emulators.opencrm.refusals import UNAUTHORIZED, refused
from migrator.ports import Clock, Rng


def is_blocked(request: Request, options: OpenCrmOptions) -> bool:
    """Tell whether the firewall turns a client away, which knows it by its user agent."""
    agent = request.headers.get("user-agent", "").casefold()
    return any(word in agent for word in options.blocked_agents)


class Access:
    """The keys of a system, and the access keys that its logins gave out."""

    def __init__(self, rng: Rng, clock: Clock, options: OpenCrmOptions) -> None:
        self._rng = rng
        self._clock = clock
        self._names = (options.key_parameter,) if options.key_parameter else KEYS
        self._idle = timedelta(seconds=options.idle_seconds)
        self._last_used: dict[str, datetime] = {}
        self.key, self.passkey = rng.token(), rng.token()

    def regenerate(self) -> None:
        """Replace both keys, and end all sessions (inferred)."""
        self.key, self.passkey = self._rng.token(), self._rng.token()
        self._last_used.clear()

    def login(self, request: Request, parameters: Mapping[str, str]) -> str:
        """Give out a new access key for the pair of keys. Raises Refusal without it."""
        if not self._has_keys(request, parameters):
            raise refused(UNAUTHORIZED)
        access_key = self._rng.token()
        self._last_used[access_key] = self._clock.now()
        return access_key

    def admit(self, request: Request, parameters: Mapping[str, str]) -> None:
        """Let a request pass if one of the three ways is right, since "you only need to provide" one (vendor).

        Raises Refusal otherwise.

        An access key "will time out if there is a period of no requests being received from that session" (vendor).
        """
        if self._has_keys(request, parameters):
            return
        now, access_key = self._clock.now(), parameters.get(ACCESS_KEY, "")
        last_used = self._last_used.get(access_key)
        if last_used is None or now - last_used > self._idle:
            self._last_used.pop(access_key, None)
            raise refused(UNAUTHORIZED)
        self._last_used[access_key] = now

    def _has_keys(self, request: Request, parameters: Mapping[str, str]) -> bool:
        pairs = [(parameters.get(name, ""), parameters.get(PASS_KEY, "")) for name in self._names]
        pairs.append((request.headers.get("key1", ""), request.headers.get("key2", "")))
        mine = f"{self.key}\n{self.passkey}".encode()
        return any(hmac.compare_digest(f"{key}\n{passkey}".encode(errors="replace"), mine) for key, passkey in pairs)
