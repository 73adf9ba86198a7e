"""The pages' scripts: their own tests under Node's runner, and what they may not contain."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WEB = HERE.parents[1] / "src" / "pac" / "web"
SCRIPTS = sorted(path for path in (WEB / "static").rglob("*.js") if path.parent.name != "vendor")
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))


def test_the_scripts_pass_their_own_tests() -> None:
    node = shutil.which("node")
    if node is None:
        assert os.environ.get("CI") != "true", "node is missing: apt-get install nodejs"
        pytest.skip("node is not installed: apt-get install nodejs")
    tests = [str(path) for path in sorted((HERE.parent / "js").glob("*.test.*js"))]
    assert tests
    done = subprocess.run([node, "--test", *tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.req("1.2")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_markup_from_text(script: Path) -> None:
    found = re.findall(
        r"(?i:innerHTML|outerHTML)|insertAdjacentHTML|document\.write|DOMParser|srcdoc|\beval\b|new Function",
        script.read_text(encoding="utf-8"),
    )
    assert found == []


@pytest.mark.req("1.1", "1.2")
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_inline_script_or_style_or_unescaped_text(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=|\stype=\"application/json\")", text)
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", text)
    assert "|safe" not in text.replace(" ", "")
    assert "autoescape false" not in text
