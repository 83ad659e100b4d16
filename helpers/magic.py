"""`%%timeline` and `%%loop`: run a cell as IPython would, then show what ran when.

`%%timeline` shows the picture of the recording; `%%loop` what the event loop did besides, iteration
by iteration.

A magic that ran the cell by itself would have to do again what IPython does for `await`, the last
value and errors. So the line is only taken off the cell, and the recording begins and ends where
IPython announces the begin and the end of a cell.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from helpers.recorder.spans import Session, strip

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from helpers.recorder.loop_log import LoopLog

__all__ = ["CellMagics"]

TIMELINE, LOOP = "%%timeline", "%%loop"
TITLE = "What ran when"
USAGE = "{} [NAME]: NAME is one word, under which what was recorded is kept, not {!r}."
INTERRUPTED = "{}: interrupted before its picture was shown."
PLACE = "{} must be the first line of its cell, before any other magic."


class CellMagics:
    """The two magics, as one shell has them."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.session: Session | None = None
        self.loops: LoopLog | None = None  # under %%loop
        self.magic = TIMELINE
        self.name, self.title, self.cell = "", TITLE, ""
        self.depth = 0  # how many cells run within one another, as under %%capture
        shell.input_transformers_cleanup.append(take_off)
        shell.events.register("pre_run_cell", self.begin)
        shell.events.register("post_run_cell", self.end)
        magics: Any = shell.magics_manager
        magics.register_function(self.explain, "cell", "timeline")
        magics.register_function(self.explain_loop, "cell", "loop")

    def close(self) -> None:
        """Take the magics out of the shell again."""
        self.abandon()
        self.shell.input_transformers_cleanup.remove(take_off)
        self.shell.events.unregister("pre_run_cell", self.begin)
        self.shell.events.unregister("post_run_cell", self.end)
        for magic in (TIMELINE, LOOP):
            self.shell.magics_manager.magics["cell"].pop(magic[2:], None)

    def begin(self, info: Any) -> None:
        """Begin to record, if the cell that is about to run asks for it."""
        self.depth += 1
        if self.depth > 1 and self.session is not None:
            return
        self.abandon()
        line = first_line(info.raw_cell)
        if line is None:
            for magic in (TIMELINE, LOOP):
                if info.raw_cell.startswith("%%") and f"\n{magic}" in info.raw_cell:
                    print(PLACE.format(magic), file=sys.stderr)
            return
        name = name_in(line)
        if name is None:
            return
        self.magic, self.name, self.title = line.split()[0], name, title_in(info.raw_cell)
        self.cell = getattr(info, "cell_id", None) or info.raw_cell
        loops = None
        if self.magic == LOOP:  # its import takes no time of the recording
            from helpers.recorder.loop_log import LoopLog

            loops = LoopLog()
        try:
            self.session = Session(states=True)
        except RuntimeError as error:  # there is no room for it; the cell runs all the same
            print(f"{self.magic}: {error}", file=sys.stderr)
            return
        if loops is not None:
            self.loops = loops
            loops.begin(since=self.session.began / 1e9)  # one clock for the picture and the view
        # Instead of the method of its class, so that deleting it puts everything back.
        self.shell.showtraceback = self._show_traceback  # type: ignore[method-assign]

    def _show_traceback(self, exc_tuple: Any = None, *arguments: Any, **options: Any) -> None:
        """Show a traceback without the frames of the recorder."""
        with suppress(ValueError):  # there is no exception
            kind, error, _ = self.shell._get_exc_info(exc_tuple)  # type: ignore[no-untyped-call]
            strip(error)
            exc_tuple = kind, error, error.__traceback__
        type(self.shell).showtraceback(self.shell, exc_tuple, *arguments, **options)

    def end(self, result: Any = None) -> None:
        """End the recording, keep it, and show its picture."""
        if result is not None and not result.info.raw_cell.strip():
            return  # IPython does not announce the begin of an empty cell
        self.depth = max(0, self.depth - 1)
        if self.depth or (session := self.session) is None:
            return
        try:
            loops = self.loops
            self.abandon()
            from IPython.display import display

            kept, shown = self._picture(session) if loops is None else self._view(session, loops)
            if self.name:
                self.shell.user_ns[self.name] = kept
            display(shown)  # type: ignore[no-untyped-call]
        except KeyboardInterrupt:
            print(INTERRUPTED.format(self.magic), file=sys.stderr)

    def _picture(self, session: Session) -> tuple[Any, Any]:
        """Return the Recording and its picture, with the learner's prediction."""
        from helpers.prediction import taken_by

        run, guess = session.run, taken_by(self.cell)
        # All answers lie on the axis, so pictures with the same ones have one scale.
        until = max(run.elapsed, 1.02 * guess.longest) if guess and guess.longest else None
        return run, run.timeline(title=self.title, guess=guess, until=until)

    def _view(self, session: Session, loops: LoopLog) -> tuple[Any, Any]:
        """Return the loop view, to be kept and to be shown."""
        from helpers.board.loop_view import LoopView

        view = LoopView(session.run, loops, self.title)
        return view, view

    def abandon(self) -> None:
        """End the recording, if one is under way, and take everything back."""
        if self.session is not None:
            try:
                if self.loops is not None:
                    self.loops.end()
                self.session.finish()
            finally:
                vars(self.shell).pop("showtraceback", None)
            self.session = self.loops = None  # after an interrupt they are there, to be ended again

    def explain(self, line: str, cell: str) -> None:
        """Run this cell and show what ran when, and what each waited for: `%%timeline [NAME]`.

        It stands in the first line of the cell. A comment in the line after it is the title of
        the picture. The Recording is kept under NAME: NAME.lanes, NAME.spans, NAME.states,
        NAME.peak(), NAME.timeline(), NAME.to_perfetto(path).
        """
        from IPython.core.error import UsageError

        raise UsageError(_misused(TIMELINE, line))

    def explain_loop(self, line: str, cell: str) -> None:
        """Run this cell and show what its event loop did, one iteration at a time: `%%loop [NAME]`.

        It stands in the first line of the cell. A comment in the line after it is the title. What
        is shown is kept under NAME: NAME.iterations, NAME.run (the Recording), NAME.page(number).
        """
        from IPython.core.error import UsageError

        raise UsageError(_misused(LOOP, line))


def _misused(magic: str, line: str) -> str:
    """Return what is wrong with a magic that IPython ran by itself."""
    right = name_in(f"{magic} {line}") is not None
    return PLACE.format(magic) if right else USAGE.format(magic, line)


def take_off(lines: list[str]) -> list[str]:
    """Return a cell's lines without the magic's own, so that line numbers stay as they are."""
    line = first_line("".join(lines))
    if line is None:
        return lines
    if name_in(line) is None:
        magic, words = line.split(None, 1)
        return [f"get_ipython().run_cell_magic({magic[2:]!r}, {words!r}, ' ')\n"]
    at = next(number for number, text in enumerate(lines) if text.strip())
    rest = lines[at + 1 :]
    another = next((text for text in rest if text.strip()), "").startswith("%%")
    return rest if another else ["\n"] * (at + 1) + rest


def first_line(cell: str) -> str | None:
    """Return the line of a cell that is one of these magics, or None."""
    line = cell.lstrip().partition("\n")[0].rstrip()
    return line if line.split(maxsplit=1)[:1] in ([TIMELINE], [LOOP]) else None


def title_in(cell: str) -> str:
    """Return what the picture's title is: the comment right below the magic's line, if any."""
    below = cell.lstrip().partition("\n")[2].partition("\n")[0]
    return below.removeprefix("#").strip() if below.startswith("# ") else TITLE


def name_in(line: str) -> str | None:
    """Return the name in the magic's line, '' if there is none, or None if it is not one word."""
    words = line.split()[1:]
    if len(words) > 1 or not all(word.isidentifier() and not iskeyword(word) for word in words):
        return None
    return words[0] if words else ""
