"""Every notebook in a browser, as a learner opens it and runs it: all cells in one burst."""

import time

import nbformat
import pytest
from nbformat import v4

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from tests import axe, browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not browser.find_browser(), reason="no Chromium or Chrome is installed"),
]

NAMES = sorted(path.name for path in (browser.ROOT / "notebooks").glob("*.ipynb"))

DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    "AAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
RIGHT = [
    ("code", "import sys\nfrom pathlib import Path\nfrom IPython.display import HTML, display"),
    ("code", f'display(HTML(\'<img src="{DOT}" alt="a dot">\'))'),
    ("code", ""),
]
ON_THE_PAGE = [  # JavaScript, and what is to be said of the notebook
    ("setTimeout(() => { throw new Error('from us') })", "an error in the page: from us"),
    ("console.error('from us')", "an error in the console: from us"),
    ("fetch('https://example.org/').catch(() => 0)", "elsewhere: https://example.org/"),
    ("new WebSocket('wss://example.org/socket')", "elsewhere: wss://example.org/socket"),
    ("window.jupyterapp.commands.execute('help:about')", "Project Jupyter Contributors"),
    (
        "window.jupyterapp.commands.execute('apputils:notify',"
        " {message: 'a notice', options: {autoClose: false}})",
        "still open on the page: 'a notice",
    ),
]
IN_A_CELL = [  # a cell, and what is to be said of it
    ("markdown", "![from elsewhere](http://example.org/dot.png)", "dot.png' did not load"),
    ("markdown", "![a missing file](no_such_file.png)", "no_such_file.png' did not load"),
    ("markdown", f"![]({DOT})", "has no alternative text"),
    ("code", f"display(HTML('<img src=\"{DOT}\">'))", "has no alternative text"),
    ("code", f'display(HTML(\'<img src="{DOT}" alt="">\'))', "has no alternative text"),
    ("code", "print('hard luck', file=sys.stderr)", "wrote to stderr: hard luck"),
    ("code", "try: 1 / 0\nexcept Exception: get_ipython().showtraceback()", "shows an error: Zero"),
    ("code", "{}['key']", "raised KeyError: 'key'"),
]
IN_THE_KERNEL = [  # code that is sent by no cell, and what is to be said of it
    ("1 / 0", "an error outside its cells: ZeroDivisionError"),
    ("print('Traceback ...', file=sys.stderr)", "an error outside its cells: Traceback ..."),
]
SEND = """code => window.threeLanes.book.sessionContext.session.kernel
    .requestExecute({code}).done.then(() => null)"""
NOT_REACHED = [  # because the cell before them fails
    (
        "code",
        'raise ExceptionGroup("two", [ValueError(1), ValueError(2)])',
        "raised ExceptionGroup",
    ),
    ("code", "%no_such_magic", "raised UsageError"),
    ("code", "%%no_such_magic\n1", "raised UsageError"),
]


@pytest.fixture(scope="module")
def lab():
    with browser.lab() as lab:
        yield lab


@pytest.fixture
def write(lab):
    """Put a notebook of (cell type, source) pairs among the learner's; return its name."""

    def write(name, *cells, may_fail=()):
        make = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell}
        book = v4.new_notebook(cells=[make[kind](source) for kind, source, *_ in cells])
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        for position in may_fail:
            book.cells[position].metadata["tags"] = ["raises-exception"]
        nbformat.write(book, lab.checkout / browser.COPIES / name)
        return name

    return write


def run_twice(book, keep=False):
    """Run the first half, then all cells in a new kernel; return all that was wrong."""
    half = book.size() // 2
    book.run("notebook:run-all-above", at=half)
    faults = book.faults(ran=half)
    book.run("notebook:restart-run-all")
    book.look(keep)
    return list(dict.fromkeys(faults + book.faults()))


def test_the_first_page_is_the_first_notebook_with_its_contents_and_nothing_in_the_way(lab):
    with lab.open() as book:
        assert book.path == f"{browser.COPIES}/00_start_here.ipynb"
        book.page.locator(".jp-TableOfContents .jp-tocItem-heading").first.wait_for()
        assert not [url for url in book.requested if "api/news" in url or "api/update" in url]
        assert not book.pop_ups()
        assert not book.heard


@pytest.mark.parametrize("name", NAMES)
def test_after_a_restart_in_the_middle_all_cells_run_in_one_burst(lab, name):
    with lab.open(name) as book:
        faults = run_twice(book, keep=True)
        book.keep_pictures()
        faults += axe.on_the_sheet(book) if axe.Axe else []
    assert not faults, "\n" + "\n".join(faults)


def test_every_fault_is_told_with_its_notebook_and_cell(lab, write):
    scripts = [("code", f"%%javascript\n{script}") for script, _ in ON_THE_PAGE]
    cells = [("code", "1 / 0"), *RIGHT, *scripts, *IN_A_CELL, *NOT_REACHED]
    with lab.open(write("faulty.ipynb", *cells, may_fail=[0])) as book:
        book.run("notebook:run-all-cells")
        for code, _ in IN_THE_KERNEL:
            book.page.evaluate(SEND, code)
        for pop_up in (".jp-Dialog", ".Toastify__toast"):
            book.page.locator(pop_up).wait_for()
        book.look()
        faults = book.faults()
        for position in range(len(cells) - len(NOT_REACHED), len(cells)):
            book.run("notebook:run-cell", at=position)
            faults += book.faults(ran=0)
    for _, says in ON_THE_PAGE + IN_THE_KERNEL:
        assert any(one.startswith("faulty.ipynb: ") and says in one for one in faults), says
    for number, (_, source, *says) in enumerate(cells, 1):
        told = [one for one in faults if one.startswith(f"faulty.ipynb, cell {number} (")]
        assert bool(told) == bool(says), told
        assert all(repr(source.partition("\n")[0]) in one for one in told)
        assert not says or any(says[0] in one for one in told), told


NOT_FOR_ALL = [  # markup, what axe-core is to say, and of what
    ('<button style="width: 2em; height: 2em"></button>', "button-name", "<button"),
    ('<p style="color: #bbb">pale</p>', "color-contrast", ">pale"),
    ('<p style="color: #333">dim in the dark</p>', "dark: color-contrast", ">dim"),
    ('<p style="opacity: 0.4">seen through</p>', "color-contrast", ">seen"),
    ('<p style="margin-top: 3000px; color: #bbb">far</p>', "color-contrast", ">far"),
    ('<details><p style="color: #bbb">folded</p></details>', "color-contrast", ">folded"),
    ('<label for="other">name</label><input>', "label", "<input>"),
    ('<table><tr><th scope="row"> </th><td>1</td></tr></table>', "empty-table-header", "<th"),
    ('<div role="slider" aria-valuenow="1" tabindex="0">1</div>', "aria-input-field-name", "<div"),
]
FOR_ALL = ['<label for="mine">name</label><input id="mine">', "<p>words</p>"]


@pytest.mark.skipif(not axe.Axe, reason="axe-playwright-python is not installed")
def test_what_keeps_somebody_out_is_told_wherever_it_stands(lab, write):
    markup = [*FOR_ALL, *(html for html, *_ in NOT_FOR_ALL)]
    shown = [("code", f"HTML({html!r})") for html in markup]
    with lab.open(write("kept_out.ipynb", RIGHT[0], *shown)) as book:
        book.run("notebook:run-all-cells")
        book.look()
        told = axe.on_the_sheet(book)
        again = axe.on_the_sheet(book)
    for html, says, of in NOT_FOR_ALL:
        found = [one for one in told if one.startswith(f"kept_out.ipynb: {says}")]
        assert any(of in one for one in found), (html, told)
    assert not [one for one in told if "mine" in one or "words" in one]
    assert again == told


def test_cells_that_did_not_run_and_cells_that_only_run_once_are_told(lab, write):
    cells = [
        ("code", "from pathlib import Path"),
        ("code", "import sys; again = Path('mark').exists()"),
        ("code", "Path('mark').touch()"),
        ("code", "if again: print('ran before', file=sys.stderr)"),
        ("code", "assert not again"),
        ("code", "print('the last')"),
    ]
    with lab.open(write("once.ipynb", *cells)) as book:
        faults = run_twice(book)
    assert faults == [
        """once.ipynb, cell 6 ("print('the last')"): did not run; cells that did not: 1""",
        """once.ipynb, cell 4 ("if again: print('ran before', file=sys.stderr)"): """
        "wrote to stderr: ran before",
        "once.ipynb, cell 5 ('assert not again'): raised AssertionError: ",
    ]


FIRST_ANSWER = "def together(job, times):\n    for _ in range(times):\n        job()"
ANSWER = """from threading import Thread
def together(job, times):
    threads = [Thread(target=job) for _ in range(times)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]"""


def test_a_prediction_is_drawn_and_an_answer_is_checked(lab, write):
    cells = [
        ("code", "%load_ext helpers"),
        ("code", "from helpers.lesson import check, predict"),
        ("code", 'predict("99 browser", "How long?", [0.1, 1.4])'),
        ("code", "%%timeline\n# A short wait\nimport time\ntime.sleep(0.1)"),
        ("code", "def together(job, times): ..."),
        ("code", 'check("01 together", together)'),
        ("code", FIRST_ANSWER),
        ("code", 'check("01 together", together)'),
        ("code", ANSWER),
        ("code", 'check("01 together", together)'),
    ]
    with lab.open(write("lesson.ipynb", *cells)) as book:
        book.run("notebook:run-all-cells")
        book.look()
        assert "Predicted" not in book.images[3][0]["alt"]
        outputs = book.page.locator(".jp-Notebook .jp-OutputArea-output")
        told = " ".join(outputs.all_inner_texts())
        assert "Your turn." in told
        assert "Not yet." in told
        assert "hand it over without brackets" in told
        assert "Passed." in told
        book.page.locator("button", has_text="1.40 s").click()
        book.page.locator("button", has_text="A room's votes").click()
        hands = book.page.locator(".widget-text input[type=number]").first
        hands.fill("7")
        hands.press("Tab")
        book.run("notebook:run-cell", at=3)
        book.look(keep=True)
        alt = book.images[3][0]["alt"]
        assert "Predicted: 7 of 7: 0.10 s, you: 1.40 s." in alt, alt
        book.run("notebook:restart-run-all")
        book.look()
        assert "you: " in book.images[3][0]["alt"]  # what was chosen survives a restart
        assert not book.faults()


EXPERIMENT = """def experiment(value):
    return curve({1: value, 2: value / 2}, title=f"with {value}")"""


def test_a_slider_is_moved_and_its_picture_changes(lab, write):
    cells = [
        ("code", "%load_ext helpers"),
        ("code", "from helpers.board import slide\nfrom helpers.timeline import curve"),
        ("code", EXPERIMENT),
        ("code", 'slide(experiment, [1, 2, 3], "how long")'),
    ]
    with lab.open(write("slider.ipynb", *cells)) as book:
        book.run("notebook:run-all-cells")
        picture = book.page.locator("img.three-lanes")
        assert picture.get_attribute("alt").startswith("with 1.")
        handle = book.page.locator(".widget-hslider [role=slider], .widget-hslider .noUi-handle")
        handle.first.focus()
        handle.first.press("ArrowRight")
        book.page.locator('img.three-lanes[alt^="with 2."]').wait_for()
        assert not book.faults()


COUNTDOWNS = """%%loop
# Two countdowns
async def countdown(n):
    while n:
        n -= 1
        await asyncio.sleep(0.02)
await asyncio.gather(countdown(3), countdown(2))"""


def test_the_loop_view_is_stepped_by_keyboard_and_nothing_jumps(lab, write):
    cells = [("code", "%load_ext helpers\nimport asyncio"), ("code", COUNTDOWNS)]
    with lab.open(write("loop.ipynb", *cells)) as book:
        book.run("notebook:run-all-cells")
        head = book.page.locator(".lanes-loop .head")
        handle = book.page.locator(".widget-hslider .noUi-handle").first
        iterations = int(head.inner_text().partition(" of ")[2].partition(",")[0])
        heights = set()
        handle.focus()
        for number in range(1, iterations + 1):
            head.filter(has_text=f"Iteration {number} of").wait_for()
            heights.add(book.page.locator(".jp-OutputArea-child").last.bounding_box()["height"])
            book.page.keyboard.press("ArrowRight")
        assert len(heights) == 1
        back = book.page.locator("button", has_text="previous")
        back.focus()
        book.page.keyboard.press("Enter")
        head.filter(has_text=f"Iteration {iterations - 1} of").wait_for()
        book.look(keep=True)
        assert not book.faults()


TILL = """from types import SimpleNamespace
from helpers import race
def new_till():
    return SimpleNamespace(total=0)
def pay(till):
    till.total += 3
race(new_till, [pay, pay], lambda till: till.total == 6, play=True)"""
REPAINTS = """async () => {
    // From a click to the next frame after the page has changed, in milliseconds, fifty times.
    const button = words => [...document.querySelectorAll('.widget-button, .jupyter-button')]
        .find(one => one.textContent.includes(words));
    const took = [];
    for (let n = 0; n < 50; n++) {
        const page = document.querySelector('.lanes-step').parentElement;
        const changed = new Promise(done => new MutationObserver((_, seen) => {
            seen.disconnect();
            requestAnimationFrame(done);
        }).observe(page, {childList: true, subtree: true, characterData: true}));
        const begin = performance.now();
        button(n % 2 ? 'take back' : 'pay 1').click();
        await changed;
        took.push(performance.now() - begin);
    }
    return took;
}"""


def test_the_stepper_is_won_by_keyboard_alone(lab, write, record_property):
    cells = [("code", "%load_ext helpers"), ("code", TILL)]
    with lab.open(write("stepper.ipynb", *cells)) as book:
        book.run("notebook:run-all-cells")
        keys, said = book.page.keyboard, book.page.locator(".lanes-step .say")
        book.page.locator("button", has_text="pay 1").focus()
        keys.press("Enter")
        said.filter(has_text="pay 1 reads till.total: 0.").wait_for()
        keys.press("Tab")
        keys.press("Enter")
        said.filter(has_text="pay 2 reads till.total: 0. One preemption so far.").wait_for()
        keys.press("Space")
        said.filter(has_text="pay 2 writes till.total: 3.").wait_for()
        keys.press("Shift+Tab")
        keys.press("Enter")
        said.filter(has_text="You broke it, with one preemption").wait_for()
        book.look(keep=True)
        for words in ("take back", "restart"):
            book.page.locator("button", has_text=words).focus()
            keys.press("Enter")
        said.filter(has_text="You are the scheduler").wait_for()
        took = sorted(book.page.evaluate(REPAINTS))
        record_property("repaints_ms", took)
        print(f"click to repaint: median {took[25]:.0f} ms, the slowest of 50 {took[-1]:.0f} ms")
        assert len(took) == 50
        assert not book.faults()


BOARD = """async position => {
    const content = window.threeLanes.book.content;
    await content.scrollToItem(position);
    return content.widgets[position].node;
}"""


def test_each_level_is_broken_by_hand_in_its_notebook(lab):
    with lab.open("06_best_practices.ipynb") as book:
        book.run("notebook:run-all-cells")
        sources = [cell["source"] for cell in book.page.evaluate(browser.CELLS)]
        boards = [n for n, source in enumerate(sources) if "play=True" in source]
        assert len(boards) == 9  # eight levels, and the room for two
        for position in boards:
            cell = book.page.evaluate_handle(BOARD, position).as_element()
            win(cell)
        assert not book.faults()


def win(cell):
    """Play as the hints say, by clicking, until the board says that it is broken."""

    def click(words):  # JupyterLab makes a board part by part once it comes into view
        button = cell.wait_for_selector(f'button:text-is("{words}")')
        before = said()
        button.click()
        until = time.monotonic() + browser.WAIT
        while said() == before and time.monotonic() < until:
            time.sleep(0.005)
        return said()

    def said():
        return cell.wait_for_selector(".lanes-step .say").inner_text()

    for _ in range(50):
        told = click("hint")
        assert told.startswith("Hint: let "), told
        name = told.removeprefix("Hint: let ").removesuffix(" go on.")
        if click(f"▶ {name}").startswith("You broke it"):
            return
    raise AssertionError("not broken in 50 steps")
