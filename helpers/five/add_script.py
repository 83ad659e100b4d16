"""Has two threads add 1 to the same counter, and tells how far it came.

A script for any Python from 3.8 on, which has the standard library only; it prints JSON. Its
argument: how often each thread adds.
"""

from __future__ import annotations

import json
import sys
import threading

counter = 0


def add(times: int) -> None:
    """Add 1, so many times."""
    global counter
    for _ in range(times):
        counter += 1


def main(times: int) -> None:
    """Have two threads add at once, and print what came of it."""
    threads = [threading.Thread(target=add, args=(times,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"added": 2 * times, "counter": counter}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
