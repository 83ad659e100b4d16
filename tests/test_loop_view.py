"""helpers.board.loop_view and %%loop: a loop, iteration by iteration, with a slider."""

import asyncio
import re
import time

import pytest

from helpers import record
from helpers.board.loop_view import LoopView
from helpers.recorder.loop_log import LoopLog
from tests.kernel import running_kernel


async def nap(seconds):
    await asyncio.sleep(seconds)
    time.sleep(0.02)
    await asyncio.sleep(0)


async def main():
    await asyncio.gather(nap(0.05), nap(0.1))


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


def page_with(view, words):
    pages = map(view.page, range(len(view.iterations)))
    return next(page for page in pages if words in re.sub("<[^>]+>", "", page))


def test_a_page_tells_queue_turns_and_what_they_do_next(view):
    page = page_with(view, "sleeps")
    assert page.index("(nap)") < page.index("the queue") or "(nap)" in page
    ran = page[page.index("<b>ran</b>") :]
    assert ran.index("Task-") < ran.index("then sleeps")


def test_select_and_timers_are_told(view):
    page = page_with(view, "It waited")
    assert "at most" in page
    assert "<b>timers</b>" in page.replace(' style="margin-top: 0.6em"', "")


def test_the_line_at_which_a_task_goes_on_and_stops_stands_beside_it(view):
    page = page_with(view, "joins the queue again")
    source = page[page.index("<pre>") :]
    assert re.search(r"<b>    await asyncio.sleep\(seconds\)</b>  <i>▶ Task-\d+", source)
    assert re.search(r"<b>    await asyncio.sleep\(0\)</b>  <i>■ Task-\d+", source)


def test_moving_the_slider_shows_another_iteration(view):
    _, strip, slider, buttons, page = view.widgets.children
    before = strip.value, page.value
    slider.value = 2
    assert page.value == view.page(1)
    assert strip.value == view.strip(1)
    assert (strip.value, page.value) != before
    buttons.children[0].click()
    assert slider.value == 1
    buttons.children[0].click()  # there is none before the first
    assert slider.value == 1


def test_a_blocking_call_is_a_wide_bar_on_the_strip(view):
    widths = [float(wide) for wide in re.findall(r'width="([\d.]+)" height="20"', view.strip(0))]
    assert max(widths) > 10


def test_what_cannot_show_widgets_shows_the_picture(view):
    shown, about = view._repr_mimebundle_()
    assert shown["text/plain"] == "<LoopView>"
    assert "image/png" in shown
    assert "3 tasks" in about["image/png"]["alt"]


def test_names_are_words_and_no_markup():
    async def odd():
        task = asyncio.create_task(nap(0), name="<b>&")
        await task

    view = view_of(odd())
    assert "&lt;b&gt;&amp;" in page_with(view, "&lt;b&gt;&amp;")
    assert not any("<b>&" in view.page(n) for n in range(len(view.iterations)))


def test_where_no_loop_ran_there_is_only_the_picture():
    log = LoopLog()
    with record() as run:
        log.begin()
        log.end()
    shown, _ = LoopView(run, log, "Nothing")._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" not in shown


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
WAYS = {
    "await": MAIN + "await main()",
    "run": MAIN + "asyncio.run(main())",
    "thread": MAIN + THREAD,
}


def test_the_magic_sees_every_way_to_run_a_loop_and_puts_all_back():
    with running_kernel() as kernel:
        kernel.run("%load_ext helpers\nimport asyncio, threading, nest_asyncio2")
        kernel.run("from asyncio import base_events, events")
        kernel.run("loop = type(asyncio.get_running_loop())")
        hooked = "[base_events.BaseEventLoop._run_once, events.Handle._run, loop._run_once]"
        for way in ("await", "thread", "run"):
            if way == "run":
                kernel.run("nest_asyncio2.apply()")
            kernel.run(f"before = {hooked}")
            status, printed = kernel.run(CELL + WAYS[way])
            assert (status, printed) == ("ok", ""), way
            assert kernel.shown[-1][1]["text/plain"] == "<LoopView>"
            levels = {0, 1} if way == "run" else {0}
            assert kernel.run(ORDER) == ("ok", f"3 True [0, 1, 2] {levels}\n"), way
            assert kernel.run(f"print(before == {hooked})")[1] == "True\n"


def test_an_error_under_the_magic_is_shown_as_ever():
    with running_kernel() as kernel:
        kernel.run("%load_ext helpers")
        status, _ = kernel.run("%%loop\n1 / 0")
        assert status == "ZeroDivisionError"
        assert "helpers" not in kernel.traceback
        status, printed = kernel.run("%%loop two words\n1")
        assert "%%loop [NAME]: NAME is one word" in kernel.traceback + printed
        assert kernel.run("1 + 1") == ("ok", "")
