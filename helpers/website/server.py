"""The web server: answers as slowly and as wrongly as it is told, and counts what it sees."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from aiohttp import web

from helpers.website.faults import Bucket, Settings, fate
from helpers.website.site import Seen

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
}
CAN_FAIL = {".html", ".png", ".jpg"}


class File(NamedTuple):
    """A file of the website, held in memory; only pages and pictures can be late and go wrong."""

    body: bytes
    kind: str
    can_fail: bool


def read_files(folder: Path) -> dict[str, File]:
    """Return the website's files by path; what is not in this table cannot be asked for."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in KINDS and path.is_file():
            name = "/" + path.relative_to(folder).as_posix()
            files[name] = File(path.read_bytes(), KINDS[path.suffix], path.suffix in CAN_FAIL)
            if path.name == "index.html":
                files[name.removesuffix("index.html")] = files[name]
    return files


def plain(status: int, text: str, **headers: str) -> web.Response:
    """Return a short answer in plain text, Retry_After=... becoming the header Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(status=status, text=f"{status}: {text}\n", headers=named)


async def start(folder: Path, port: int) -> tuple[Server, int]:
    """Serve the folder on a port of 127.0.0.1 (0: a free one); return the server and its port."""
    server = Server(read_files(folder))
    runner = web.ServerRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    return server, int(runner.addresses[0][1])


class Server(web.Server):
    """Answers the requests and counts them and their connections."""

    def __init__(self, files: dict[str, File]):
        super().__init__(
            self.answer, handler_cancellation=True, access_log=None, keepalive_timeout=3600
        )
        self.files = files
        self.settings = Settings()
        self.open: dict[web.RequestHandler, bool] = {}  # each connection: is it within the limit?
        self.reset()

    def reset(self) -> None:
        """Begin the counts and the faults anew."""
        self.seen = Seen(peak_connections=len(self.open))
        self.serving: set[int] = set()  # the ids of the requests of these counts
        self.turns: Counter[str] = Counter()
        self.bucket = Bucket(self.settings.rate_limit)

    async def obey(self, question: dict[str, Any]) -> dict[str, Any]:
        """Do what one line from the parent asks, and return the answer."""
        if "seen" in question:
            return vars(self.seen) | {"open_connections": len(self.open)}
        if "reset" in question:
            self.reset()
        if "set" in question:
            self.settings = Settings(**question["set"])
            if self.settings.rate_limit != self.bucket.rate:
                self.bucket = Bucket(self.settings.rate_limit)
        return {}

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Count a connection that was accepted."""
        super().connection_made(handler, transport)
        limit = self.settings.max_connections
        self.open[handler] = limit is None or sum(self.open.values()) < limit
        self.seen.connections += 1
        self.seen.peak_connections = max(self.seen.peak_connections, len(self.open))

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        """Count a connection that has ended."""
        super().connection_lost(handler, exc)
        self.open.pop(handler, None)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, counting it before its client can ask for the counts."""
        seen, serving = self.seen, self.serving  # a reset begins with others
        seen.requests += 1
        seen.paths[request.path] += 1
        serving.add(id(request))
        seen.peak_requests = max(seen.peak_requests, len(serving))
        try:
            response = await self.respond(request)
        except asyncio.CancelledError:  # its client has closed the connection
            seen.given_up += 1
            raise
        finally:
            serving.discard(id(request))
        if response is None:
            seen.dropped += 1
            return await break_off(request, self.files[request.path])
        seen.statuses[response.status] += 1
        return response

    async def respond(self, request: web.BaseRequest) -> web.Response | None:
        """Return the answer to a request, None where the connection is to break."""
        if not self.open.get(request.protocol, True):
            refusal = plain(503, "too many connections", Retry_After="1")
            refusal.force_close()
            return refusal
        if request.method not in ("GET", "HEAD"):
            return plain(405, "only GET and HEAD", Allow="GET, HEAD")
        file = self.files.get(request.path)
        if file is None:
            return plain(404, "no such page")
        if file.can_fail:
            return await self.serve_slowly(file, request)
        return web.Response(body=file.body, headers={"Content-Type": file.kind})

    async def serve_slowly(self, file: File, request: web.BaseRequest) -> web.Response | None:
        """Return a file, or what the settings make of it at the time of its request."""
        if wait := self.bucket.take():
            return plain(429, "too many requests", Retry_After=str(wait))
        address = f"{request.path}?{request.query_string}"
        delay, outcome = fate(self.settings, address, self.turns[address])
        self.turns[address] += 1
        await asyncio.sleep(delay)
        if outcome == "drop":
            return None
        if outcome == "error":
            return plain(500, "the server has made an error (on purpose)")
        return web.Response(body=file.body, headers={"Content-Type": file.kind})


async def break_off(request: web.BaseRequest, file: File) -> web.StreamResponse:
    """Announce a file, send half of it and drop the connection: every client notices that.

    Without any answer at all aiohttp would quietly ask again, once, on a connection old or new.
    """
    size = str(len(file.body))
    response = web.StreamResponse(headers={"Content-Type": file.kind, "Content-Length": size})
    if request.method == "GET":
        await response.prepare(request)
        await response.write(file.body[: len(file.body) // 2])
    if request.transport is not None:
        request.transport.abort()
    return response
