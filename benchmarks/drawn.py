"""From a million spans to the bytes of a picture: time, size, truth; and with PolyCollection."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.pairs import BASE, alone, in_turns, spread
from benchmarks.picture import items, shares
from benchmarks.table import Row, at_most, written

SPANS, ROUNDS, RIVAL_ROUNDS = 1_000_000, 9, 2
DRAWN = "1,000,000 spans to PNG"


def rows() -> Iterator[Row]:
    """Measure all, and yield what was found."""
    ours, rival = (
        alone(__name__, *one) for one in (("ours", SPANS, ROUNDS), ("rival", SPANS, RIVAL_ROUNDS))
    )
    yield at_most(DRAWN, "timeline", spread(ours["ms"]), " ms", 250)
    yield at_most(f"{DRAWN}: size", "timeline", spread([ours["bytes"] / 1e3]), " kB", 40)
    worst = spread([ours["points"]])
    yield at_most(f"{DRAWN}: worst share of a lane", "timeline", worst, " points", 1.5)
    yield Row(DRAWN, "PolyCollection", written(spread(rival["ms"]), " ms"))
    yield Row(f"{DRAWN}: size", "PolyCollection", f"{rival['bytes'] / 1e3:.1f} kB")


def measure(who: str, number: int, rounds: int) -> dict[str, Any]:
    """Return the milliseconds of each picture, its bytes and the worst error of a share."""
    run, truth = items(number)
    found: dict[str, Any] = {}

    def once() -> float:
        began = time.perf_counter()
        png = run.timeline().png() if who == "ours" else polygons(run)
        found["bytes"] = len(png)
        return 1e3 * (time.perf_counter() - began)

    found["ms"] = in_turns({BASE: once}, rounds, warm_up=1)[BASE]
    if who == "ours":
        picture: Any = run.timeline()
        used = np.asarray(truth.any(axis=0))
        error = np.abs(shares(picture, picture.png(), used) - truth[:, used])
        found["points"] = 100 * float(error.max())
    return found


def polygons(run: Any) -> bytes:
    """Draw each span as a polygon of matplotlib's, and return the PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure

    left, right, low = run.spans.start, run.spans.end, run.spans.lane - 0.36
    x = np.stack([left, left, right, right], axis=1)
    y = np.stack([low, low + 0.72, low + 0.72, low], axis=1)
    figure = Figure(figsize=(9, 4))
    axes = figure.add_subplot()
    axes.add_collection(PolyCollection(np.stack([x, y], axis=2), linewidths=0))
    axes.autoscale()
    png = io.BytesIO()
    FigureCanvasAgg(figure).print_png(png)
    return png.getvalue()


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
