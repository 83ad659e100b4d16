"""What a notebook holds of the practice website: starting, changing, reading and stopping it."""

from __future__ import annotations

import os
import weakref
from collections import Counter
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path
from reprlib import repr as short
from typing import NoReturn
from urllib.parse import quote

from helpers.checks import is_number
from helpers.website.faults import Settings
from helpers.website.process import ELSEWHERE, ROOT, ServerProcess

__all__ = ["GALLERY", "Seen", "Settings", "Website", "website"]

GLOSSARY = ROOT / "data" / "website"
GALLERY = ROOT / "data" / "gallery"


@dataclass(repr=False)
class Seen:
    """What the server saw since it started or was last reset.

    Attributes:
        requests: Requests in all. Those in none of `statuses`, `dropped` and `given_up` are being
            served.
        connections: TCP connections accepted in all.
        open_connections: TCP connections open now.
        peak_connections: Most connections open at one moment, with those turned away.
        peak_requests: Most requests being served at one moment.
        statuses: Number of answers by HTTP status.
        dropped: Requests whose connection was broken on purpose.
        given_up: Requests whose client closed the connection before there was an answer.
        paths: Number of requests by path, without the query.
    """

    requests: int = 0
    connections: int = 0
    open_connections: int = 0
    peak_connections: int = 0
    peak_requests: int = 0
    statuses: dict[int, int] = field(default_factory=Counter)
    dropped: int = 0
    given_up: int = 0
    paths: dict[str, int] = field(default_factory=Counter)

    def __repr__(self) -> str:
        answers = ", ".join(f"{status}: {n}" for status, n in sorted(self.statuses.items()))
        given_up = f", {self.given_up} given up" if self.given_up else ""
        return (
            f"<seen {self.requests} requests (most at once {self.peak_requests}) "
            f"on {self.connections} connections (most at once {self.peak_connections}); "
            f"answers {{{answers}}}, {self.dropped} dropped{given_up}>"
        )


class Website:
    """A running practice website, as `website()` returns it.

    It stops with `close()`, at the end of a `with`, when nothing refers to it any more, and with
    the process that started it, however that ends. Any thread may use it.

    Attributes:
        url: The address of its first page, such as "http://127.0.0.1:41234/".
        settings: The Settings that hold now; change them with `set()`.
    """

    def __init__(self, settings: Settings, port: int, folder: Path, pages: list[str]):
        self.settings = settings
        self._pages = pages
        self._process = ServerProcess(port, folder)
        self._close = weakref.finalize(self, self._process.stop)
        try:
            self.url = f"http://127.0.0.1:{self._process.port()}/"
            self._process.ask(set=vars(settings))
        except BaseException:  # an interrupt, too, must leave no server behind
            self.close()
            raise

    @property
    def urls(self) -> list[str]:
        """The absolute URLs of the HTML pages beside the first one, sorted."""
        return [self.url + quote(page) for page in self._pages]

    @property
    def seen(self) -> Seen:
        """What the server saw up to now, as a Seen of its own.

        Raises:
            RuntimeError: The site has stopped.
        """
        seen = Seen(**self._process.ask(seen=True))
        seen.statuses = Counter({int(status): n for status, n in seen.statuses.items()})
        seen.paths = Counter(seen.paths)
        return seen

    def set(self, **changes: float | None) -> None:
        """Change settings while the site runs; requests that have begun keep the old ones.

        Args:
            **changes: Any settings by name, as in Settings.

        Raises:
            TypeError: There is no such setting.
            ValueError: A value is out of range; then nothing is changed.
            RuntimeError: The site has stopped.
        """
        with self._process.turn():
            settings = self.settings.changed(changes)
            self._process.ask(set=vars(settings))
            self.settings = settings

    def reset(self) -> None:
        """Set the counts to zero (but for open connections) and begin the faults anew."""
        self._process.ask(reset=True)

    def close(self) -> None:
        """Stop the server and free its port; a second time is no error."""
        self._close()

    def __enter__(self) -> Website:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<practice website at {self.url}, {len(self._pages)} pages>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(ELSEWHERE)


def website(
    *, port: int = 0, pages: str | os.PathLike[str] | None = None, **settings: float | None
) -> Website:
    """Start the practice website and return it once it accepts connections.

    Args:
        port: The port on 127.0.0.1; 0 lets the system choose a free one.
        pages: The folder with its pages, read once at the start; None means the course's glossary,
            GALLERY is the one with pictures.
        **settings: How slow and how faulty it is; the attributes of Settings, such as
            `latency=0.2` (seconds) or `error_rate=0.1` (share of the requests).

    Raises:
        TypeError: There is no such setting, or `pages` is no path.
        ValueError: A setting or the port is out of range.
        FileNotFoundError: There are no pages in the folder.
        RuntimeError: The server could not start, for instance because the port is taken.
    """
    wanted = Settings().changed(settings)
    if not is_number(port, 0, 65535, Integral):
        raise ValueError(f"port must be a whole number from 0 to 65535, not {short(port)}")
    if not isinstance(pages, str | os.PathLike | None):
        raise TypeError(f"pages must be a folder's path or None, not {short(pages)}")
    folder = GLOSSARY if pages is None else Path(pages).absolute()
    return Website(wanted, int(port), folder, _pages(folder))


def _pages(folder: Path) -> list[str]:
    """Return the names of the HTML pages in the folder, sorted, without index.html."""
    files = (path for path in folder.glob("*.html") if path.suffix == ".html" and path.is_file())
    names = sorted(path.name for path in files if path.name != "index.html")
    if not names:
        wrong = "is not a folder" if folder.exists() else "does not exist"
        if folder.is_dir():
            wrong = "has no pages (*.html) beside index.html"
        remedy = "leave `pages` out for the course's own, or take a fresh copy of the course"
        raise FileNotFoundError(f"the pages' folder {folder} {wrong}; {remedy}")
    return names
