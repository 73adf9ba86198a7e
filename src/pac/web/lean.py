"""Our modules as they are sent: without comments and indentation, which are a third of them even in gzip.

Lines stay where they are, so that an error in somebody's browser names the line of the source. Nothing is renamed
or moved; what is written here knows strings, templates and regular expressions well enough to leave them alone, and a
test holds its output against a real parser's (tests/web/test_lean.py).
"""

import re

# In order: what is dropped, what is kept whole, and everything else up to where one of these may begin.
_PIECE = re.compile(
    r"""
    (?P<dropped> //[^\n]* | /\*.*?\*/ )
  | (?P<text> '(?:\\.|[^'\\\n])*' | "(?:\\.|[^"\\\n])*" )
  | (?P<pattern> /(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]* )
  | (?P<template> ` )
  | (?P<break> [ \t]*\n[ \t]* )
  | (?P<code> [^'"`/\n \t]+ | [ \t]+ | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_TEMPLATE_END = re.compile(r"\\.|`|\$\{", re.DOTALL)
_WORD_BEFORE_PATTERN = re.compile(r"(?:^|[^\w$.])(?:return|typeof|case|in|of|void|do|else)$")
_BEFORE_PATTERN = "(,=:[!&|?{};+-*%~^<>"


def lean(source: str) -> str:
    return "".join(_pieces(source))


def _pieces(source: str) -> list[str]:
    kept: list[str] = []
    before = ""  # what stands before, without blanks: tells a pattern from a division
    at = 0
    while at < len(source):
        found = _PIECE.match(source, at)
        assert found is not None  # `.` takes whatever the others leave
        kind, piece, at = found.lastgroup, found[0], found.end()
        if kind == "dropped":
            kept.append("\n" * piece.count("\n") or " " * piece.startswith("/*"))
            continue
        if kind == "break":
            kept.append("\n")
            continue
        if kind == "pattern" and not _may_begin_pattern(before):
            piece, at = "/", found.start() + 1
        if kind == "template":
            at = _end_of_template(source, at)
            piece = source[found.start() : at]
        kept.append(piece)
        before = (before + piece).rstrip(" \t")[-12:]
    return kept


def _may_begin_pattern(before: str) -> bool:
    return not before or before[-1] in _BEFORE_PATTERN or _WORD_BEFORE_PATTERN.search(before) is not None


def _end_of_template(source: str, at: int) -> int:
    """Behind its closing backtick; what stands in `${…}` may hold templates again."""
    while True:
        found = _TEMPLATE_END.search(source, at)
        if found is None:
            raise ValueError("a template without an end")
        at = found.end()
        if found[0] == "`":
            return at
        if found[0] == "${":
            at = _end_of_hole(source, at)


def _end_of_hole(source: str, at: int) -> int:
    depth = 1
    while depth:
        found = _PIECE.match(source, at)
        if found is None:
            raise ValueError("a template without an end")
        at = _end_of_template(source, found.end()) if found.lastgroup == "template" else found.end()
        if found.lastgroup == "code":
            for place, sign in enumerate(found[0], found.start()):
                depth += (sign == "{") - (sign == "}")
                if not depth:
                    return place + 1
    return at
