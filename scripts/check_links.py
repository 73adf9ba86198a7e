"""Every relative link and every `file` named in the docs leads somewhere. Exit 1 with a line for each that does not."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE_PATH = re.compile(r"`((?:src|docs|tests|scripts|requirements)/[\w./-]+)(?:::\w+)?`")
MODULE_PATH = re.compile(
    r"`((?:accounts|rooms|messages|limits|live|web|http|adapters)/[\w/]+\.py)(?:::[\w.]+)?`"
)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def faults(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    found = []
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            found.append(f"{page.relative_to(ROOT)}: link to {target}: there is no such file")
        elif anchor and file.suffix == ".md" and anchor not in anchors(file):
            found.append(f"{page.relative_to(ROOT)}: link to {target}: there is no such heading")
    for target in CODE_PATH.findall(text):
        if not (ROOT / target).exists():
            found.append(f"{page.relative_to(ROOT)}: names {target}, which does not exist")
    for target in MODULE_PATH.findall(text):
        if not (ROOT / "src" / "pac" / target).exists():
            found.append(f"{page.relative_to(ROOT)}: names {target}, which does not exist in src/pac")
    return found


def main() -> int:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = [fault for name in listed.stdout.split("\n") if name for fault in faults(ROOT / name)]
    print("\n".join(found) or "Every link leads somewhere.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
