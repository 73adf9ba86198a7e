"""What the browser runs with is what its authors published, as scripts/vendor_js.py copied it."""

import hashlib
import json
import re

from scripts.vendor_js import FILES, LICENCES, VENDOR, vendored


def test_the_vendored_files_are_those_that_were_written_down() -> None:
    kept = json.loads((VENDOR / "vendor.json").read_text(encoding="utf-8"))
    assert kept.keys() == FILES.keys()
    for name, entry in kept.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == entry["sha256"], name
    for name in LICENCES:
        assert "MIT" in (VENDOR / name).read_text(encoding="utf-8")


def test_no_module_asks_for_what_a_page_cannot_resolve() -> None:
    static = VENDOR.parent
    for file in static.rglob("*.js"):
        for specifier in re.findall(
            r"""(?:from|import)\s*["']([^"']+)["']""", file.read_text(encoding="utf-8")
        ):
            assert specifier.startswith("."), (file, specifier)
            assert (file.parent / specifier).resolve().is_file(), (file, specifier)


def test_specifiers_become_relative_and_source_maps_go() -> None:
    text = 'import{h}from"preact";import "preact/hooks";x("from preact")\n//# sourceMappingURL=a.map\n'
    assert vendored(text) == 'import{h}from"./preact.js";import "./hooks.js";x("from preact")\n'
