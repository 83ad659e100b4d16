"""How the loop view looks: its style sheet, and the swatches that stand for what a task does.

Everything has a height of its own that does not depend on what is in it: while the slider moves,
nothing else may.
"""

from __future__ import annotations

from helpers.look import AXIS, FOCUS, GRID, INK, SECONDARY, STYLE_OF, BarStyle
from helpers.timeline.page import PIXELS, WIDTH

__all__ = ["DONE", "LOOK", "box", "rows", "swatch", "words_of"]

ROW = 1.6  # the height of a row, in em
NARROW = 54  # em: the width below which the boxes stand under one another
TALL = 1.1  # the height of a bar that fills its lane, in em
DONE = {  # a sign and its words
    "finished": ("✓", "finished"),
    "failed": ("✗", "raised an exception"),
    "cancelled": ("✗", "cancelled"),
}
OF_STATE = STYLE_OF | {"ready": STYLE_OF["turn"]}  # a task that is ready stands in the queue
TEXTURES = {
    "////": "repeating-linear-gradient(135deg, {0} 0 3px, white 3px 4.5px)",
    r"\\\\": "repeating-linear-gradient(45deg, {0} 0 3px, white 3px 4.5px)",
    "...": "radial-gradient(white 0.9px, transparent 1.2px) 0 0 / 4px 4px, {0}",
    "|||": "repeating-linear-gradient(90deg, {0} 0 3px, white 3px 4.5px)",
    "||": "repeating-linear-gradient(90deg, white 0 4px, {0} 4px 5.5px)",
    "xxx": "repeating-linear-gradient(45deg, transparent 0 3px, white 3px 4.5px), "
    "repeating-linear-gradient(135deg, {0} 0 3px, white 3px 4.5px)",
}
DASHES = "repeating-linear-gradient(90deg, {0} 0 5px, transparent 5px 8px)"
LOOK = f"""<style>
{FOCUS}
.lanes-loop {{ color: {INK}; background: white; max-width: {WIDTH * PIXELS:g}px;
  font: var(--jp-content-font-size1, 14px)/{ROW} 'DejaVu Sans', sans-serif;
  container-type: inline-size }}
.lanes-loop .head {{ font-size: 1.2em; font-weight: bold }}
.lanes-loop .row {{ height: {ROW}em; white-space: pre; overflow: hidden; text-overflow: ellipsis }}
.lanes-loop .boxes {{ display: grid; grid-template-columns: minmax(0, 31fr) minmax(0, 69fr);
  gap: 0 1.5em; margin-top: 0.4em }}
.lanes-loop .box {{ min-width: 0; margin-bottom: 0.5em }}
.lanes-loop .title {{ border-bottom: 2px solid {AXIS} }}
.lanes-loop .title > b, .lanes-loop .file {{ grid-column: span 2 }}
.lanes-loop .dim {{ color: {SECONDARY} }}
.lanes-loop .call {{ display: grid; grid-template-columns: 1.7em minmax(0, 1fr) 9.6em 12.9em }}
.lanes-loop .timer {{ display: grid; grid-template-columns: 6em 1fr }}
.lanes-loop .row > * {{ overflow: hidden; text-overflow: ellipsis }}
.lanes-loop .swatch {{ display: inline-block; width: 1.4em; vertical-align: middle;
  margin-right: 0.35em; box-sizing: border-box }}
.lanes-loop .bar {{ display: inline-block; margin-right: 0.35em }}
.lanes-loop .bar .swatch {{ margin: 0 }}
.lanes-loop .sign {{ text-align: center; font-weight: bold }}
.lanes-loop code {{ font-size: 0.93em; background: none; color: inherit }}
.lanes-loop .source {{ display: grid; max-height: {40 * ROW}em; overflow-y: auto;
  grid-template-columns: 2.6em minmax(0, max-content) minmax(38%, 1fr) }}
.lanes-loop .source code {{ padding-right: 1em }}
.lanes-loop .source .row {{ font-family: var(--jp-code-font-family, monospace) }}
.lanes-loop .source .went {{ background: #e3eff7 }}
.lanes-loop .source .marks {{ font-family: inherit; padding-left: 0.5em;
  border-left: 2px solid {GRID} }}
@container (max-width: {NARROW}em) {{
  .lanes-loop .boxes {{ grid-template-columns: minmax(0, 1fr) }}
  .lanes-loop .story {{ height: {2 * ROW}em; white-space: normal }}
}}
</style>"""


def words_of(state: str) -> str:
    """Return what a task does after a turn, in the words of the picture."""
    if state in DONE:
        return DONE[state][1]
    return OF_STATE[state].label


def swatch(state: str, width: float = 1.4) -> str:
    """Return a bar for a state, as the picture draws it; its width is in em."""
    if state in DONE:
        return f'<span class="swatch sign">{DONE[state][0]}</span>'
    return f'<span class="swatch" style="width: {width:.2f}em; {_css(OF_STATE[state])}"></span>'


def _css(style: BarStyle) -> str:
    high = f"height: max(2px, {TALL * style.half_height / 0.36:.2f}em)"
    if style.form == "dashes":
        return f"{high}; background: {DASHES.format(style.fill)}"
    inside = "white" if style.form == "outline" else style.fill
    inside = TEXTURES[style.texture].format(style.fill) if style.texture else inside
    border = f"; border: 1.5px solid {style.fill}" if style.form == "outline" else ""
    return f"{high}; background: {inside}{border}"


def box(title: str, inside: str, columns: str = "") -> str:
    """Return a part of the page under its title and those of its last columns."""
    kind = "call " if columns else ""
    head = f'<div class="row {kind}title"><b>{title}</b>{columns}</div>'
    return f'<div class="box">{head}{inside}</div>'


def rows(made: list[str], room: int) -> str:
    """Return rows, and as many empty ones as there is room for in all."""
    return "".join(made) + '<div class="row"></div>' * (room - len(made))
