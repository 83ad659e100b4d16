"""Programs for a gallery that are half right, as a colleague may write them, and what each is told.

Each is the reference with a few lines changed.
"""

from pathlib import Path

from helpers.project import my_project

REFERENCE = Path(my_project.__file__).read_text("utf-8")
HALF_RIGHT = {}

KEEPS = "keeps what the program in turn keeps"
MANNERS = "minds its manners"
FAULTS = "bears errors and broken connections"
WAITS = "waits when it is told to"
GIVES_UP = "gives up what never comes, and tries again"
TELLS = "tells what it could not have"
CTRL_C = "ends cleanly at Ctrl-C"
AGAIN = "goes on where it stopped"


def changed(*changes):
    """Return the reference with changes made; each must fit in one place."""
    source = REFERENCE
    for before, after in changes:
        assert source.count(before) == 1, before
        source = source.replace(before, after)
    return source


def half_right(name, findings, *changes):
    """Keep a program, with what it must be told: patterns by what it was tried with.

    All else must be found good, or there was no time for it.
    """
    assert name not in HALF_RIGHT
    HALF_RIGHT[name] = changed(*changes), findings


half_right(
    "everything at once",
    {
        KEEPS: r"the website saw \d+ connections at once, not 6 at most",
        MANNERS: r"`--at-once 2`, and the website saw \d connections at once",
    },
    ("asyncio.Semaphore(at_once)", "asyncio.Semaphore(1000)"),
)
half_right(
    "one after the other",
    {KEEPS: "never were two requests under way at once"},
    ("asyncio.Semaphore(at_once)", "asyncio.Semaphore(1)"),
)
half_right(
    "kept in memory, and written at the end",
    {AGAIN: r"after \d+ requests it had kept nothing of \d+ answers"},
    ("gallery.connect, path, start", 'gallery.connect, ":memory:", start'),
    (
        "return await job(session, places, ask)",
        "failed = await job(session, places, ask)\n"
        "                await ask(save, path)\n"
        "                return failed",
    ),
    (
        "class Bar:",
        "def save(database, path):\n"
        "    with sqlite3.connect(path) as file:\n"
        "        database.backup(file)\n\n\n"
        "class Bar:",
    ),
)
half_right(
    "no error is told",
    {TELLS: r"it ended with status 0, not 1\."},
    (
        "    except PROBLEMS as error:\n        failed[address] = error",
        "    except Exception:\n        failed[address] = None",
    ),
    ("            tell(address, error)", "            pass"),
    ("status = 1 if failed else 0", "status = 0"),
)
half_right(
    "the workers hear Ctrl-C",
    {CTRL_C: r"after \d+ requests (there is a traceback|it ended with status 1, not 130\..*)"},
    (
        "ProcessPoolExecutor(asked.workers, context, begin_worker)",
        "ProcessPoolExecutor(asked.workers, context)",
    ),
    ("            start_deaf(pool, asked.workers)\n", "            pool.submit(abs, 0).result()\n"),
)
half_right(
    "each error is tried again, and at once",
    {
        WAITS: r"it ended with status 1, not 0\. http.*: ClientResponseError: 429, .*",
        TELLS: "it asked 5 times for what is not there",
    },
    ("        return None\n", "        pass\n"),
    ("return retry_after(error) or 0.05 * 2**number", "return 0.01"),
)
half_right(
    "no key, and it looks before it writes: but not for the first page",
    {AGAIN: r"after \d+ requests it keeps too many rows: 1, such as one of `/`"},
    ("in_thread(gallery.connect,", "in_thread(connect,"),
    ("gallery.keep_page", "keep_page"),
    (
        "async def fetch(",
        """def connect(path, start):
    database = sqlite3.connect(path)
    with database:
        database.executescript(gallery.TABLES.replace("PRIMARY KEY", ""))
        database.execute("INSERT INTO pages VALUES (?, NULL)", [start])
    return database


def insert(database, table, row):
    known = database.execute(f"SELECT 1 FROM {table} WHERE address = ?", row[:1])
    if not known.fetchone():
        database.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)


def keep_page(database, page, rules):
    with database:
        database.execute("UPDATE pages SET title = ? WHERE address = ?", [page.title, page.address])
        for one in page.links:
            if rules.can_fetch("*", one):
                insert(database, "pages", [one, None])
        for one in page.pictures:
            if rules.can_fetch("*", one):
                insert(database, "pictures", [one, None, None])


async def fetch(""",
    ),
)
half_right(
    "it waits for ever",
    {GIVES_UP: r"it had not ended after \d+ seconds"},
    ("ClientTimeout(total=seconds)", "ClientTimeout(total=None)"),
)
half_right(
    "the workers are left behind",
    dict.fromkeys((KEEPS, MANNERS, FAULTS, WAITS, GIVES_UP, TELLS), r"processes left behind: [1-9]")
    | dict.fromkeys((CTRL_C, AGAIN), r"after \d+ requests processes left behind: [1-9]"),
    (
        "        with ProcessPoolExecutor(asked.workers, context, begin_worker) as pool:\n",
        "        pool = options.pool = ProcessPoolExecutor(asked.workers, context)\n"
        "        if True:\n",
    ),
    ("pool.shutdown(cancel_futures=True)", "pass"),
    ("    sys.exit(main())", "    os._exit(main())"),
)
half_right(
    "a thread is left behind",
    dict.fromkeys((KEEPS, MANNERS), r"it had not ended after \d+ seconds"),
    (
        "    hear_once()\n    limits",
        "    hear_once()\n    threading.Thread(target=threading.Event().wait).start()\n    limits",
    ),
)
half_right(
    "it hangs, for the queue is never told",
    dict.fromkeys((KEEPS, MANNERS), r"it had not ended after \d+ seconds"),
    ("        rows.task_done()\n", ""),
)
half_right(
    "the rules are not read",
    {
        KEEPS: "it keeps too many rows: 1, such as one of `/store/index.html`",
        MANNERS: "it asked for `/store/index.html`, which `robots.txt` forbids",
        FAULTS: "it keeps too many rows: 1, such as one of `/store/index.html`",
        WAITS: "it keeps too many rows: 1, such as one of `/store/index.html`",
        GIVES_UP: "it keeps too many rows: 1, such as one of `/store/index.html`",
        TELLS: "it keeps too many rows: 1, such as one of `/store/index.html`",
        AGAIN: r"after \d+ requests it keeps too many rows: 1, such as one of `/store/index.html`",
    },
    ("return gallery.rules_of(text)", 'return gallery.rules_of("")'),
)
half_right(
    "Ctrl-C is ignored",
    {CTRL_C: r"after \d requests it did not stop, and asked \d+ times more"},
    ("    hear_once()\n    limits", "    signal.signal(signal.SIGINT, signal.SIG_IGN)\n    limits"),
)
