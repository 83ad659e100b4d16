"""Functions whose best technique is known by how they are made, for the chooser."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import subprocess
import sys
import time
import zlib
from dataclasses import dataclass
from typing import Any

from helpers.pictures import pictures

DATA = os.urandom(1 << 20) * 4


@dataclass(frozen=True)
class Known:
    """A function, its items, and the techniques that are right for it."""

    function: Any
    items: list[Any]
    right: tuple[str, ...]


def waits(seconds):
    time.sleep(seconds)
    return seconds


def counts(n):
    total = 0
    for i in range(n):
        total += i
    return total


def compresses(level):
    return len(zlib.compress(DATA, level))


def hashes(times):
    found = hashlib.sha256()
    for _ in range(times):
        found.update(DATA)
    return found.hexdigest()


def blurs(path):
    from PIL import Image, ImageFilter

    with Image.open(path) as picture:
        return picture.filter(ImageFilter.GaussianBlur(12)).size


def medians(path):
    from PIL import Image, ImageFilter

    with Image.open(path) as picture:
        return picture.filter(ImageFilter.MedianFilter(3)).size


def adds(two):
    return two[0] + two[1]


def sums_a_list(numbers):
    return sum(numbers)


def makes_a_list(n):
    return list(range(n))


def half_and_half(n):
    time.sleep(0.02)
    return counts(n)


def starts_a_program(words):
    return (
        subprocess.run(
            [sys.executable, "-S", "-c", "import time; time.sleep(0.1)"], capture_output=True
        ).stdout
        + words.encode()
    )


def mostly_waits(n):
    time.sleep(0.05)
    return counts(n)


async def awaits(seconds):
    await asyncio.sleep(seconds)
    return seconds


async def waits_without_await(seconds):
    time.sleep(seconds)
    return seconds


async def counts_only(n):
    return counts(n)


async def awaits_and_counts(n):
    await asyncio.sleep(0.05)
    return counts(n)


def decodes(path):
    from PIL import Image

    with Image.open(path) as picture:
        file = io.BytesIO()
        picture.save(file, "PNG", compress_level=6)
    return len(file.getvalue())


PATHS = pictures()

KNOWN = {
    "waits": Known(waits, [0.05] * 20, ("threads",)),
    "waits, very many": Known(waits, [0.02] * 200, ("threads",)),
    "pure Python": Known(counts, [2_000_000] * 8, ("processes",)),
    "pure Python, uneven": Known(counts, [200_000 * n for n in range(1, 17)], ("processes",)),
    "zlib": Known(compresses, [6] * 8, ("threads",)),
    "hashlib": Known(hashes, [16] * 8, ("threads",)),
    "Pillow, lets go": Known(blurs, PATHS * 2, ("threads",)),
    "Pillow, holds": Known(medians, PATHS, ("processes",)),
    "tiny calls": Known(adds, [(n, n) for n in range(1000)], ("in turn",)),
    "large arguments": Known(sums_a_list, [list(range(300_000)) for _ in range(6)], ("in turn",)),
    "large results": Known(makes_a_list, [300_000] * 6, ("in turn",)),
    "half and half": Known(half_and_half, [400_000] * 12, ("threads",)),
    "mostly computes": Known(half_and_half, [1_600_000] * 8, ("processes",)),
    "mostly waits": Known(mostly_waits, [20_000] * 20, ("threads",)),
    "a program": Known(starts_a_program, list("abcdefgh"), ("threads",)),
    "coroutine": Known(awaits, [0.05] * 50, ("tasks",)),
    "coroutine that computes": Known(awaits_and_counts, [50_000] * 40, ("tasks",)),
    "coroutine that blocks": Known(waits_without_await, [0.05] * 20, ("threads",)),
    "coroutine without waits": Known(counts_only, [2_000_000] * 8, ("processes",)),
    "short jobs": Known(counts, [2_000] * 20, ("in turn",)),
    "one item": Known(counts, [1_000_000], ("in turn",)),
    "two items": Known(counts, [6_000_000] * 2, ("processes",)),
    "one wait": Known(waits, [0.3], ("in turn",)),
}
