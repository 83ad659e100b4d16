"""A notebook once more: from the top, out of order, or with its kernel restarted under way.

Each of the three returns what the notebook took, and what went wrong. soak.py runs them.
"""

from __future__ import annotations

import ast
import builtins
import configparser
import contextlib
import random
import re
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

from helpers.aside import later
from tests.kernel import running_kernel
from tests.leftovers import Leftovers, marked, settled, shared_memory_of
from tests.notebook_rules import environment, lacks_extras
from tests.reference import on_reference_python

__all__ = ["Round", "entries", "from_the_top", "memory_of", "out_of_order", "restarted"]

ROOT = Path(__file__).resolve().parent.parent
NOT_COMPARED = ("image/png", "application/vnd.jupyter.widget-view+json")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
FRAME = re.compile(r"^(?:\x1b\[[0-9;]*m)*(File|Cell)\b", re.M)
UNDEFINED = re.compile(r"NameError: name '(\w+)' is not defined|No module named '(\w+)'")
NOT_LOADED = re.compile(r"UsageError: Cell magic `%%(timeline|loop|needs)` not found")
REFUSED = re.compile(r"(?:Type|Value)Error: \w+\(\w+\):")
GONE = re.compile(r"FileNotFoundError: .*'[^']*\btmp\w+/[^']*'$")
NO_WEBSITE = re.compile(
    r"(\w+\.)*(Connection|ChunkedEncoding|HTTP|Client\w*|\w*Timeout)Error\b|ReadTimeout"
    r"|RuntimeError: the practice website has stopped"
)
SAMPLED = 3  # cells of a notebook in which its kernel is restarted
LONG = 0.05  # seconds that such a cell takes at least: in a shorter one nothing is under way
OURS = "three-lanes-"  # how the folders of the helpers begin


@dataclass
class Round:
    """What one run of a notebook took, and what was wrong with it.

    Attributes:
        name: the notebook's.
        seconds: from the kernel's start to its end.
        memory: the kernel's at the end of the notebook, in MB.
        processes: how many there are then, the kernel included.
        files: how many the kernel has open.
        shared: how many entries /dev/shm has when the kernel has ended.
        troubles: what went wrong, each in its own words, with its cell and its traceback.
        refused: what cells that came too early were told, and how often.
    """

    name: str
    seconds: float = 0.0
    memory: float = 0.0
    processes: int = 0
    files: int = 0
    shared: int = 0
    troubles: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def fail(self, where: str, what: object) -> None:
        """Note what went wrong."""
        self.troubles.append(f"{self.name}, {where}\n{COLOUR.sub('', str(what))}")

    def look(self, kernel, leftovers) -> None:
        """Note what the kernel takes now."""
        pid = kernel.manager.provisioner.pid
        self.memory = memory_of(pid)
        self.processes = len(marked(leftovers.mark))
        self.files = entries(f"/proc/{pid}/fd")


def memory_of(pid: int | str) -> float:
    """Return how many MB a process takes; what it shares with others counts in part."""
    told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss: +(\d+) kB", told, re.M)[1]) * 1024 / 1e6  # the system's kB


def entries(folder: str) -> int:
    """Return how many entries a folder has."""
    return sum(1 for _ in Path(folder).iterdir())


# --- the three ways ------------------------------------------------------------------------------


def from_the_top(path: Path) -> Round:
    """Run each cell once, and compare what it shows with what is committed."""
    with round_of(path) as found, kernel_of(path) as (kernel, leftovers, cells):
        run_all(found, kernel, cells, leftovers, compare=compares(path))
    return found


def out_of_order(path: Path, seed: int) -> Round:
    """Run each cell twice, in some order, then all from the top in the same kernel.

    A cell that comes too early may fail, if its error is one that a learner understands.
    """
    with round_of(path) as found, kernel_of(path) as (kernel, leftovers, cells):
        leftovers.begin(kernel)
        chance, known = random.Random(f"{seed} {path.stem}"), names_made_by(cells)
        for number, cell in chance.sample([*enumerate(cells, 1)] * 2, 2 * len(cells)):
            if kernel.run(cell.source)[0] != "ok":
                if why := excuse(kernel.complaint, known):
                    found.refused[why] += 1
                else:
                    found.fail(f"cell {number} ({cell.id}) out of order", kernel.complaint)
        run_all(found, kernel, cells, leftovers, after="then from the top, ")
    return found


def restarted(path: Path, seed: int) -> Round:
    """Restart the kernel in three cells, each reached from the top; then run all.

    The first time it is killed, afterwards it is asked to end, as JupyterLab's Restart does.
    """
    with round_of(path) as found, kernel_of(path) as (kernel, leftovers, cells):
        lasted = run_all(found, kernel, cells, leftovers)
        chance = random.Random(f"{seed} {path.stem}")
        long = [number for number, seconds in enumerate(lasted) if number and seconds > LONG]
        for turn, number in enumerate(sorted(chance.sample(long, min(SAMPLED, len(long))))):
            where = f"cell {number + 1} ({cells[number].id}) when its kernel was restarted"
            for at, cell in enumerate(cells[:number], 1):
                run_cell(found, kernel, cell, f"cell {at} ({cell.id}) after a restart")
            kernel.client.execute(cells[number].source)
            time.sleep(lasted[number] * chance.uniform(0.1, 0.9))
            kernel.restart(now=turn == 0)
            if left := what_stayed(kernel, leftovers):
                found.fail(where, f"this stayed: {left}")
            leftovers.name_what_is_its_own(kernel)
        leftovers.before = None  # the last kernel's threads and connections are others
        run_all(found, kernel, cells, leftovers, after="after restarts, ")
    return found


def what_stayed(kernel, leftovers) -> list[str]:
    """Return what is left of a kernel that another one has taken the place of."""

    def look() -> list[str]:
        living = marked(leftovers.mark)
        living.pop(kernel.manager.provisioner.pid, None)
        folders = [one.name for one in leftovers.temporary.glob(f"{OURS}*")]
        return [*living.values(), *shared_memory_of(leftovers.mark), *folders]

    return settled(look, lambda left: not left)


# --- their parts ---------------------------------------------------------------------------------


@contextlib.contextmanager
def round_of(path: Path):
    """Note what a run of a notebook took; whatever ends it is a failure of this round alone."""
    name = path.relative_to(ROOT / "notebooks").with_suffix("").as_posix()
    found, began = Round(name), time.monotonic()
    try:
        yield found
    except Exception as error:  # its kernel did not start, hung, has gone or left something behind
        told = "".join(traceback.format_exception_only(error)).strip()
        found.fail("at its begin or end, or where its kernel hung or ended", told)
    found.shared = entries("/dev/shm")
    found.seconds = time.monotonic() - began


@contextlib.contextmanager
def kernel_of(path: Path):
    """Give a notebook a kernel of its own; at the end, look at what that leaves behind."""
    cells = [one for one in nbformat.read(path, as_version=4).cells if one.cell_type == "code"]
    with contextlib.chdir(path.parent), later() as interrupts:
        leftovers = Leftovers(path.parent)
        diary = {"THREE_LANES_DIARY": str(leftovers.temporary / "diary")}  # nobody's answers
        try:
            with environment(leftovers.environment | diary), running_kernel() as kernel:
                leftovers.name_what_is_its_own(kernel)
                kernel.run = partial(heeding, interrupts, kernel.run)
                yield kernel, leftovers, cells
                kernel.manager.shutdown_kernel()  # as JupyterLab does
            Path(diary["THREE_LANES_DIARY"]).unlink(missing_ok=True)
            leftovers.check_its_end()
        finally:
            leftovers.close()


def heeding(interrupts, run, source: str) -> tuple[str, str]:
    """Run a cell, in which alone an interrupt is heard at once; one that came before it, now."""
    if interrupts:
        raise KeyboardInterrupt  # and not after all the other cells
    return interrupts.aloud(run, source)


def run_all(found, kernel, cells, leftovers, after="", compare=False) -> list[float]:
    """Run all cells from the top; return how many seconds each took."""
    lasted = []
    for number, cell in enumerate(cells, 1):
        began, where = time.monotonic(), f"{after}cell {number} ({cell.id})"
        run_cell(found, kernel, cell, where, compare)
        lasted.append(time.monotonic() - began)
        if leftovers.before is None:
            leftovers.begin(kernel)
    found.look(kernel, leftovers)
    leftovers.check(kernel, f"{after}all of it")
    return lasted


def run_cell(found, kernel, cell, where, compare=False) -> None:
    """Run one cell, which is to succeed."""
    status, printed = kernel.run(cell.source)
    if status != "ok":
        found.fail(where, kernel.complaint)
    elif compare:
        differs = [
            pair for pair in zip(*shows(kernel, printed, cell), strict=True) if pair[0] != pair[1]
        ]
        for now, committed in differs:
            found.fail(where, f"showed\n{now}\nand not, as committed,\n{committed}")


def compares(path: Path) -> bool:
    """Say whether what this notebook shows here is to be what is committed."""
    return on_reference_python() and not lacks_extras(path)


def shows(kernel, printed, cell) -> tuple[list[str], list[str]]:
    """Return what a cell shows, and what it showed when it was committed, both as tests see it."""
    told = [one.text for one in cell.outputs if one.output_type == "stream"]
    shown = [one.data for one in cell.outputs if one.output_type != "stream"]
    return (
        [sanitized(printed), seen([data for _, data in kernel.shown])],
        [sanitized("".join(told)), seen(shown)],
    )


def seen(outputs: list[dict]) -> str:
    """Return what is compared of a cell's outputs: nothing of a picture, whose bytes differ."""
    kept = []
    for data in outputs:
        left_out = (*NOT_COMPARED, *(["text/html"] if "image/png" in data else []))
        kept += [f"{kind}: {sanitized(str(data[kind]))}" for kind in data if kind not in left_out]
    return "\n".join(sorted(kept))


def sanitized(text: str) -> str:
    """Replace what may differ from run to run."""
    rules = configparser.RawConfigParser()
    rules.read(ROOT / "tests/sanitize.cfg")
    for rule in rules.values():
        if "regex" in rule:
            text = re.sub(rule["regex"], rule["replace"], text)
    return text


def excuse(complaint: str, known: set[str]) -> str:
    """Return what an error of a cell that comes too early is, in a word; empty: it has no excuse.

    A learner understands that a name is missing which another cell makes; that what another cell
    left does not suit the lines of this one; a refusal that names its argument; that a temporary
    file is gone; and that there is no website where another cell has stopped it, or made it faulty.
    """
    told, frames = COLOUR.sub("", complaint).strip(), FRAME.findall(complaint)
    last = told.rpartition("\n")[2]
    if any(known.intersection(names) for names in UNDEFINED.findall(told)) or NOT_LOADED.match(
        last
    ):
        return last
    if frames and frames[-1] == "Cell":
        return f"{last.partition(':')[0]} in a line of the cell"
    if refused := REFUSED.match(last):
        return f"{refused[0]} …"
    if GONE.match(last):
        return "FileNotFoundError of a temporary file"
    return f"{last.partition(':')[0]} from the website" if NO_WEBSITE.match(last) else ""


def names_made_by(cells) -> set[str]:
    """Return the names that a notebook's cells make."""
    found = set()
    for cell in cells:
        found.update(re.findall(r"^%%(?:timeline|loop|writefile) (\w+)", cell.source, re.M))
        source = re.sub(r"\A(%%.*\n)+", "", cell.source)
        for node in ast.walk(ast.parse(TransformerManager().transform_cell(source))):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.alias):
                found.add((node.asname or node.name).partition(".")[0])
    return found - set(dir(builtins))
