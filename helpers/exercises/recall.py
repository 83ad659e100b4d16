"""Sentences to complete from memory: the right word for each, and why it is right."""

from __future__ import annotations

from collections.abc import Mapping
from reprlib import repr as short
from typing import Any

__all__ = ["recalled"]


def recalled(answer: Any, right: Mapping[str, tuple[Any, str]]) -> str:
    """Return what is wrong with what was put beside each sentence, or ''.

    Args:
        answer: a dictionary of sentences and words, or a function that makes one.
        right: the right word for each sentence, and why.
    """
    answer = answer() if callable(answer) else answer
    if not isinstance(answer, Mapping):
        return f"Keep the dictionary; this is {short(answer)}."
    words = {word for word, _ in right.values()}
    for sentence, (word, why) in right.items():
        given = answer.get(sentence)
        if given is None:
            return f"Still to answer: {sentence}."
        if not isinstance(given, type(word)) or given not in words:
            choice = ", ".join(sorted(map(repr, words)))
            return f"Put one of {choice}, not {short(given)}: {sentence}."
        if given != word:
            return f"Think again of: {sentence}. {why}"
    return ""
