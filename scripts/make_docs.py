"""Write the pages that are made: docs/SETTINGS.md from the code, docs/conformance/README.md from its results, and
the tables of docs/PERFORMANCE.md from theirs."""

from pathlib import Path

from pydantic_core import PydanticUndefined

from pac.settings import PREFIX, SECRETS, Settings
from scripts import conformance, performance

ROOT = Path(__file__).resolve().parent.parent


def settings_page() -> str:
    lines = [
        "# Settings",
        "",
        "Made from `src/pac/settings.py` by `make docs`; do not edit.",
        "",
        "Settings are read once at start: from the environment, from the file that `NAME_FILE` names, from `.env` in",
        "the working directory, in that order. A wrong value stops the start with one line that names it. `pac check`",
        "tries every part they point at.",
        "",
        "| name | default | meaning |",
        "|---|---|---|",
    ]
    for field, info in Settings.model_fields.items():
        default = info.default
        if default is PydanticUndefined or default in ("", []):
            shown = "–"
        elif isinstance(default, bool):
            shown = f"`{int(default)}`"
        else:
            shown = f"`{default}`"
        secret = " A secret: may come from a file." if field in SECRETS else ""
        lines.append(f"| `{PREFIX}{field.upper()}` | {shown} | {info.description}{secret} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    (ROOT / "docs" / "SETTINGS.md").write_text(settings_page(), encoding="utf-8")
    conformance.write_page()
    performance.write_page()


if __name__ == "__main__":
    main()
