"""Other right answers to the exercises than the solution: a judge must let them pass as well."""

import asyncio
import threading
import time
from concurrent.futures import CancelledError, ProcessPoolExecutor, as_completed
from multiprocessing import Manager, Pipe, Pool, Process, SimpleQueue
from pathlib import Path

from tests.wrong_answers import filled, into

RIGHT = {}
BANK = threading.Lock()


def right(exercise):
    def keep(answer):
        RIGHT[f"{exercise}: {answer.__name__}"] = exercise, answer
        return answer

    return keep


# --- 03 ------------------------------------------------------------------------------------------


@right("03 all of them")
def a_pool_and_its_handles(job, items):
    results, errors = {}, {}
    with Pool(3) as pool:
        handles = {item: pool.apply_async(job, (item,)) for item in items}
        for item, handle in handles.items():
            try:
                results[item] = handle.get()
            except (ValueError, ZeroDivisionError) as error:
                errors[item] = error
    return results, errors


@right("03 all of them")
def as_they_come(job, items):
    results, errors = {}, {}
    with ProcessPoolExecutor(4) as pool:
        futures = {pool.submit(job, item): item for item in items}
        for future in as_completed(futures):
            if error := future.exception():
                errors[futures[future]] = error
            else:
                results[futures[future]] = future.result()
    return results, errors


@right("03 receive")
def a_simple_queue(job, numbers):
    queue = SimpleQueue()
    process = Process(target=job, args=(numbers, queue), daemon=True)
    process.start()
    items = list(iter(queue.get, None))
    process.join()
    process.close()
    return items


@right("03 receive")
def the_queue_of_a_manager(job, numbers):
    with Manager() as manager, ProcessPoolExecutor(1) as pool:
        queue = manager.Queue()
        future = pool.submit(job, numbers, queue)
        items = list(iter(queue.get, None))
        future.result()
    return items


@right("03 ask")
def all_questions_first(job, questions):
    here, there = Pipe()
    process = Process(target=job, args=(there,))
    process.start()
    there.close()  # the process has its own
    with here:
        for question in questions:
            here.send(question)
        answers = [here.recv() for _ in questions]
        here.send(None)
    process.join()
    return answers


# --- 04 ------------------------------------------------------------------------------------------


@right("04 fetch all")
async def a_group_of_tasks(fetch, urls, at_once):
    texts, errors = {}, {}
    slots = asyncio.BoundedSemaphore(at_once)

    async def one(url):
        async with slots, asyncio.timeout(20):
            await into(texts, errors, fetch, url)

    async with asyncio.TaskGroup() as group:
        for url in urls:
            group.create_task(one(url))
    return texts, errors


@right("04 fetch all")
async def sorted_afterwards(fetch, urls, at_once):
    slots = asyncio.Semaphore(at_once)

    async def one(url):
        async with slots:
            return await asyncio.wait_for(fetch(url), 20)

    found = await asyncio.gather(*map(one, urls), return_exceptions=True)
    pairs = [*zip(urls, found, strict=True)]
    texts = {url: one for url, one in pairs if not isinstance(one, Exception)}
    return texts, {url: one for url, one in pairs if url not in texts}


@right("04 fetch all")
async def task_by_task(fetch, urls, at_once):
    texts, errors = {}, {}
    slots = asyncio.Semaphore(at_once)

    async def one(url):
        async with slots:
            return await fetch(url)

    tasks = {url: asyncio.create_task(one(url)) for url in urls}
    for url, task in tasks.items():
        try:
            texts[url] = await task
        except Exception as error:
            errors[url] = error
    return texts, errors


@right("04 fetch all")
async def as_many_as_there_is_room_for(fetch, urls, at_once):
    texts, errors, running = {}, {}, set()
    for url in urls:
        if len(running) >= at_once:
            _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        running.add(asyncio.create_task(into(texts, errors, fetch, url)))
    await asyncio.wait(running)
    return texts, errors


@right("04 fetch all")
async def it_looks_again_and_again(fetch, urls, at_once):
    texts, errors, running = {}, {}, 0

    async def one(url):
        nonlocal running
        while running >= at_once:
            await asyncio.sleep(0.005)
        running += 1
        await into(texts, errors, fetch, url)
        running -= 1

    await asyncio.gather(*map(one, urls))
    return texts, errors


@right("04 in time")
async def wait_and_cancel(job, seconds, otherwise):
    task = asyncio.create_task(job())
    done, _ = await asyncio.wait([task], timeout=seconds)
    if done:
        return task.result()
    task.cancel()
    await asyncio.wait([task])
    return otherwise


@right("04 in time")
async def wait_for(job, seconds, otherwise):
    try:
        return await asyncio.wait_for(job(), seconds)
    except TimeoutError:
        return otherwise


@right("04 in time")
async def it_looks_at_the_clock(job, seconds, otherwise):
    task, end = asyncio.create_task(job()), time.monotonic() + seconds
    while not task.done() and time.monotonic() < end:
        await asyncio.sleep(0.005)
    if task.done():
        return task.result()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return otherwise


@right("04 beside")
async def gather_both(blocking, job):
    return tuple(await asyncio.gather(asyncio.to_thread(blocking), job()))


@right("04 beside")
async def in_an_executor(blocking, job):
    future = asyncio.get_running_loop().run_in_executor(None, blocking)
    found = await job()
    return await future, found


@right("04 beside")
async def a_group_of_both(blocking, job):
    async with asyncio.TaskGroup() as group:
        one = group.create_task(asyncio.to_thread(blocking))
        other = group.create_task(job())
    return one.result(), other.result()


@right("04 work off")
async def join_and_cancel(job, items, workers):
    waiting, results = filled(asyncio.Queue(), items), {}

    async def work():
        while True:
            item = await waiting.get()
            results[item] = await job(item)
            waiting.task_done()

    tasks = [asyncio.create_task(work()) for _ in range(workers)]
    await waiting.join()
    for task in tasks:
        task.cancel()
    return results


@right("04 work off")
async def a_word_for_going_home(job, items, workers):
    waiting, results = asyncio.Queue(2), {}

    async def work():
        while (item := await waiting.get()) is not None:
            results[item] = await job(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(work())
        for item in [*items, *[None] * workers]:
            await waiting.put(item)
    return results


@right("04 work off")
async def patience_at_the_queue(job, items, workers):
    waiting, results = filled(asyncio.Queue(), items), {}

    async def work():
        try:
            while True:
                item = await asyncio.wait_for(waiting.get(), 0.01)
                results[item] = await job(item)
        except TimeoutError:
            pass

    await asyncio.gather(*[work() for _ in range(workers)])
    return results


@right("04 work off")
async def somebody_else_fills_the_queue(job, items, workers):
    waiting, results = asyncio.Queue(1), {}

    async def fill():
        for item in items:
            await waiting.put(item)

    async def work():
        while True:
            item = await waiting.get()
            results[item] = await asyncio.wait_for(job(item), 20)  # a task each, up to 3.11
            waiting.task_done()

    filling = asyncio.create_task(fill())
    tasks = [asyncio.create_task(work()) for _ in range(workers)]
    await filling
    await waiting.join()
    for task in tasks:
        task.cancel()
    return results


# --- 05 ------------------------------------------------------------------------------------------


@right("05 benchmark")
def nobody_looks_at_the_results(ways, items, rounds):
    seconds = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            way(items)
            seconds[name].append(time.perf_counter() - began)
    return seconds


# --- 06 ------------------------------------------------------------------------------------------


@right("06 level 1")
def by_hand(till):
    till.lock.acquire()
    try:
        till.total = till.total + 3
    finally:
        till.lock.release()


@right("06 level 4")
def one_lock_for_all(giver, taker, amount):
    with BANK:
        giver.coins = giver.coins - amount
        taker.coins = taker.coins + amount


@right("06 level 4")
def one_after_the_other(giver, taker, amount):
    with giver.lock:
        giver.coins = giver.coins - amount
    with taker.lock:
        taker.coins = taker.coins + amount


@right("06 level 5")
async def takes_first_and_pays_then(shop):
    if shop.left > 0:
        shop.left = shop.left - 1
        await asyncio.sleep(0.1)
        shop.sold.append("a ticket")


@right("06 level 7")
def waits_for(shelf):
    with shelf.changed:
        shelf.changed.wait_for(lambda: shelf.items)
        shelf.taken.append(shelf.items.pop())


@right("06 level 8")
def one_reaches_the_other_way(table, seat):
    first, second = (seat, (seat + 1) % 3) if seat < 2 else ((seat + 1) % 3, seat)
    with table.forks[first], table.forks[second]:
        table.meals.append(seat)


@right("06 stop")
def works_off_what_is_left(office):
    while not (office.closed.is_set() and office.jobs.empty()):
        job = office.jobs.get()
        if job is not None:
            office.done.append(job)


# --- 07 ------------------------------------------------------------------------------------------


@right("07 loud")
def asks_for_the_result(future, log):
    try:
        future.result()
    except CancelledError:
        pass
    except ValueError:
        log.exception("a call has failed")


@right("07 goodbye")
def takes_turns_with_none(office):
    job = office.jobs.get()
    while job is not None:
        office.done.append(job)
        job = office.jobs.get()
    office.jobs.put(job)


# --- 08 ------------------------------------------------------------------------------------------


@right("08 twice")
def all_in_one_go(folder, name, chunks):
    text = "".join(chunks)
    Path(folder, f".{name}").write_text(text)
    Path(folder, f".{name}").replace(Path(folder, name))


@right("08 twice")
def not_again(folder, name, chunks):
    if not Path(folder, name).exists():
        all_in_one_go(folder, name, chunks)


@right("08 same")
def in_the_order_of_the_items(pool, function, items):
    futures = [(item, pool.submit(function, item)) for item in items]
    found = {}
    for item, future in futures:
        try:
            found[item] = future.result()
        except ValueError as error:
            found[item] = error
    return found
