"""helpers.board.loop_view and %%loop: a loop, iteration by iteration, with a slider."""

import asyncio
import re
import time

import pytest

from helpers import record
from helpers.board.loop_strip import Strip
from helpers.board.loop_view import LoopView
from helpers.recorder.iterations import Call, Iteration, Turn
from helpers.recorder.loop_log import LoopLog
from helpers.screen import DESK
from tests.kernel import running_kernel


async def nap(seconds):
    await asyncio.sleep(seconds)
    time.sleep(0.02)
    await asyncio.sleep(0)


async def main():
    await asyncio.gather(nap(0.05), nap(0.3))


def view_of(coroutine):
    log = LoopLog()
    with record() as run:
        log.begin()
        try:
            asyncio.run(coroutine)
        finally:
            log.end()
    return LoopView(run, log, "Two naps")


@pytest.fixture(scope="module")
def view():
    return view_of(main())


def pages(view):
    return [view.page(number) for number in range(len(view.iterations))]


def page_with(view, words):
    return next(page for page in pages(view) if words in re.sub("<[^>]+>", "", page))


def at_line(page, code):
    """Return what stands beside a line of source, as HTML: a swatch and names for each state."""
    return re.search(f'<code>{re.escape(code)}</code></div><div class="row marks"[^>]*>(.*)', page)[
        1
    ].partition("</div>")[0]


def swatches(marks):
    return re.findall(r'class="swatch" style="[^"]*?(outline|border|#\w+)', marks)


def test_a_page_tells_the_queue_and_what_each_turn_does_next(view):
    page = page_with(view, "2Task-")
    queue = page[page.index("the queue") : page.index("where each task stands")]
    words = re.sub("<[^>]+>", " ", queue)
    assert re.search(r"1 +Task-\d+ \(nap\) .*µ?m?s +sleeping .* 2 +Task-\d+ \(nap\)", words)


def test_select_and_timers_are_told(view):
    page = re.sub("<[^>]+>", " ", page_with(view, "so the loop waited until a timer was due."))
    assert re.search(r"waited [\d.]+ ms: a timer was due in [\d.]+ ms", page)
    assert re.search(r"timers set +in [\d.]+ ms +wakes Task-\d+ ", page)


def test_a_line_tells_which_task_went_on_from_it_and_which_stands_there(view):
    line = "    await asyncio.sleep(seconds)"
    page = next(page for page in pages(view) if "#0072B2" in at_line(page, line))
    who = re.search(r"Task-\d+", at_line(page, line))[0]
    assert who in at_line(page, "    await asyncio.sleep(0)")
    other = at_line(page, line)  # it sleeps on, and did not run in this iteration
    assert len(set(re.findall(r"Task-\d+", other))) == 2
    assert "#6b7785" in other


def test_a_task_that_was_made_and_not_run_yet_stands_at_its_begin(view):
    page = view.page(0)
    assert "border: 1.5px solid #6b7785" in at_line(
        page_with(view, "(main)"), "async def nap(seconds):"
    )
    assert "Iteration 1 of" in page


def test_the_page_is_as_high_on_every_iteration(view):
    assert len({page.count('<div class="row') for page in pages(view)}) == 1
    assert len({page.count("<code>") for page in pages(view)}) == 1


def test_moving_the_slider_shows_another_iteration(view):
    _, strip, line, page = view.widgets.children
    slider, back, on = line.children
    before = strip.value, page.value
    slider.value = 2
    assert page.value == view.page(1)
    assert strip.value == view.strip(1)
    assert (strip.value, page.value) != before
    back.click()
    assert slider.value == 1
    back.click()  # there is none before the first
    assert slider.value == 1
    on.click()
    assert slider.value == 2


def test_a_blocking_call_is_a_thin_bar_on_the_strip_and_is_told():
    async def blocks():
        time.sleep(0.2)

    view = view_of(blocks())
    widths = [float(wide) for wide in re.findall(r'width="([\d.]+)" height="8"', view.strip(0))]
    assert max(widths) > 100
    assert "(blocks) blocked the loop for " in page_with(view, "hardly on a core:")


@pytest.mark.parametrize(("level", "bar"), [(0, "300.0"), (1, "30.0")])
def test_a_turn_is_on_the_strip_unless_a_loop_ran_within_it(level, bar):
    call = Call("task", "Task-1")
    outer = Iteration(0, 0.0, end=0.3, turns=[Turn(call, 0.0, 0.3)])
    other = Iteration(1, 0.1, level, end=0.13, turns=[Turn(call, 0.1, 0.13)])
    strip = Strip([outer, other], elapsed=DESK.inside / 10)  # a pixel for a millisecond
    assert re.findall(r'width="([\d.]+)" height="20"', strip.svg(0)) == [bar]


def test_a_turn_that_computes_does_not_block_without_being_on_a_core():
    call = Call("task", "Task-1")
    assert Turn(call, 0.0, 0.1, cpu=0.001).held
    assert not Turn(call, 0.0, 0.1, cpu=0.05).held
    assert not Turn(call, 0.0, 0.01, cpu=0.0).held
    assert not Turn(call, 0.0, 0.1).held  # not known


def test_many_tasks_are_counted():
    async def many():
        await asyncio.gather(*[asyncio.create_task(nothing()) for _ in range(50)])

    async def nothing():
        await asyncio.sleep(0.01)

    view = view_of(many())
    page = re.sub("<[^>]+>", "", page_with(view, "and 40 more"))
    assert re.search(r"await asyncio.sleep\(0.01\)Task-\d+, Task-\d+ and 48 more", page)
    assert "in " in page_with(view, "and 44 more")  # timers


def test_what_cannot_show_widgets_shows_the_picture(view):
    shown, about = view._repr_mimebundle_()
    assert shown["text/plain"] == "<LoopView>"
    assert "image/png" in shown
    assert "3 tasks" in about["image/png"]["alt"]


def test_names_are_words_and_no_markup():
    async def odd():
        task = asyncio.create_task(nap(0), name="<i>&")
        await task

    view = view_of(odd())
    assert "&lt;i&gt;&amp;" in page_with(view, "&lt;i&gt;&amp;")
    assert not any("<i>&" in view.page(n) for n in range(len(view.iterations)))


def test_where_no_loop_ran_there_is_only_the_picture_and_a_sentence():
    log = LoopLog()
    with record() as run:
        log.begin()
        log.end()
    shown, _ = LoopView(run, log, "Nothing")._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" not in shown
    assert "gave no event loop anything to do" in shown["text/html"]


def test_what_was_not_seen_is_said():
    log = LoopLog()
    log.lost, log.replaced = 3, True
    log.iterations = [Iteration(0, 0.0, end=0.1, turns=[Turn(Call("task", "Task-1"), 0.0, 0.1)])]
    with record() as run:
        pass
    view = LoopView(run, log, "Much")
    picture = view.widgets.children[0].value
    assert "3 iterations more" in picture
    assert "nest_asyncio2.apply()" in picture


CELL = """%%loop view
# Three
async def job(n):
    await asyncio.sleep(n / 100)
    noted.append(n)
noted = []
"""
ORDER = """
turns = [turn for one in view.iterations for turn in one.turns if turn.call.kind == "task"]
done = [turn.call.name for turn in turns if turn.then == "finished" and "job" in turn.call.name]
done = [int(name.split()[0].removeprefix("Task-")) for name in done]
print(len(done), sorted(done) == done, noted, {one.level for one in view.iterations})
"""
MAIN = "async def main(): await asyncio.gather(*[job(n) for n in range(3)])\n"
THREAD = """
def in_thread():
    with asyncio.Runner() as runner:
        runner.run(main())
thread = threading.Thread(target=in_thread)
thread.start()
thread.join()
"""
RECORDED = """
from helpers import record
with record() as inner:
    await main()
"""
WAYS = {
    "await": MAIN + "await main()",
    "run": MAIN + "asyncio.run(main())",
    "thread": MAIN + THREAD,
    "recorded": MAIN + RECORDED,
}
CLOCK = """
steps = [span for lane in view.run.lanes for span in lane.spans if span.kind == "step"]
turns = [turn for one in view.iterations for turn in one.turns if turn.call.task]
print(len(steps) > 0, all(
    any(turn.start <= step.start <= step.end <= turn.end for turn in turns) for step in steps
))
"""


def test_the_magic_sees_every_way_to_run_a_loop_and_puts_all_back():
    with running_kernel() as kernel:
        kernel.run("%load_ext helpers\nimport asyncio, threading, nest_asyncio2")
        kernel.run("from asyncio import base_events, events")
        kernel.run("loop = type(asyncio.get_running_loop())")
        hooked = "[base_events.BaseEventLoop._run_once, events.Handle._run, loop._run_once]"
        for way in ("await", "recorded", "thread", "run"):
            if way == "run":
                kernel.run("nest_asyncio2.apply()")
            kernel.run(f"before = {hooked}")
            status, printed = kernel.run(CELL + WAYS[way])
            assert (status, printed) == ("ok", ""), way
            assert kernel.shown[-1][1]["text/plain"] == "<LoopView>"
            levels = {0, 1} if way == "run" else {0}
            assert kernel.run(ORDER) == ("ok", f"3 True [0, 1, 2] {levels}\n"), way
            assert kernel.run(CLOCK) == ("ok", "True True\n"), way  # the picture's is the view's
            assert kernel.run(f"print(before == {hooked})")[1] == "True\n"


NO_AWAIT = "%%loop view\nsum(range(1000))"
APPLIED = "import nest_asyncio2\nnest_asyncio2.apply()\nasyncio.run(asyncio.sleep(0.01))"


def test_what_a_cell_did_to_its_loop_is_told():
    with running_kernel() as kernel:
        kernel.run("%load_ext helpers\nimport asyncio")
        kernel.run(NO_AWAIT)
        assert "gave no event loop anything to do" in kernel.shown[-1][1]["text/html"]
        kernel.run("%%loop view\nawait asyncio.sleep(0.01)")
        assert kernel.run("print(view.notes)") == ("ok", "[]\n")
        kernel.run("%%loop view\n" + APPLIED)
        assert "The cell changed how its loop works" in kernel.run("print(view.notes)")[1]
        kernel.run("%%loop view\nasyncio.run(asyncio.sleep(0.01))")
        assert kernel.run("print(view.notes)") == ("ok", "[]\n")


def test_an_error_under_the_magic_is_shown_as_ever():
    with running_kernel() as kernel:
        kernel.run("%load_ext helpers")
        status, _ = kernel.run("%%loop\n1 / 0")
        assert status == "ZeroDivisionError"
        assert "helpers" not in kernel.traceback
        status, printed = kernel.run("%%loop two words\n1")
        assert "%%loop [NAME]: NAME is one word" in kernel.traceback + printed
        assert kernel.run("1 + 1") == ("ok", "")
