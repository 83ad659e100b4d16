"""What `compare` and its ways are given: functions of a module that imports next to nothing.

An interpreter of a pool imports the module of its function, and NumPy refuses to be imported there.
"""

import asyncio
import sys
import threading


def doubled(n):
    if n == 3:
        raise ValueError("not three")
    if n == 4:
        sys.exit("nor four")
    return 2 * n


async def doubled_later(n):
    await asyncio.sleep(0)
    return doubled(n)


def unsendable(n):
    return threading.Lock() if n == 1 else n


def with_numpy(n):
    import numpy

    return float(numpy.float64(n))
