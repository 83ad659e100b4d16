"""In a browser: pages that axe-core finds no fault with, at any size, and all by keyboard."""

import nbformat
import pytest
from nbformat import v4

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from tests import axe, browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not browser.find_browser(), reason="no Chromium or Chrome is installed"),
]

DOCS = sorted((browser.ROOT / "docs").glob("*.html"))
MADE = sorted((browser.ROOT / "data").rglob("*.html"))
INDEXES = [path for path in MADE if path.name == "index.html"]
PAGES = [*DOCS, *INDEXES, *MADE[::8]]  # those of one website are made alike
ZOOMED = {"width": 640, "height": 500}  # a laptop's 1280 x 1000 at 200%
WIDER = """() => [...document.querySelectorAll('body *')].filter(one =>
    one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.scroll, svg, pre'))
    .map(one => one.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def lab():
    with browser.lab() as lab:
        yield lab


@pytest.fixture(scope="module")
def page(lab):
    page = lab.browser.new_page()
    yield page
    page.close()


@pytest.mark.skipif(not axe.Axe, reason="axe-playwright-python is not installed")
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(browser.ROOT).as_posix())
def test_axe_core_finds_no_fault_with_a_page(page, path):
    page.goto(path.as_uri())
    assert not axe.faults(page)


@pytest.mark.skipif(not axe.Axe, reason="axe-playwright-python is not installed")
def test_a_link_that_looks_like_the_words_around_it_is_told(page):
    link = '<a href="#" style="color: #333; text-decoration: none">a link</a>'
    page.set_content(f'<p style="color: black">Some words, {link}, and more.</p>')
    (told,) = [one for one in axe.faults(page) if one.startswith("link-in-text-block")]
    assert told not in axe.faults(page, left_out=axe.IN_JUPYTERLAB)


@pytest.mark.parametrize("path", [*DOCS, *INDEXES], ids=lambda path: path.parent.name + path.stem)
def test_at_200_percent_nothing_is_cut_off(page, path):
    page.set_viewport_size(ZOOMED)
    page.goto(path.as_uri())
    assert not page.evaluate(WIDER)


# --- by keyboard --------------------------------------------------------------------------------

CELLS = [
    "%load_ext helpers\nimport asyncio\nfrom helpers.lesson import hint, predict\n"
    "from helpers.board import slide, what_if\nfrom helpers.timeline import curve",
    'predict("99 keys", "How long?", [0.1, 1.4])',
    'hint("02 tickets")',
    'slide(lambda n: curve({1: n, 2: n / 2}, title=f"with {n}"), [1, 2, 3], "how long")',
    "what_if()",
    """%%loop
async def nap():
    for _ in range(3):
        await asyncio.sleep(0.01)
await asyncio.gather(nap(), nap())""",
    """from types import SimpleNamespace
from helpers import race
def pay(till):
    till.total += 3
race(lambda: SimpleNamespace(total=0), [pay, pay], lambda till: till.total == 6, play=True)""",
]
# What has the focus: its words as a screen reader has them, and what shows that it has it.
FOCUSED = """() => {
    const one = document.activeElement, look = getComputedStyle(one);
    const label = one.labels?.length ? one.labels[0].innerText : '';
    return {
        words: (one.getAttribute('aria-label') || label || one.innerText || '').trim(),
        value: one.getAttribute('aria-valuetext') || one.value || '',
        role: one.getAttribute('role') || one.localName,
        ring: [look.outlineStyle, look.outlineWidth, look.boxShadow, look.borderColor,
               look.backgroundColor].join(' '),
        in_cell: Boolean(one.closest('.jp-OutputArea-output')),
    };
}"""
UNFOCUSED = """() => {
    const one = document.activeElement;
    one.blur();
    const look = getComputedStyle(one);
    const ring = [look.outlineStyle, look.outlineWidth, look.boxShadow, look.borderColor,
                  look.backgroundColor].join(' ');
    one.focus();
    return ring;
}"""
CELL = """async position => {
    const content = window.threeLanes.book.content;
    await content.scrollToItem(position);
    return content.widgets[position].node;
}"""
FIRST = """position => {
    const cell = window.threeLanes.book.content.widgets[position].node;
    const any = ':is(button, input, summary, [tabindex="0"])';
    cell.querySelector(`.jp-OutputArea-output ${any}`).focus();
}"""


@pytest.fixture(scope="module")
def book(lab):
    made = v4.new_notebook(cells=[v4.new_code_cell(source) for source in CELLS])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(made, lab.checkout / browser.COPIES / "keys.ipynb")
    with lab.open("keys.ipynb") as book:
        book.run("notebook:run-all-cells")
        yield book
        assert not book.faults()


class Keys:
    """The keyboard, in the output of one cell."""

    def __init__(self, book, position):
        self.page = book.page
        self.cell = self.page.evaluate_handle(CELL, position).as_element()
        self.cell.wait_for_selector(".jp-OutputArea-output :is(button, summary, [tabindex='0'])")
        self.page.evaluate(FIRST, position)

    def focused(self):
        """What has the focus; it shows that it has."""
        now = self.page.evaluate(FOCUSED)
        assert now["in_cell"], f"the focus is lost: {now}"
        assert self.page.evaluate(UNFOCUSED) != now["ring"], f"cannot be seen to be focused: {now}"
        assert now["role"] != "button" or "solid 2px" in now["ring"], now
        return now

    def press(self, key):
        """Press a key that does something where the focus is: it stays there."""
        before = self.focused()
        self.page.keyboard.press(key)
        after = self.page.evaluate(FOCUSED)
        assert (after["role"], after["in_cell"]) == (before["role"], True)

    def tab(self, words):
        """Go on by Tab to what is called so."""
        seen = []
        for _ in range(12):
            if words in (now := self.focused())["words"]:
                return
            seen.append(now["words"])
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{words!r} is not come to by Tab: {seen}")

    def heard(self, words):
        """Wait until something with these words is read out."""
        said = self.page.locator("[role=status]", has_text=words)
        said.first.wait_for(state="attached")


def test_a_prediction_is_chosen_and_a_rooms_hands_are_entered(book):
    keys = Keys(book, 1)
    keys.tab("1.40 s")
    keys.press("Space")
    keys.heard("You chose 1.40 s.")
    assert keys.cell.query_selector(".mod-active").inner_text() == "1.40 s"
    keys.tab("A room's votes")
    keys.press("Enter")
    keys.cell.wait_for_selector("input[type=number]", state="visible")
    keys.page.keyboard.press("Tab")
    assert keys.focused()["words"] == "0.10 s"
    keys.press("ArrowUp")
    assert keys.focused()["value"] == "1"
    keys.page.keyboard.press("Tab")
    assert keys.focused()["words"] == "1.40 s"


def test_a_hint_is_unfolded_and_folded(book):
    keys = Keys(book, 2)
    for is_open in (True, False):
        keys.tab("Hint 1")
        keys.press("Enter")
        assert keys.cell.query_selector("details").evaluate("one => one.open") == is_open


def test_a_slider_is_moved_and_what_it_shows_is_read_out(book):
    keys = Keys(book, 3)
    assert keys.focused()["role"] == "slider"
    keys.press("ArrowRight")
    keys.heard("how long 2: with 2.")
    keys.press("ArrowRight")
    keys.heard("how long 3: with 3.")


def test_what_if_is_asked_and_measured(book):
    keys = Keys(book, 4)
    keys.press("ArrowRight")
    keys.heard("Expected: ")
    keys.tab("measure")
    keys.press("Enter")
    keys.heard("job, 20 items")
    assert keys.focused()["words"] == "measure"


def test_the_loop_view_goes_forth_and_back(book):
    keys = Keys(book, 5)
    keys.tab("next")
    keys.press("Enter")
    keys.heard("Iteration 2 of")
    keys.page.keyboard.press("Shift+Tab")
    assert keys.focused()["words"] == "previous"
    keys.press("Space")
    keys.heard("Iteration 1 of")


def test_the_stepper_steps_takes_back_and_hints(book):
    keys = Keys(book, 6)
    keys.tab("pay 1")
    keys.press("Enter")
    keys.heard("pay 1 reads till.total: 0.")
    keys.tab("take back")
    keys.press("Space")
    keys.heard("You are the scheduler")
    keys.tab("hint")
    keys.press("Enter")
    keys.heard("Hint: let")
