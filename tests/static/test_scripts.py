"""What the pages' scripts and templates may not contain."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WEB = HERE.parents[1] / "src" / "pac" / "web"
SCRIPTS = sorted(path for path in (WEB / "static").rglob("*.js") if path.parent.name != "vendor")
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))


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
