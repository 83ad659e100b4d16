"""The course can be used without seeing colours, without a picture and without a mouse.

What a browser has to tell, keyboard and zoom, is in test_accessible_browser.py.
"""

import io
import re
from html.parser import HTMLParser
from itertools import combinations, pairwise

import nbformat
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from benchmarks.picture import tasks
from helpers.board import loop_look
from helpers.chooser import figure
from helpers.chooser.comparison import Comparison
from helpers.five import chart
from helpers.lesson import progress
from helpers.look import GRID, INK, RUNNING, SECONDARY, STYLE_OF, STYLES
from helpers.profilers import table as profilers
from helpers.project.report import LARGE, MARKS, Finding, Report
from helpers.racelab import race
from helpers.timeline.bars import draw_style
from helpers.timeline.folded import Stacks
from helpers.timeline.page import DPI
from helpers.timeline.picture import FINE, FOLDED, Picture
from helpers.voice import say, voice
from tests.documents import FENCED, ROOT

WHITE, BLACK, DARK = "#ffffff", "#000000", "#111111"  # the last is JupyterLab's dark page
TEXT, SHAPE = 4.5, 3.0  # what WCAG 2 asks of words, and of shapes and large words
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
MARKDOWN = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES = [
    *sorted((ROOT / "docs").glob("*.html")),
    *sorted((ROOT / "data").rglob("*.html")),
]
BLOCK = re.compile(r"^ *```.*?^ *```", re.M | re.S)
IMAGE = re.compile(r"!\[([^\]]*)\]\(")


def names(paths):
    return {"argvalues": paths, "ids": [path.relative_to(ROOT).as_posix() for path in paths]}


# --- contrast -----------------------------------------------------------------------------------


def brightness(colour):
    """The relative luminance of WCAG 2."""
    parts = np.array(to_rgb(colour))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one, other):
    low, high = sorted(map(brightness, (one, other)))
    return (high + 0.05) / (low + 0.05)


def test_the_formula_is_that_of_wcag():
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast("#777777", WHITE) == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize(
    ("words", "ground"),
    [
        (INK, WHITE),
        (INK, GRID),  # of the cheat sheet
        (INK, "#e3eff7"),  # a line of source at which a task went on
        (SECONDARY, WHITE),
        (SECONDARY, GRID),
        (RUNNING.fill, WHITE),  # the name of a curve
        (WHITE, RUNNING.fill),  # the answer that was chosen
        (BLACK, STYLE_OF["lock"].fill),  # who holds a lock
    ],
)
def test_words_can_be_read(words, ground):
    assert contrast(words, ground) >= TEXT


SHAPES = [
    *STYLES,
    *(figure.PREDICTED, figure.MEASURED, figure.LEAST),
    *(chart.MEASURED, chart.RECORDED),
]


@pytest.mark.parametrize("style", SHAPES, ids=[style.label for style in SHAPES])
def test_bars_are_seen_on_white(style):
    assert contrast(style.fill, WHITE) >= SHAPE


def test_frames_and_marks_are_seen_on_a_light_and_on_a_dark_page():
    shown = {STYLE_OF[state].fill for state in ("network", "gil", "running", "sleep", "lock")}
    shown |= {colour for _, colour in MARKS.values()}
    for colour in shown:
        assert contrast(colour, WHITE) >= SHAPE
        assert contrast(colour, DARK) >= SHAPE
    assert float(LARGE.removesuffix("em")) * 13 >= 18.7  # pixels, bold: so the marks are large


def test_marks_of_the_profilers_and_bars_of_what_if_are_seen():
    assert contrast(profilers.UNSEEN, WHITE) >= SHAPE
    assert contrast(profilers.MIXED, WHITE) >= SHAPE
    assert contrast(STYLE_OF["turn"].fill, GRID) >= SHAPE
    assert contrast(RUNNING.fill, GRID) >= SHAPE


# --- without colour -----------------------------------------------------------------------------

LONG, HIGH = 1.0, 0.4  # inches of a bar, and of its lane


def without_colour(style):
    """Where a bar in a style is not white."""
    picture = Picture((LONG + 0.2, HIGH + 0.2), "a bar")
    middle, half = HIGH / 2 + 0.1, style.half_height * HIGH
    sides = tuple(np.array([at]) for at in (0.1, 0.1 + LONG, middle + half, middle - half))
    draw_style(picture, style, sides, 1 / DPI, transform=picture.dpi_scale_trans)
    return np.asarray(Image.open(io.BytesIO(picture.png())).convert("L")) < 210


@pytest.mark.parametrize("legend", [STYLES, [*SHAPES[len(STYLES) :][:3], *STYLES], SHAPES[-2:]])
def test_each_two_of_a_legend_differ_by_more_than_their_colour(legend):
    drawn = {style.label: without_colour(style) for style in legend}
    for one, other in combinations(drawn, 2):
        differ, either = drawn[one] ^ drawn[other], drawn[one] | drawn[other]
        assert differ.sum() > 0.1 * either.sum(), (one, other)


def test_so_do_the_swatches_of_the_loop_view():
    states = [one for one in loop_look.OF_STATE if one not in ("turn", "child")]  # shown as others
    drawn = {one: re.sub(r"#\w{6}", "", loop_look.swatch(one)) for one in states}
    assert len({*drawn.values()}) == len(states)
    done = [loop_look.words_of(one) for one in loop_look.DONE]
    assert len({*done}) == len(done)


def test_a_stack_has_the_order_of_the_legend_and_the_picture_says_so():
    run, _ = tasks(400, 100)
    picture = run.timeline()
    ((_, codes),) = [
        pair for one in picture.axes[0].artists if isinstance(one, Stacks) for pair in one.rows
    ]
    used = codes[::-1].astype(int)  # from the bottom; what is clear comes last
    assert (np.diff(used, axis=0) >= 0).all()
    assert all("the legend's first at the bottom" in words for words in (FINE, FOLDED))


# --- pages --------------------------------------------------------------------------------------


class Page(HTMLParser):
    """The elements of some HTML: (tag, attributes), and the texts of its headings."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.headings, self.open = [], [], None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append([int(tag[1]), ""])
            self.open = tag

    def handle_endtag(self, tag):
        if tag == self.open:
            self.open = None

    def handle_data(self, data):
        if self.open:
            self.headings[-1][1] += data

    def of(self, *tags):
        return [attrs for tag, attrs in self.elements if tag in tags]


def check_headings(headings):
    levels = [level for level, _ in headings]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(words.strip() for _, words in headings)


def headings_of(text):
    found = re.findall(r"^ {0,3}(#{1,6})(?: +(.*)|$)", BLOCK.sub("", text), re.M)
    return [(len(signs), words) for signs, words in found]


def check_images(page):
    for image in page.of("img"):
        assert image.get("alt", "").strip()
    for drawing in page.of("svg"):
        named = drawing.get("aria-label") or drawing.get("aria-labelledby")
        hidden = drawing.get("aria-hidden") == "true"
        assert hidden or (drawing.get("role") == "img" and named)


def check_tables(page):
    assert len(page.of("table")) == 0 or page.of("th")
    assert all(one.get("scope") in ("col", "row", "colgroup", "rowgroup") for one in page.of("th"))


@pytest.mark.parametrize("path", **names(PAGES))
def test_a_page_has_language_title_landmark_headings_and_names(path):
    page = Page(path.read_text("utf-8"))
    (html,) = page.of("html")
    assert html["lang"].startswith("en")
    assert re.search(r"<title>[^<]*\w", path.read_text("utf-8"))
    assert page.of("main")
    check_headings(page.headings)
    check_images(page)
    check_tables(page)


@pytest.mark.parametrize("path", **names(MARKDOWN))
def test_a_document_has_its_headings_in_order_and_words_for_its_images(path):
    text = path.read_text("utf-8")
    check_headings(headings_of(text))
    check_images(Page(FENCED.sub("", text)))
    assert all(len(alt.split()) > 5 for alt in IMAGE.findall(text))


@pytest.mark.parametrize("path", **names(NOTEBOOKS))
def test_a_notebook_has_its_headings_in_order_and_words_for_its_images(path):
    cells = nbformat.read(path, as_version=4).cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    check_headings(headings_of(text))
    assert all(len(alt.split()) > 5 for alt in IMAGE.findall(text))
    for output in (one for cell in cells for one in cell.get("outputs", [])):
        page = Page(output.get("data", {}).get("text/html", ""))
        check_images(page)
        if "image/png" in output.get("data", {}):
            check_alt(output.metadata["image/png"]["alt"])


def check_alt(words):
    """It is more than a title: it has figures, or a file's name, which only the data knows."""
    assert re.search(r"\d|\w\.\w{3}\b", words), words
    assert len(words.split()) >= 8, words


# --- what helpers show --------------------------------------------------------------------------


def losing_order():
    def add(box):
        box["total"] = box["total"] + 1

    return race(lambda: {"total": 0}, [add, add], lambda box: box["total"] == 2)


def test_tables_tell_which_cell_is_the_head_of_which():
    verdict = losing_order()
    report = Report([Finding("keeps", "all of it", True)])
    for made in (verdict, report, progress(), Comparison("job", 1).table):
        page = Page(made._repr_html_())
        assert page.of("table")
        check_tables(page)
    assert Page(verdict._repr_html_()).of("caption")


def test_nothing_moves_by_itself():
    files = [*(ROOT / "helpers").rglob("*.py"), *(ROOT / "data").glob("*.py"), *PAGES]
    files += (ROOT / "data").rglob("*.css")
    moves = re.compile(r"@keyframes|animation(-name)?:|transition(-property)?:|<(blink|marquee)\b")
    assert not [path for path in files if moves.search(path.read_text("utf-8"))]


def test_the_same_words_are_told_again():
    """What does not change is not read out."""
    told, heard = voice(), []
    told.observe(lambda change: heard.append(change["new"]), "value")
    for _ in range(3):
        say(told, "You chose <one>.")
    assert len(heard) == 3
    assert all("You chose &lt;one&gt;." in one for one in heard)
