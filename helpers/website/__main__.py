"""The practice website's own process: the server, its line to the parent, and its end.

Started by process.py as `python -m helpers.website PARENT PORT FOLDER`. It reads one JSON line a
question from stdin and answers each with one on stdout, and it ends as soon as its parent has.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.website.server import Server

GLANCE = 0.1  # seconds between two looks at whether the parent lives


def tell(number: int, **answer: Any) -> None:
    """Send the parent one line."""
    print(json.dumps({"number": number, **answer}), flush=True)


def listen(server: Server, loop: asyncio.AbstractEventLoop) -> None:
    """Do what the parent asks until the pipe ends, then end this process."""
    try:
        for line in sys.stdin:
            question = json.loads(line)
            answer = asyncio.run_coroutine_threadsafe(server.obey(question), loop).result()
            tell(question["number"], **answer)
    finally:
        os._exit(0)


async def serve(parent: int, port: int, folder: Path) -> None:
    """Serve the folder for as long as the parent lives."""
    from helpers.website.server import start  # here, so that main() can report a missing aiohttp

    server, port = await start(folder, port)
    threading.Thread(target=listen, args=(server, asyncio.get_running_loop()), daemon=True).start()
    tell(0, port=port)
    # A forked child of the parent may hold the pipe open, so its end is not all to watch for.
    while os.name != "posix" or os.getppid() == parent:
        await asyncio.sleep(GLANCE)
    os._exit(0)


def allow_many_connections() -> None:
    """Raise the number of files this process may open, often 256 or 1,024, towards 8,192."""
    if os.name == "posix":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 8192 if hard == resource.RLIM_INFINITY else min(hard, 8192)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def why_not(error: Exception, port: int) -> str:
    """Return one line on why the server could not start, with the way out."""
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        if not port:  # the system was to choose one
            return "no port of this machine is free; close() the websites that you no longer need"
        why = f"port {port} is taken by another program"
    elif isinstance(error, PermissionError) and error.filename is None:
        why = f"port {port} is closed to you"
    elif isinstance(error, ImportError):
        return f"the practice website cannot import aiohttp ({error}); install requirements.txt"
    else:
        return f"the practice website could not start: {error}"
    return f"{why}; leave `port` out and a free one is chosen"


def main() -> None:
    """Run the server as process.py starts it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # interrupts are meant for the notebook
    if len(sys.argv) != 4:
        sys.exit("this is no program of its own: call website() of helpers.website")
    parent, port, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    try:
        allow_many_connections()
        asyncio.run(serve(parent, port, folder))
    except Exception as error:
        tell(0, error=why_not(error, port))


if __name__ == "__main__":
    main()
