"""The glossary as one page of Markdown, with a heading for each term."""

from __future__ import annotations

import re

from data.make_website import INLINE, NOTEBOOKS, find, is_code, read_glossary, split_blocks

__all__ = ["glossary"]


def glossary(text):
    """Put the text of glossary.md into Markdown."""
    entries = read_glossary(text)
    links = {name.casefold(): entry for entry in entries for name in (entry.term, *entry.also)}
    head = f"# Glossary\n\n{len(entries)} terms of concurrency in Python, by the alphabet."
    return "\n\n".join([head, *(section(entry, links) for entry in entries)]) + "\n"


def section(entry, links):
    """One term: its heading, what it means, and where it is taught."""
    blocks = [block(text, entry, links) for text in split_blocks(entry.body)]
    return "\n\n".join([f"({entry.slug})=\n## {plain(entry.term)}", *blocks, facts(entry)])


def block(text, entry, links):
    """A paragraph, or a piece of code."""
    if is_code(text):
        code = re.sub(r"^ {4}", "", text.rstrip(), flags=re.M)
        return f"```python\n{code}\n```"
    return inline(" ".join(text.split()), entry, links)


def inline(text, entry, links):
    """A line with its links; code and stress are written as in Markdown already."""
    pieces, end = [], 0
    for found in INLINE.finditer(text):
        pieces += [plain(text[end : found.start()]), marked(found, entry, links)]
        end = found.end()
    return "".join([*pieces, plain(text[end:])])


def marked(found, entry, links):
    """What INLINE has found, in Markdown."""
    if found["code"]:
        return found[0]
    if found["stress"]:
        return f"*{inline(found['stress'], entry, links)}*"
    words = inline(found["shown"] or found["link"], entry, links)
    return f"[{words}](#{find(found['link'], entry, links).slug})"


def plain(text):
    """Text in which nothing is Markdown."""
    return re.sub(r"([\\`*_<\[\]])", r"\\\1", text)


def facts(entry):
    """The last line: other names, lanes, notebooks."""
    taught = ", ".join(
        f"[{NOTEBOOKS[number]}](../notebooks/{NOTEBOOKS[number]}.ipynb)" for number in entry.taught
    )
    also = f"Also: {plain(', '.join(entry.also))}. " if entry.also else ""
    return f"{{.facts}}\n{also}Lanes: {', '.join(entry.lanes)}. Taught in {taught}."
