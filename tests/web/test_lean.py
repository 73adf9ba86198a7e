"""Modules as they are sent say what their sources say, and the head of a page names all it needs."""

import os
import subprocess
from pathlib import Path

import pytest

from pac.web.lean import lean
from pac.web.modules import graph
from pac.web.templating import Static

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "src" / "pac" / "web" / "static" / "js"
OURS = sorted(path for path in SCRIPTS.rglob("*.js") if "vendor" not in path.parts)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("a(); // said\nb();", "a(); \nb();"),
        ("/**\n * why\n */\n  a();", "\n\n\na();"),
        ("f(/** @type {string} */ a)", "f(  a)"),
        ("const a = '// no', b = \"/* no */\";", "const a = '// no', b = \"/* no */\";"),
        ("const a = `// no\n   ${b ? `/* no */` : '}'} \n  kept`;\n  c();", None),
        ("const a = /\\/\\* [/*]/g; // a pattern", "const a = /\\/\\* [/*]/g; "),
        ("const a = b / c; // d / e", "const a = b / c; "),
        ("return /[\"'`]/.test(a); // it\n", "return /[\"'`]/.test(a); \n"),
        ("const wait = (a + b) / 2 / c;\n  d('x');", "const wait = (a + b) / 2 / c;\nd('x');"),
    ],
)
def test_comments_and_indentation_go_and_nothing_else(source: str, wanted: str | None) -> None:
    if wanted is None:
        wanted = source.replace("\n  c", "\nc")
    assert lean(source) == wanted


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(SCRIPTS)))
def test_lines_stay_where_they_are(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    sent = lean(source)
    assert sent.count("\n") == source.count("\n")
    for line in sent.split("\n"):
        assert not line.lstrip().startswith(("* ", "//", "/*")), line


def test_a_parser_reads_the_same_in_both(tmp_path: Path) -> None:
    compiler = ROOT / "node_modules" / ".bin" / "tsc"
    if not compiler.exists():
        assert os.environ.get("CI") != "true", "node_modules is missing: npm ci"
        pytest.skip("node_modules is missing: npm ci")
    for path in OURS:
        source = path.read_text(encoding="utf-8")
        for kind, text in (("source", source), ("lean", lean(source))):
            copy = tmp_path / kind / path.relative_to(SCRIPTS)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text, encoding="utf-8")
    for kind in ("source", "lean"):
        files = [str(path) for path in (tmp_path / kind).rglob("*.js")]
        subprocess.run(
            [compiler, "--allowJs", "--noCheck", "--noResolve", "--ignoreConfig", "--removeComments",
             "--target", "esnext", "--module", "esnext",
             "--rootDir", tmp_path / kind, "--outDir", tmp_path / f"{kind}-printed", *files],
            cwd=tmp_path, check=False, capture_output=True, timeout=110,
        )  # fmt: skip
    for path in OURS:
        name = path.relative_to(SCRIPTS)
        one, other = (
            "".join((tmp_path / f"{kind}-printed" / name).read_text().split()) for kind in ("source", "lean")
        )
        assert one == other, name


def test_the_graph_follows_every_way_to_import_and_no_type() -> None:
    files = {
        "js/pages/a.js": "import { b } from '../b.js';\nimport './c.js';\n/** @typedef {import('../types.js').T} T */",
        "js/b.js": "export * from './d.js';\nexport { e } from './pages/c.js';\nconst f = () => import('./late.js');",
        "js/pages/c.js": 'import{x as y}from"../d.js";import z from"../g.js";',
        "js/d.js": "import {\n  one,\n  two,\n} from './b.js';",
        "js/g.js": "",
    }
    assert graph("js/pages/a.js", files.__getitem__) == (
        "js/pages/a.js", "js/b.js", "js/pages/c.js", "js/d.js", "js/g.js",
    )  # fmt: skip


def test_a_page_names_what_is_there() -> None:
    static = Static()
    named = static.modules("js/pages/room.js")
    assert named[0].endswith("/js/pages/room.js")
    assert len(set(named)) == len(named)
    assert any(address.endswith("/js/vendor/preact.js") for address in named)
    with pytest.raises(KeyError):
        static.modules("js/pages/nowhere.js")
