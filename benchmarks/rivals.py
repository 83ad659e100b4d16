"""Our recorder and its rivals, each as a function that returns what goes around some code."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

__all__ = ["OURS", "OURS_WITH_STATES", "RIVALS", "MissingError", "find", "versions"]

Around = Callable[[], AbstractContextManager[Any]]
OURS, OURS_WITH_STATES = "recorder", "recorder, states on"


class MissingError(Exception):
    """Why a rival cannot be measured here."""


def find(name: str) -> Around:
    """Return a tool, ready to go around some code.

    Raises:
        MissingError: it is not installed, or does not run on this Python.
    """
    try:
        return TOOLS[name]()
    except ImportError:
        raise MissingError("not installed") from None


def versions() -> dict[str, str]:
    """Return the version of each rival that is installed."""
    found = {}
    for package in ("viztracer", "wigglystuff", "yappi", "pyinstrument"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def recorder(states: bool) -> Around:
    from helpers import record

    return partial(record, states=states)


def viztracer(**options: Any) -> Around:
    from viztracer import VizTracer

    @contextmanager
    def around() -> Iterator[None]:
        tracer = VizTracer(verbose=0, **options)
        tracer.start()
        try:
            yield
        finally:
            tracer.stop()
            tracer.clear()
            threading.setprofile(None)  # it would go on slowing down every thread that begins

    return around


def async_flow() -> Around:
    """Return wigglystuff's recorder of tasks; it is to be entered in a running event loop."""
    if sys.version_info < (3, 12):
        raise MissingError("needs Python 3.12")
    from wigglystuff.async_flow import AsyncFlowLogger

    @contextmanager
    def around() -> Iterator[None]:
        logger = AsyncFlowLogger([sys._getframe(2).f_code.co_filename])
        at_once(logger.__aenter__())
        try:
            yield
        finally:
            at_once(logger.__aexit__(None, None, None))

    return around


def at_once(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise RuntimeError("it waits for something")


def yappi() -> Around:
    import yappi

    @contextmanager
    def around() -> Iterator[None]:
        yappi.set_clock_type("wall")
        yappi.start()
        try:
            yield
        finally:
            yappi.stop()
            yappi.clear_stats()

    return around


def pyinstrument() -> Around:
    from pyinstrument import Profiler

    return partial(Profiler, async_mode="enabled")


def cprofile() -> Around:
    from cProfile import Profile

    return Profile


RIVALS: dict[str, Callable[[], Around]] = {
    "viztracer": viztracer,
    "viztracer log_async": partial(viztracer, log_async=True),
    "AsyncFlow": async_flow,
    "yappi": yappi,
    "pyinstrument": pyinstrument,
    "cProfile": cprofile,
}
TOOLS = {
    "nothing": lambda: nullcontext,
    OURS: partial(recorder, False),
    OURS_WITH_STATES: partial(recorder, True),
    **RIVALS,
}
