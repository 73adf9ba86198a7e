"""Which modules a page's first module needs, all the way down.

A browser learns of a module only from the one that imports it: without a list in the page's head it would ask for
them one level after the other. The list is read out of the files at start, so that nobody keeps it by hand.
"""

import posixpath
import re
from collections.abc import Callable

# `import … from '…'`, `import '…'`, `export … from '…'` where a statement begins; `import('…')` is asked for later.
_IMPORT = re.compile(
    r"""(?:^|;)\s*(?:import\s*(?:[^'"();]*?\bfrom\s*)?|export\s*(?:\*|\{[^}]*\})\s*from\s*)["']([^"']+)["']""",
    re.MULTILINE,
)


def graph(entry: str, text_of: Callable[[str], str]) -> tuple[str, ...]:
    """Paths of the modules that `entry` needs, itself first, each once, in the order a reader meets them.

    Raises KeyError where one that is not there is imported.
    """
    found: dict[str, None] = {}
    waiting = [entry]
    while waiting:
        path = waiting.pop(0)
        if path in found:
            continue
        found[path] = None
        folder = posixpath.dirname(path)
        named = _IMPORT.findall(text_of(path))
        waiting += [posixpath.normpath(posixpath.join(folder, name)) for name in named]
    return tuple(found)
