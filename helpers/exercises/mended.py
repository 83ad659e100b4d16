# mypy: ignore-errors
"""One solution of each exercise of notebook 06, and of its levels, as a learner may write it."""

import asyncio


def recap_06():
    return {
        "a future's error comes out when `result()` is asked for": True,
        "`create_task` runs the task before it returns": False,
        "while a task awaits, others may run": True,
        "the GIL makes what threads share safe": False,
        "a blocking call holds up all tasks": True,
    }


def pay(till):
    with till.lock:
        till.total = till.total + price()


def book(flight):
    with flight.lock:
        if len(flight.sold) < flight.seats:
            seat = f"a seat at {wish()}"
            flight.sold.append(seat)


def spend(purse):
    with purse.lock:
        purse.coins = purse.coins - price()


def move(giver, taker, amount):
    first, second = sorted((giver, taker), key=lambda one: one.name)
    with first.lock, second.lock:
        giver.coins = giver.coins - checked(amount)
        taker.coins = taker.coins + amount


async def sell(shop):
    async with shop.lock:
        if shop.left > 0:
            await asyncio.sleep(0.1)  # the customer pays
            shop.left = shop.left - 1
            shop.sold.append("a ticket")


def settings_of(cache):
    if cache.settings is None:
        with cache.lock:
            if cache.settings is None:
                settings = {"port": 80}
                cache.settings = settings  # now the others may see it
    return cache.settings


def eat(shelf):
    with shelf.changed:
        while not shelf.items:
            shelf.changed.wait()
        shelf.taken.append(shelf.items.pop())


def dine(table, seat):
    first, second = sorted((seat, (seat + 1) % 3))
    with table.forks[first]:
        with table.forks[second]:
            table.meals.append(seat)


def guards():
    return {
        "shop.left": True,
        "shop.sold": True,
        "shop.price": False,
        "ticket": False,
        "customer": False,
    }


def visit(room):
    with room.places:
        enter(room)
        leave(room)


def work(office):
    while True:
        job = office.jobs.get()
        if job is None:
            return
        office.done.append(job)


def blocker():
    return "render"


# what these call, as the notebook has it


def price():
    return 3


def wish():
    return "the window"


def checked(amount):
    return amount


def enter(room):
    with room.lock:
        room.inside += 1
        room.most = max(room.most, room.inside)


def leave(room):
    with room.lock:
        room.inside -= 1
