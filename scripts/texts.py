"""Bring the catalogs up to date with the texts in the source: `python -m scripts.texts`.

New texts are added without a translation (a test fails until they have one), texts nobody uses go. English
entries say what the id says; only the plural forms differ.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "pac"
TEMPLATE_TEXT = re.compile(r"""_\(\s*(?:"([^"]+)"|'([^']+)')""")
SCRIPT_TEXT = re.compile(r"""say\(\s*'((?:[^'\\]|\\.)+)'""")
SCRIPT_PLURAL = re.compile(r"""sayMany\(\s*'([^']+)',\s*'([^']+)'""")
TABLES = {
    "_WORDS", "_FAULTS", "_BY_STATUS",
    "_SYSTEM_EVENTS", "_CLOSED_FOR_GOOD", "_ROOM_CLOSED", "_MEMBERSHIP", "_NOT_SENT",
}  # fmt: skip


def texts() -> tuple[set[str], set[tuple[str, str]]]:
    """(texts, (one, many) pairs) that templates, scripts and modules say to people."""
    single: set[str] = set()
    plural: set[tuple[str, str]] = set()
    for template in SOURCE.rglob("*.html"):
        for found in TEMPLATE_TEXT.finditer(template.read_text(encoding="utf-8")):
            single.add(found.group(1) or found.group(2))
    for script in SOURCE.rglob("*.js"):
        source = script.read_text(encoding="utf-8")
        single |= {found.group(1) for found in SCRIPT_TEXT.finditer(source)}
        plural |= {(found.group(1), found.group(2)) for found in SCRIPT_PLURAL.finditer(source)}
    for module in SOURCE.rglob("*.py"):
        for kind, said in _calls_and_tables(ast.parse(module.read_text(encoding="utf-8"))):
            if kind == "plural":
                plural.add((said[0], said[1]))
            else:
                single.add(said[0])
    return single - {one for one, _ in plural}, plural


def _calls_and_tables(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            strings = tuple(
                arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
            )
            if node.func.id == "translate" and strings:
                yield "single", strings
            if node.func.id == "ntranslate" and len(strings) == 2:
                yield "plural", strings
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id in TABLES:
            assert isinstance(node.value, ast.Dict)
            own = [value for key, value in zip(node.value.keys, node.value.values, strict=True) if key]
            for value in own:  # a table within a table (`**`) has its own turn
                first = value.elts[0] if isinstance(value, ast.Tuple) else value
                assert isinstance(first, ast.Constant)
                yield "single", (first.value,)


def fallbacks() -> set[str]:
    """Texts that are defaults of look-ups, which no pattern above sees."""
    return {"This does not fit here.", "The server refused it."}


def updated(language: str) -> Catalog:
    path = SOURCE / "locale" / language / "LC_MESSAGES" / "pac.po"
    with path.open("rb") as file:
        old = read_po(file, locale=language)
    single, plural = texts()
    fresh = Catalog(locale=language, header_comment="# What is said to people.", fuzzy=False)
    for text in sorted(single | fallbacks()):
        known = old.get(text)
        fresh.add(text, known.string if known and known.string else (text if language == "en" else ""))
    for one, many in sorted(plural):
        known = old.get(one)
        filled = known is not None and isinstance(known.string, tuple) and all(known.string)
        default = (one, many) if language == "en" else ("",)
        fresh.add((one, many), known.string if known is not None and filled else default)
    return fresh


def main() -> None:
    for language in ("ko", "en"):
        path = SOURCE / "locale" / language / "LC_MESSAGES" / "pac.po"
        catalog = updated(language)
        with path.open("wb") as file:
            write_po(file, catalog, width=110, sort_output=True, omit_header=True)
        body = path.read_text(encoding="utf-8")
        header = (
            f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
            f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
        )
        path.write_text(header + body.lstrip("\n"), encoding="utf-8")


if __name__ == "__main__":
    main()
