"""How each profiler is run on the specimen: what a process of its own does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from pstats import Stats

from helpers import extras
from helpers.profilers import readings, specimen
from helpers.profilers.readings import Reading

__all__ = ["PROFILERS", "Profiler", "drive"]

RATE = 100  # samples a second, as py-spy takes by itself
TOLD = Path("told.json")
SCRIPT = f"""
from helpers.profilers.specimen import main

if __name__ == "__main__":
    main("{TOLD}")
"""


@dataclass(frozen=True)
class Profiler:
    """A profiler and a way to use it.

    Attributes:
        run: runs the specimen under it, which leaves in TOLD what it measured itself; returns
            what the profiler told.
        clock: what it measures: 'wall', the time that passed, or 'cpu', the time on a core.
        extra: the package that it needs, as in `helpers.extras`, or ''.
        second: the second line of its label.
    """

    run: Callable[[], Reading]
    clock: str
    extra: str = ""
    second: str = ""


def drive(name: str) -> None:
    """Run the specimen under a profiler, its calls also before and after; print JSON of it all."""
    before = specimen.price()
    reading = PROFILERS[name].run()
    told = json.loads(TOLD.read_text("utf-8"))
    bare = [before, specimen.price()]
    print(json.dumps({**told, "reading": asdict(reading), "bare": bare}))


def _cprofile() -> Reading:
    import cProfile

    command = f'specimen.main("{TOLD}")'
    cProfile.runctx(command, {"specimen": specimen}, {}, "found")  # `run` for what is not in a cell
    return readings.read_stats(Stats("found"))


def _profiled() -> Reading:
    from helpers.profilers.profiles import merged, profiled

    found = specimen.run(profiled)
    true = {part: result for part, (result, _) in found.items()}
    seconds, _ = profiled(specimen.price)()
    TOLD.write_text(json.dumps({"true": true, "seconds": seconds}))
    return readings.read_stats(merged(stats for _, stats in found.values()))


def _setprofile() -> Reading:
    from helpers.profilers.calls import Calls

    calls = Calls()
    with calls.listening():
        specimen.main(os.fspath(TOLD))
    return readings.read_calls(calls.seconds)


def _pyspy(*options: str) -> Reading:
    path = extras.program("py-spy") or "py-spy"
    how = ["record", *options, "--rate", str(RATE), "--format", "raw", "--output", "found"]
    _run_script([path, *how, "--", sys.executable], "py-spy")
    return readings.read_stacks(Path("found"), RATE)


def _viztracer() -> Reading:
    how = ["--log_async", "--quiet", "--output_file", "found.json"]
    _run_script([sys.executable, "-m", "viztracer", *how, "--"], "viztracer")
    return readings.read_trace(Path("found.json"))


def _recorder() -> Reading:
    from helpers import record

    with record(states=True) as run:
        true = specimen.run()
    with record(states=True):
        seconds = specimen.price()
    TOLD.write_text(json.dumps({"true": true, "seconds": seconds}))
    return readings.read_recording(run)


def _run_script(command: list[str], name: str) -> None:
    """Run the specimen as a script under a program; raise what the program says if it cannot."""
    script = Path("specimen_script.py")
    script.write_text(SCRIPT)
    own = os.environ | {
        "TMPDIR": os.fspath(Path.cwd())
    }  # py-spy leaves a file there if it is killed
    ended = subprocess.run([*command, script], capture_output=True, text=True, env=own)
    if ended.returncode or not TOLD.exists():
        said = ended.stderr.strip().splitlines() or [f"status {ended.returncode}"]
        errors = [line for line in said if re.search("error|denied", line, re.I)] or said[-1:]
        raise RuntimeError(f"{name}: {errors[0].strip()}")


PROFILERS = {
    "cProfile": Profiler(_cprofile, "wall", second="as the slide uses it"),
    "profiled": Profiler(_profiled, "wall", second="in each thread and worker"),
    "threading.setprofile": Profiler(_setprofile, "wall", second="and ten lines of one's own"),
    "py-spy": Profiler(
        partial(_pyspy, "--subprocesses", "--native"), "cpu", "py-spy", "--subprocesses --native"
    ),
    "py-spy --idle": Profiler(
        partial(_pyspy, "--subprocesses", "--idle"), "wall", "py-spy", "and --subprocesses"
    ),
    "viztracer": Profiler(_viztracer, "wall", "viztracer", "--log_async"),
    "recorder": Profiler(_recorder, "cpu", second="lanes, not functions"),
}
