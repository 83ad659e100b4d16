"""The chooser on functions whose best technique is known: `python -m benchmarks.chooser [RUNS]`.

Prints for each function what was recommended in each run, and how much of what was measured lay in
the stretch in which it was expected.
"""

from __future__ import annotations

import sys
from collections import Counter

from benchmarks.known import KNOWN
from helpers import compare


def main(runs: int, names: list[str]) -> None:
    """Compare each function so many times, and print what came of it."""
    inside = measured = right = undecided = 0
    for name in names or KNOWN:
        known, said = KNOWN[name], Counter()
        for _ in range(runs):
            found = compare(known.function, known.items)
            said[found.best] += 1
            for row in found.rows:
                if row.measured is not None:
                    measured += 1
                    inside += row.predicted.low <= row.measured <= row.predicted.high
        right += sum(said[one] for one in known.right)
        undecided += said["undecided"]
        told = ", ".join(f"{one} {times}" for one, times in said.most_common())
        print(f"{name:24} {told:40} right: {' or '.join(known.right)}", flush=True)
    many = runs * len(names or KNOWN)
    print(f"right {right} of {many}, undecided {undecided}; in its stretch {inside} of {measured}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1, sys.argv[2:])
