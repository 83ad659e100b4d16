"""helpers.workers: each job by itself, and in a thread, a spawned process and a task."""

import asyncio
import multiprocessing
import queue
import socket
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import shared_memory

import aiohttp
import cloudpickle
import numpy as np
import pytest
import requests

from helpers import workers
from helpers.website import website

PAGE = "<!DOCTYPE html>\n<title>tak, skål, 有难同当</title>\n"


@pytest.fixture
def site(tmp_path):
    """A website of one page, in a process of its own: a forked child inherits no thread of it."""
    (tmp_path / "good.html").write_text(PAGE, "utf-8")
    with website(pages=tmp_path) as site:
        yield site


def test_count_adds_up():
    assert workers.count(5) == 0 + 1 + 2 + 3 + 4
    assert workers.count(0) == 0


def test_wait_returns_what_it_waited():
    assert workers.wait(0.001) == 0.001
    assert asyncio.run(workers.wait_async(0.001)) == 0.001


def test_wait_async_lets_others_run():
    order = []

    async def waits():
        await workers.wait_async(0.01)
        order.append("waited")

    async def other():
        order.append("other")

    async def main():
        await asyncio.gather(waits(), other())

    asyncio.run(main())
    assert order == ["other", "waited"]


def test_the_twins_fetch_the_same(site):
    text = workers.fetch(site.urls[0])
    assert text == PAGE
    assert asyncio.run(workers.fetch_async(site.urls[0])) == PAGE


def test_an_error_status_raises(site):
    site.set(error_rate=1)
    with pytest.raises(requests.HTTPError, match="500"):
        workers.fetch(site.urls[0])
    with pytest.raises(aiohttp.ClientResponseError, match="500"):
        asyncio.run(workers.fetch_async(site.urls[0]))


def test_a_session_uses_its_connection_again(site):
    with requests.Session() as session:
        for _ in range(3):
            workers.fetch(site.urls[0], session)
    assert site.seen.connections == 1


def test_an_async_session_uses_its_connection_again(site):
    async def main():
        async with aiohttp.ClientSession() as session:
            for _ in range(3):
                await workers.fetch_async(site.urls[0], session)

    asyncio.run(main())
    assert site.seen.connections == 1


def test_a_silent_server_times_out():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(requests.Timeout):
            workers.fetch(url, timeout=0.05)
        with pytest.raises(TimeoutError):
            asyncio.run(workers.fetch_async(url, timeout=0.05))


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_process_of_any_start_method_finds_the_jobs(site, method):
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        assert pool.submit(workers.count, 10).result() == 45
        assert pool.submit(workers.wait, 0).result() == 0
        assert pool.submit(workers.fetch, site.urls[0]).result() == PAGE


def test_numpy_s_numbers_are_numbers():
    assert workers.wait(np.float32(0.01)) == np.float32(0.01)
    assert workers.count(np.int64(5)) == 10


def test_the_libraries_sessions_are_told_apart(site):
    async def main(session):
        return await workers.fetch_async(site.urls[0], session)

    async def mixed_up():
        async with aiohttp.ClientSession() as session:
            return workers.fetch(site.urls[0], session)

    with pytest.raises(TypeError, match=r"fetch\(session\): must be a requests.Session or None"):
        asyncio.run(mixed_up())
    with pytest.raises(TypeError, match=r"fetch\(session\): .*not 5"):
        workers.fetch(site.urls[0], 5)
    with requests.Session() as session, pytest.raises(TypeError, match=r"aiohttp.ClientSession or"):
        asyncio.run(main(session))


def test_threads_run_the_jobs(site):
    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(workers.fetch, [site.urls[0]] * 8))
    assert len(pages) == 8
    assert len(set(pages)) == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: workers.wait(-1), r"wait\(seconds\): must be 0 to 86,400 seconds, not -1"),
        (lambda: workers.wait("1"), r"wait\(seconds\): .*not '1'"),
        (lambda: workers.wait(float("nan")), r"wait\(seconds\): .*not nan"),
        (lambda: asyncio.run(workers.wait_async(-1)), r"wait_async\(seconds\): .*not -1"),
        (lambda: workers.wait(1e300), r"wait\(seconds\): .*not 1e\+300"),
        (lambda: workers.wait(10**400), r"wait\(seconds\): .*not 1000.*\.\.\..*000"),
        (lambda: workers.count(-1), r"count\(n\): must be a whole number .*not -1"),
        (lambda: workers.count(1e6), r"count\(n\): must be a whole number .*not 1000000.0"),
        (lambda: workers.fetch("example.org"), r"fetch\(url\): .*'http://…', not 'example.org'"),
        (lambda: workers.fetch(None), r"fetch\(url\): .*not None"),
        (lambda: workers.fetch("http://x", timeout=0), r"fetch\(timeout\): .*more than 0 .*not 0"),
        (lambda: asyncio.run(workers.fetch_async("x")), r"fetch_async\(url\): "),
        (
            lambda: asyncio.run(workers.fetch_async("http://x", timeout=None)),
            r"fetch_async\(timeout\): .*not None",
        ),
    ],
)
def test_a_bad_argument_is_named(call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("job", [workers.blur, workers.median])
def test_a_picture_is_changed_and_saved_elsewhere(job, tmp_path):
    from PIL import Image, ImageChops

    from helpers.pictures import pictures

    before = pictures()[-1]
    content = before.read_bytes()
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        after = pool.submit(job, before, tmp_path).result()
    assert after == tmp_path / before.name
    assert before.read_bytes() == content
    with Image.open(before) as one, Image.open(after) as other:
        assert one.size == other.size
        assert ImageChops.difference(one, other).getbbox()


def test_a_file_that_is_no_picture_raises(tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    with pytest.raises(OSError, match="cannot identify image file"):
        workers.blur(broken, tmp_path / "elsewhere")


def test_sums_are_put_and_then_none():
    box = queue.Queue()
    workers.put_sums(range(4), box)
    assert [box.get_nowait() for _ in range(5)] == [0, 0, 1, 3, None]


SPAWN = multiprocessing.get_context("spawn")


def test_sums_are_answered_through_a_pipe():
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=workers.answer_sums, args=(there,))
    process.start()
    for n in (3, 4):
        here.send(n)
        assert here.recv() == workers.count(n)
    here.send(None)
    process.join()
    assert process.exitcode == 0


def test_a_shared_number_is_raised():
    counter = SPAWN.Value("q", 0)
    adders = [SPAWN.Process(target=workers.add_one_with_lock, args=(counter, 500)) for _ in "ab"]
    for process in adders:
        process.start()
    for process in adders:
        process.join()
    assert counter.value == 1000
    workers.add_one(counter, 3)
    assert counter.value == 1003


def test_a_block_of_shared_memory_is_added_up():
    block = shared_memory.SharedMemory(create=True, size=100)
    block.buf[:100] = bytes(range(100))
    try:
        with ProcessPoolExecutor(mp_context=SPAWN) as pool:
            assert pool.submit(workers.sum_shared, block.name, 10, 20).result() == sum(
                range(10, 20)
            )
    finally:
        block.close()
        block.unlink()


def test_a_function_that_no_module_holds_is_called_elsewhere():
    by = 3
    packed = cloudpickle.dumps(lambda n: n * by)
    with ProcessPoolExecutor(mp_context=SPAWN) as pool:
        assert list(pool.map(workers.call, [packed] * 3, range(3))) == [0, 3, 6]
