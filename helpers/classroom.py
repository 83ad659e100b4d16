"""What learners hand in of their diaries, and the one table that a teacher makes of it.

`progress(export="Anna")` writes a learner's file. A teacher gathers the files in a folder, and

    python3 course.py run python -m helpers.classroom FOLDER [--csv TABLE.csv]

tells who has passed what, where most are stuck, and what was predicted.
"""

from __future__ import annotations

import argparse
import csv
import errno
import json
import os
import re
import shutil
import stat
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from helpers import diary

__all__ = ["Handed", "UnfitError", "export", "gathered", "main", "read", "told", "write_csv"]

FORMAT = 1  # of the file
KEY = "three-lanes-progress"
LARGEST = 1_000_000  # bytes; a whole course is a hundredth of it
LONGEST, SHOWN = 40, 10  # letters of a learner's name, and of those over a column
WORDS = 200  # letters of anything else; the course's own are shorter
HANDS = 9999  # for an answer; `predict` takes no more
STUCK = 5  # exercises that are told
SIGNS = {"passed": "+", "tried": "?", "": ""}
KINDS = {"prediction": "predictions", "exercise": "exercises", "votes": "votes"}


class UnfitError(ValueError):
    """Why a file is left out, in words."""


@dataclass
class Handed:
    """What one learner has handed in.

    Attributes:
        name: as they call themselves.
        written: when, in the order of time as text.
        predictions: the answer to each.
        exercises: 'passed' or 'tried' for each.
        votes: of a room, hands for each answer of a prediction.
        file: where it was read from.
    """

    name: str
    written: str
    predictions: dict[str, str]
    exercises: dict[str, str]
    votes: dict[str, dict[str, int]]
    file: Path


# --- the learner's side ---------------------------------------------------------------------------


def export(name: str) -> tuple[Path, str]:
    """Write what a learner hands in, into the working folder; return where, and what it holds.

    Raises:
        ValueError: the name has no letters, or is too long.
        OSError: the file cannot be written, or is something else.
    """
    who = " ".join(name.encode(errors="replace").decode().split())  # half a letter is none
    if not 1 <= len(who) <= LONGEST or not re.search(r"\w", who):
        raise ValueError(f"a name of 1 to {LONGEST} letters, as your teacher is to see it")
    page: dict[str, Any] = {KEY: FORMAT, "name": who}
    page["written"] = datetime.now().isoformat(timespec="seconds")
    page |= {many: {} for many in KINDS.values()}
    for (kind, asked), value in diary.read().items():
        if isinstance(value, dict if kind == "votes" else str) and kind in KINDS:
            page[KINDS[kind]][asked] = value
    file = Path.cwd() / ("progress_" + re.sub(r"[^\w-]+", "_", who) + ".json")
    if file.exists() and not _is_of(file, who):
        raise FileExistsError(errno.EEXIST, "there is another file of that name", str(file))
    _write(file, json.dumps(page, indent=1, ensure_ascii=False) + "\n")
    done = Counter(page["exercises"].values())
    return file, (
        f"the name {who}, {len(page['predictions'])} predictions, {done['passed']} exercises passed"
        f" and {done['tried']} tried, {len(page['votes'])} votes of a room, and when it was written"
    )


def _is_of(file: Path, who: str) -> bool:
    """Say whether a learner has handed in this file before: two names may make one file's name."""
    try:
        return read(file).name == who
    except UnfitError:
        return False


def _write(file: Path, words: str) -> None:
    """Write a file whole or not at all: half of one would be taken for somebody else's."""
    draft = file.with_name(f".{file.name}.draft")
    try:
        draft.write_bytes(words.encode(errors="replace"))
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


# --- the teacher's side ---------------------------------------------------------------------------


def read(file: Path) -> Handed:
    """Return what one file holds.

    Raises:
        UnfitError: it is not such a file.
    """
    try:
        if stat.S_ISDIR((found := file.stat()).st_mode):
            raise UnfitError("it holds no .json file that can be seen")
        if not stat.S_ISREG(found.st_mode):  # a pipe, say, which would keep us waiting
            raise UnfitError("it is no file")
        if found.st_size > LARGEST:
            raise UnfitError("it is too large for what progress(export=...) writes")
        page = json.loads(file.read_text("utf-8-sig"))
    except OSError as error:
        raise UnfitError(f"it cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, UnfitError) else UnfitError("it is broken") from None
    if not isinstance(page, dict) or KEY not in page:
        raise UnfitError("it is not what progress(export=...) writes")
    if page[KEY] != FORMAT:
        raise UnfitError("another version of the course wrote it: have it written anew")
    try:
        return _handed(page, file)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
        raise UnfitError("something in it was changed by hand: have it written anew") from None


def _handed(page: dict[str, Any], file: Path) -> Handed:
    words = {many: {_clean(k): v for k, v in page[many].items()} for many in KINDS.values()}
    exercises = {name: value for name, value in words["exercises"].items() if value in SIGNS}
    votes = {
        name: {_clean(answer): _hands(hands) for answer, hands in of.items() if _hands(hands)}
        for name, of in words["votes"].items()
    }
    predictions = {name: _clean(answer) for name, answer in words["predictions"].items()}
    name, written = _clean(page["name"])[:LONGEST], _clean(page["written"])
    if not name:
        raise ValueError
    return Handed(name, written, predictions, exercises, votes, file)


def _hands(number: Any) -> int:
    """Return a number of hands; what is no number raises ValueError, TypeError or OverflowError."""
    return max(0, min(int(number), HANDS))


def _clean(words: str) -> str:
    """Return words as one printable line; what is no text raises TypeError."""
    if not isinstance(words, str):
        raise TypeError
    return " ".join("".join(one if one.isprintable() else " " for one in words).split())[:WORDS]


def gathered(paths: Iterable[Path]) -> tuple[list[Handed], list[str]]:
    """Return what learners have handed in, by name, and a line for each file that is left out.

    Args:
        paths: files, and folders in which all `.json` files count. Of two files of one name the
            one that was written last is taken.
    """
    newest: dict[str, Handed] = {}
    left_out = []
    for file in _files(paths):
        try:
            one = read(file)
        except UnfitError as reason:
            left_out.append(f"{_named(file)}: left out: {reason}.")
            continue
        other = newest.get(one.name.casefold())
        if other and other.written > one.written:
            one, other = other, one
        newest[one.name.casefold()] = one
        if other:
            left_out.append(
                f"{_named(other.file)}: left out: {one.name} has handed in twice, and"
                f" {_named(Path(one.file.name))} is the later one."
                " If they are two people, one needs another name."
            )
    return sorted(newest.values(), key=lambda one: one.name.casefold()), left_out


def _files(paths: Iterable[Path]) -> list[Path]:
    files: dict[str, Path] = {}
    for path in paths:
        # os.path asks where Path would raise: of a name that is too long, of links in a circle.
        inside = sorted(path.glob("*.json")) if os.path.isdir(path) else []  # noqa: PTH112
        for file in inside or [path]:
            files.setdefault(os.path.realpath(file), file)
    return [*files.values()]


def _named(file: Path) -> str:
    """Return a file's name as one line, whatever is in it."""
    return "".join(one if one.isprintable() else "?" for one in str(file))


def told(learners: Sequence[Handed], columns: int = 100) -> str:
    """Return the class's table as text, at most so many columns wide if that can be."""
    lines = [f"{len(learners)} handed in: {', '.join(one.name for one in learners)}.", ""]
    lines += _exercises(learners, columns)
    lines += ["", "Predictions, and how many gave each answer:"]
    for asked in _names(learners, "predictions", "votes"):
        chosen = Counter(one.predictions[asked] for one in learners if asked in one.predictions)
        hands = sum((Counter(one.votes.get(asked, {})) for one in learners), Counter())
        by_hand = f"  (by hands: {_counted(hands)})" if hands else ""
        lines.append(f"  {asked:24} {_counted(chosen)}{by_hand}")
    return "\n".join(lines)


def _exercises(learners: Sequence[Handed], columns: int) -> list[str]:
    """Return a line for each exercise, with a column for each learner where there is room."""
    room = 2 + max(len(one.name[:SHOWN]) for one in learners)
    wide = 44 + room * len(learners) <= columns
    shown = learners if wide else ()
    heads = "".join(f"{one.name[:SHOWN]:>{room}}" for one in shown)
    lines = ["Exercises: + is passed, ? is tried and not passed", f"{'':26}{heads}  passed  tried"]
    stuck: Counter[str] = Counter()
    for name in _names(learners, "exercises"):
        done = [one.exercises.get(name, "") for one in learners]
        stuck[name] = done.count("tried")
        signs = "".join(f"{SIGNS[one]:>{room}}" for one in done) if wide else ""
        lines.append(f"  {name:24}{signs}{done.count('passed'):8}{stuck[name]:7}")
    most = [f"{name} ({n} of {len(learners)})" for name, n in stuck.most_common(STUCK) if n]
    lines.append(f"Most are stuck at: {', '.join(most) or 'nothing'}.")
    return lines if wide else [*lines, "There is no room for each learner's column: use --csv."]


def _names(learners: Sequence[Handed], *kinds: str) -> list[str]:
    return sorted({name for one in learners for kind in kinds for name in getattr(one, kind)})


def _counted(answers: Mapping[str, int]) -> str:
    return ", ".join(f"{answer}: {n}" for answer, n in Counter(answers).most_common()) or "nobody"


def write_csv(learners: Sequence[Handed], file: Path) -> None:
    """Write a row for each exercise and prediction, a column for each learner."""
    with file.open("w", encoding="utf-8-sig", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(["kind", "name", *(_harmless(one.name) for one in learners)])
        for kind in ("exercises", "predictions"):
            for name in _names(learners, kind):
                cells = [_harmless(getattr(one, kind).get(name, "")) for one in learners]
                table.writerow([kind.removesuffix("s"), _harmless(name), *cells])


def _harmless(words: str) -> str:
    """Return words that no spreadsheet takes for a formula."""
    return f"'{words}" if words[:1] in ("=", "+", "-", "@") else words


def main(arguments: Sequence[str] | None = None) -> int:
    """Gather the files, print the table; return 0, or 1 where there was nothing to gather."""
    parser = argparse.ArgumentParser(
        prog="python3 course.py run python -m helpers.classroom",
        description='One table of what a class has written with progress(export="...").',
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE_OR_FOLDER")
    parser.add_argument("--csv", type=Path, metavar="TABLE", help="also write it for a spreadsheet")
    asked = parser.parse_args(arguments)
    learners, left_out = gathered(asked.paths)
    print(*left_out, sep="\n", end="\n" if left_out else "", file=sys.stderr)
    if not learners:
        print("There is nothing to gather: name the files, or the folder they are in.")
        return 1
    print(told(learners, shutil.get_terminal_size((100, 24)).columns))
    try:
        if asked.csv:
            _spare_what_was_handed_in(asked.csv)
            write_csv(learners, asked.csv)
    except OSError as error:
        print(f"{_named(asked.csv)} cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    return 0


def _spare_what_was_handed_in(table: Path) -> None:
    """Refuse to write the table over a learner's file: `--csv *.json` would."""
    if table.is_file() and KEY in table.read_text("utf-8", errors="replace"):
        raise FileExistsError(errno.EEXIST, "it is what a learner has handed in", str(table))


def _guarded() -> int:
    """Run `main`; a Ctrl-C, or a reader that wants no more, is no traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name is not to be too much for a terminal
    try:
        status = main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"The table cannot be shown: {error.strerror}.", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python complains once more at its end
        return 1
    return status


if __name__ == "__main__":
    sys.exit(_guarded())
