"""Copy the libraries the browser runs with out of node_modules, so that no page asks another host for anything.

`make vendor` after changing a version in package.json. npm has checked each package against the hash in
package-lock.json; what is copied is written down with its own hash, and a test holds the files against it.
"""

import hashlib
import json
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
VENDOR = ROOT / "src" / "pac" / "web" / "static" / "js" / "vendor"
FILES = {
    "preact.js": "preact/dist/preact.mjs",
    "hooks.js": "preact/hooks/dist/hooks.mjs",
    "signals.js": "@preact/signals/dist/signals.mjs",
    "signals-core.js": "@preact/signals-core/dist/signals-core.mjs",
}
SPECIFIERS = {
    "preact": "./preact.js",
    "preact/hooks": "./hooks.js",
    "@preact/signals-core": "./signals-core.js",
}
LICENCES = {"preact-LICENSE.txt": "preact/LICENSE", "signals-LICENSE.txt": "@preact/signals/LICENSE"}
BARE = re.compile(r"""(from\s*|import\s*)(["'])([^"'.][^"']*)\2""")


def vendored(text: str) -> str:
    """With relative specifiers, since a page has no import map (its policy allows no inline script); no source map."""
    text = BARE.sub(lambda found: f"{found[1]}{found[2]}{SPECIFIERS[found[3]]}{found[2]}", text)
    return re.sub(r"\n?//# sourceMappingURL=.*\n?$", "\n", text)


def main() -> None:
    modules = ROOT / "node_modules"
    VENDOR.mkdir(exist_ok=True)
    kept: dict[str, dict[str, str]] = {}
    for name, source in FILES.items():
        text = vendored((modules / source).read_text(encoding="utf-8"))
        (VENDOR / name).write_text(text, encoding="utf-8")
        package = "/".join(source.split("/")[: 2 if source.startswith("@") else 1])
        version = json.loads((modules / package / "package.json").read_text(encoding="utf-8"))["version"]
        digest = hashlib.sha256(text.encode()).hexdigest()
        kept[name] = {"package": package, "version": version, "sha256": digest}
    for name, source in LICENCES.items():
        shutil.copyfile(modules / source, VENDOR / name)
    (VENDOR / "vendor.json").write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
