"""Visits a gallery on the web, and keeps what it finds: one thing after the other.

    python -m helpers.project.gallery ADDRESS DATABASE

The program that notebook 09 begins with. The database is its to-do list, too: an address without a
title, or without a colour, is still to be visited. So it may be stopped, and started again. It
ends at the first thing that goes wrong, with status 1.
"""

import argparse
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from html.parser import HTMLParser
from io import BytesIO
from urllib.parse import urldefrag, urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import requests
from PIL import Image

TIMEOUT = 10  # seconds
PROBLEMS = OSError, UnicodeDecodeError, sqlite3.Error  # a broken picture is an OSError
TABLES = """
CREATE TABLE IF NOT EXISTS pages (address TEXT PRIMARY KEY, title TEXT);
CREATE TABLE IF NOT EXISTS pictures (address TEXT PRIMARY KEY, colour TEXT, thumbnail BLOB);
"""


class Page(HTMLParser):
    """What is on a page: its title, its links to the same website, and its pictures."""

    tag = ""

    def __init__(self, address, text):
        super().__init__()
        self.address, self.title, self.links, self.pictures = address, "", [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tag, named = tag, dict(attributes)
        if tag == "a" and named.get("href"):
            self.links += self.here(named["href"])
        if tag == "img" and named.get("src"):
            self.pictures += self.here(named["src"])

    def handle_data(self, text):
        if self.tag == "title" and not self.title:
            self.title = text.strip()

    def here(self, reference):
        try:
            address = urldefrag(urljoin(self.address, reference)).url
            same = urlsplit(address)[:2] == urlsplit(self.address)[:2]
        except ValueError:  # it is no address, such as "http://["
            return []
        return [address] if same else []


def thumbnail(content):
    """Return the most frequent colour of a picture, and the picture itself, small."""
    try:
        with Image.open(BytesIO(content)) as picture:
            whole = picture.convert("RGB")
    except (SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise OSError(error) from None  # which any other broken picture is
    points = whole.reduce(3).tobytes()
    colours = Counter(zip(points[0::3], points[1::3], points[2::3], strict=True))
    small = BytesIO()
    whole.thumbnail((240, 160))
    whole.save(small, "PNG")
    return bytes(colours.most_common(1)[0][0]).hex(), small.getvalue()


def connect(path, start):
    """Open the database; return it."""
    database = sqlite3.connect(path)
    with database:
        database.executescript(TABLES)
        database.execute("INSERT OR IGNORE INTO pages VALUES (?, NULL)", [start])
    return database


def to_do(database, table):
    """Return the addresses that are still to be visited, in order: of 'pages' or 'pictures'."""
    column = {"pages": "title", "pictures": "colour"}[table]
    found = database.execute(f"SELECT address FROM {table} WHERE {column} IS NULL ORDER BY 1")
    return [address for (address,) in found]


def keep_page(database, page, rules):
    """Write down a page, and what it leads to, in one transaction: all of it, or nothing."""
    links = [(one,) for one in page.links if rules.can_fetch("*", one)]
    pictures = [(one,) for one in page.pictures if rules.can_fetch("*", one)]
    with database:
        database.execute("UPDATE pages SET title = ? WHERE address = ?", [page.title, page.address])
        database.executemany("INSERT OR IGNORE INTO pages VALUES (?, NULL)", links)
        database.executemany("INSERT OR IGNORE INTO pictures VALUES (?, NULL, NULL)", pictures)


def keep_picture(database, address, colour, small):
    """Write down what was made of a picture."""
    with database:
        row = "UPDATE pictures SET colour = ?, thumbnail = ? WHERE address = ?"
        database.execute(row, [colour, small, address])


def rules_of(text):
    """Return the rules of a website, from its robots.txt; '' allows everything."""
    rules = RobotFileParser()
    rules.parse(text.splitlines())
    return rules


def fetch(session, address):
    """Return what stands at an address."""
    response = session.get(address, timeout=TIMEOUT)
    response.raise_for_status()
    return response.content


def fetch_rules(session, start):
    """Return the rules of a website; one that has none allows everything."""
    try:
        return rules_of(fetch(session, urljoin(start, "/robots.txt")).decode(errors="replace"))
    except requests.HTTPError as error:
        if error.response.status_code != 404:
            raise
        return rules_of("")


def visit(start, path):
    """Visit a website from its first page on; keep its pages and pictures in a database."""
    with requests.Session() as session, closing(connect(path, start)) as database:
        rules = fetch_rules(session, start)
        while addresses := to_do(database, "pages"):
            for address in addresses:
                page = Page(address, fetch(session, address).decode())
                keep_page(database, page, rules)
        for address in to_do(database, "pictures"):
            keep_picture(database, address, *thumbnail(fetch(session, address)))


def main():
    """Do what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description="Visit a gallery on the web, in turn.")
    parser.add_argument("address", help="of its first page")
    parser.add_argument("database", help="the file that keeps what is found")
    asked = parser.parse_args()
    try:
        visit(asked.address, asked.database)
    except PROBLEMS as error:
        where = asked.database if isinstance(error, sqlite3.Error) else asked.address
        print(f"{where}: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. Run it again, and it goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
