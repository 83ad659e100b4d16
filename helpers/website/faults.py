"""How slow and how faulty the practice website is: its settings, and the fate of each request."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from numbers import Integral
from reprlib import repr as short
from typing import Any

from helpers.checks import is_number

__all__ = ["Bucket", "Settings", "fate"]


_SECONDS = (partial(is_number, low=0, high=60), "0 to 60 seconds")
_SHARE = (partial(is_number, low=0, high=1), "a share of the requests, 0 to 1")
_RIGHT: dict[str, tuple[Callable[[Any], bool], str]] = {
    "latency": _SECONDS,
    "slow_latency": _SECONDS,
    "error_rate": _SHARE,
    "slow_rate": _SHARE,
    "drop_rate": _SHARE,
    "rate_limit": (
        partial(is_number, low=0.01),
        "0.01 or more requests a second, or None for no limit",
    ),
    "max_connections": (
        partial(is_number, low=1, kind=Integral),
        "a whole number from 1, or None for no limit",
    ),
    "seed": (partial(is_number, kind=Integral), "a whole number"),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How slow and how faulty the HTML pages and the pictures (PNG, JPEG) are.

    robots.txt, the style sheet and "not found" always come at once and whole; only
    `max_connections` concerns them too. The fate of the n-th request for an address (path and
    query) depends on `seed`, the address and n alone, so a concurrent run meets the same faults
    as one in turn; requests turned away by a limit are not counted in n.

    Attributes:
        latency: Seconds before each answer.
        error_rate: Share of requests (0 to 1) that are answered 500.
        slow_rate: Share of requests that take `slow_latency` instead of `latency`.
        slow_latency: Seconds before a slow answer.
        drop_rate: Share of requests whose connection breaks in the middle of the file.
        rate_limit: Requests a second, and as many at once after a quiet second; those above it
            are answered 429 with `Retry-After`. None: no limit.
        max_connections: TCP connections served at one time; one above it is answered 503 with
            `Retry-After` and closed. None: no limit.
        seed: Another seed, other requests that fail.

    Raises:
        ValueError: A value is out of range; the message says what would be right.
    """

    latency: float = 0.0
    error_rate: float = 0.0
    slow_rate: float = 0.0
    slow_latency: float = 2.0
    drop_rate: float = 0.0
    rate_limit: float | None = None
    max_connections: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for setting in fields(self):
            value, (is_right, right) = getattr(self, setting.name), _RIGHT[setting.name]
            if value is None and setting.default is None:
                continue
            if not is_right(value):
                raise ValueError(f"{setting.name} must be {right}, not {short(value)}")
            # NumPy's numbers are welcome, but JSON knows only Python's.
            plain = int(value) if isinstance(value, Integral) else float(value)
            object.__setattr__(self, setting.name, plain)
        if self.error_rate + self.drop_rate > 1:
            raise ValueError("error_rate and drop_rate together must be 1 at most")

    def changed(self, changes: dict[str, Any]) -> Settings:
        """Return these settings with `changes` made.

        Raises:
            TypeError: There is no such setting; the message lists those there are.
            ValueError: A value is out of range.
        """
        for name in changes.keys() - _RIGHT.keys():
            raise TypeError(f"there is no setting {name!r}; there are {', '.join(vars(self))}")
        return replace(self, **changes)


def fate(settings: Settings, address: str, n: int) -> tuple[float, str]:
    """Return what happens to the n-th request for an address: seconds to wait, then what comes.

    What comes is "file", "error" or "drop".
    """
    dice = random.Random(f"{settings.seed} {n} {address}")
    fault, slow = dice.random(), dice.random()
    delay = settings.slow_latency if slow < settings.slow_rate else settings.latency
    if fault < settings.drop_rate:
        return delay, "drop"
    return delay, "error" if fault < settings.drop_rate + settings.error_rate else "file"


class Bucket:
    """A token bucket: lets `rate` requests a second through, and as many at once when it is full.

    Args:
        rate: Requests a second; None lets every request through.
    """

    def __init__(self, rate: float | None):
        self.rate = rate
        self.tokens = self.size = max(1.0, rate or 1.0)
        self.filled_at = time.monotonic()

    def take(self) -> int:
        """Take a token and return 0; when there is none, return the whole seconds to the next."""
        if self.rate is None:
            return 0
        now = time.monotonic()
        self.tokens = min(self.size, self.tokens + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.tokens < 1:
            return max(1, math.ceil((1 - self.tokens) / self.rate))
        self.tokens -= 1
        return 0
