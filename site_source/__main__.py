"""Builds the site: `python3 course.py site` runs this in the course's environment.

Pages, site and Sphinx's notes are made in a draft beside the site, and the site is exchanged at
once when all went well; else the one before stays.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import shutil
import signal
import sys

import course
from site_source.pages import ROOT, write_pages, write_printed

USAGE = "usage: python3 course.py site: make a website of the course to read, in site/; no options"
SITE = ROOT / "site"
DRAFT = ROOT / ".site.draft"
PAGES, NEW, OLD = DRAFT / "pages", DRAFT / "new", DRAFT / "old"


def main(words):
    """Build the site and say where it is; or tell how that is asked for."""
    if words in (["-h"], ["--help"]):
        print(USAGE)
        return 0
    if words:
        course.say(f"'site' takes no options, and was given {' '.join(words)!r}.")
        return 2
    with course.lock():
        try:
            build()
        finally:
            settle()
    print(f"The course to read is in {SITE.name}/: open {SITE / 'index.html'} in a browser.")
    return 0


def build():
    """Make the new site, and let it take the old one's place if it has no fault."""
    if SITE.is_symlink() or (SITE.exists() and not SITE.is_dir()):
        raise FileExistsError(errno.EEXIST, "it is no folder", str(SITE))  # it is not ours
    settle()
    write_pages(PAGES)
    faults = sphinx()
    if faults:
        faults.append(f"course.py: the site was not built; {SITE.name}/ is as it was before.")
        raise course.Failure("\n".join(faults))
    write_printed(NEW)
    exchange()


def sphinx():
    """Have Sphinx make the new site of the pages; return what it complains of, a line each."""
    from sphinx.cmd.build import build_main  # it takes a while, in which Ctrl-C is to be heard

    heard = io.StringIO()
    how = ["--quiet", "--no-color", "--builder", "html"]
    where = ["--conf-dir", str(ROOT / "site_source"), "--doctree-dir", str(DRAFT / "notes")]
    with contextlib.redirect_stderr(heard):
        status = build_main([*how, *where, str(PAGES), str(NEW)])
    lines = [line for line in heard.getvalue().splitlines() if line.strip()]
    return [told(line) for line in lines] or ["Sphinx failed and said nothing."] * bool(status)


def told(line):
    """One of Sphinx's lines, with the course's own name of the page."""
    line = line.replace(f"{PAGES}{os.sep}", "").replace("index.md:", "README.md:")
    return re.sub(r"\.ipynb:(\d+)\d{4}:", r".ipynb, cell \1:", line)


def exchange():
    """Put the new site in the old one's place; nothing is to come between."""
    course.catch_signals(signal.SIG_IGN)
    with contextlib.suppress(FileNotFoundError):
        SITE.rename(OLD)
    NEW.rename(SITE)


def settle():
    """End an exchange that failed or was killed: the old site goes back, the draft is deleted."""
    if OLD.exists() and not SITE.exists():
        OLD.rename(SITE)
    if DRAFT.exists():
        shutil.rmtree(DRAFT)


if __name__ == "__main__":
    sys.exit(course.guarded(main, sys.argv[1:]))
