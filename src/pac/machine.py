"""What this process takes of its machine: open files, and the processor's time for collecting garbage."""

import gc
import resource

from pac.errors import CannotStart

RESERVED_FILES = 1_024
CONNECTIONS_MAX = 20_000
GARBAGE_AFTER = (20_000, 50, 50)
"""Objects more than there were, before those made lately are searched for cycles (and how many such searches before
older ones are). Python's 700 is for scripts: here every message makes dozens of objects that die by themselves, and
a sixth of the processor went into looking at them."""


def connections_allowed(wanted: int) -> int:
    """Raise the soft limit on open files to the hard one, and take what it allows (SECURITY 3.12).

    `wanted`: the setting, 0 for as many as there may be. Raises CannotStart when it is more than that.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    allowed = (1_000_000 if hard == resource.RLIM_INFINITY else hard) - RESERVED_FILES
    if wanted > allowed:
        raise CannotStart(
            f"PAC_LIMIT_CONNECTIONS={wanted} is more than this system's open-file limit allows "
            f"({max(0, allowed)}).",
            "Raise the hard limit (ulimit -Hn), or lower the setting.",
        )
    return wanted or max(1, min(allowed, CONNECTIONS_MAX))


def leave_alone_what_stays() -> None:
    """Modules, routes and schemas live as long as the process: the garbage collector need not visit them again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_AFTER)
