"""A small CRM for the benchmark of apply: `crm.py RATE` serves people on loopback, and prints its port.

It takes one person or many in a call, commits before it answers, and counts the writes, the moments of the first and
the last one, and the answers 429 to what comes above RATE requests in any second (0: no limit). GET /_stats tells, and
begins to count anew; GET /_empty forgets the people as well.
"""

import asyncio
import json
import socket
import sys
import time
from collections import deque
from typing import Any
from urllib.parse import parse_qs, urlsplit

REASONS = {200: "OK", 201: "Created", 404: "Not Found", 422: "Unprocessable Entity", 429: "Too Many Requests"}


class Crm:
    """What it holds, and what came in since it was last asked."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.people: list[dict[str, Any]] = []
        self.recent: deque[float] = deque()
        self.forget()

    def forget(self) -> None:
        """Begin to count anew."""
        self.first = self.last = self.asked = 0.0
        self.requests = self.written = self.refused = 0

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
        """Give the status and the data of an answer."""
        url = urlsplit(target)
        if url.path == "/_empty":
            self.people.clear()
        if url.path in {"/_stats", "/_empty"}:
            told = {"first": self.first, "last": self.last, "asked": self.asked, "written": self.written}
            told |= {"requests": self.requests, "refused": self.refused}
            self.forget()
            return 200, told
        now = time.monotonic()
        self.requests += 1
        self.asked = self.asked or time.time()
        if self._is_too_fast(now):
            self.refused += 1
            return 429, {"error": "too many requests"}
        if method == "GET":
            return self._read(url.path, parse_qs(url.query))
        data = json.loads(body)
        self.first = self.first or now
        ids = [self._create(one) for one in (data if isinstance(data, list) else [data])]
        self.last = time.monotonic()
        return (200, {"made": [{"id": one} for one in ids]}) if isinstance(data, list) else (201, {"id": ids[0]})

    def _is_too_fast(self, now: float) -> bool:
        if not self.rate:
            return False
        while self.recent and self.recent[0] <= now - 1:
            self.recent.popleft()
        self.recent.append(now)
        return len(self.recent) > self.rate

    def _read(self, path: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        number = path.rpartition("/")[2]
        if number.isdigit() and 0 < int(number) <= len(self.people):
            return 200, self.people[int(number) - 1]
        page, limit = (int(query.get(name, ["1"])[0]) for name in ("page", "limit"))
        return 200, {"data": self.people[(page - 1) * limit : page * limit], "total": len(self.people)}

    def _create(self, person: dict[str, Any]) -> int:
        self.people.append({**person, "id": len(self.people) + 1})
        self.written += 1
        return len(self.people)


class Wire(asyncio.Protocol):
    """One connection."""

    def __init__(self, crm: Crm) -> None:
        self._crm = crm
        self._data = b""

    def connection_made(self, transport: Any) -> None:
        """Wait for no delayed acknowledgement, which costs 40 ms a request."""
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        self._data += data
        while b"\r\n\r\n" in self._data:
            head, _, rest = self._data.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            length = int(headers.get("content-length", 0))
            if len(rest) < length:
                return
            self._data = rest[length:]
            method, target, _version = first.split(" ")
            self._send(*self._crm.answer(method, target, rest[:length]))

    def _send(self, status: int, data: Any) -> None:
        body = json.dumps(data).encode()
        head = f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        more = "\r\nRetry-After: 1" if status == 429 else ""
        self._transport.write(f"{head}{more}\r\n\r\n".encode() + body)


async def main() -> None:
    """Serve until the process is ended."""
    crm = Crm(int(sys.argv[1]))
    server = await asyncio.get_running_loop().create_server(lambda: Wire(crm), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
