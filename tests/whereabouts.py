"""Tells a program's stderr again and again where each of its threads is; it begins when imported.

Not `faulthandler.dump_traceback_later`: that reads the frames without holding the GIL, and where it
meets a thread at work, as during an import, it may crash the program.
"""

import sys
import time
import traceback
from threading import Thread

GLANCE = 0.2  # seconds between two looks


def tell():
    """Print the stack of every thread for ever."""
    while True:
        time.sleep(GLANCE)
        for frame in sys._current_frames().values():
            print("".join(traceback.format_stack(frame)), file=sys.stderr, flush=True)


Thread(target=tell, daemon=True).start()
