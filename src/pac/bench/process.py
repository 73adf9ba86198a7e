"""What /proc says of a process and of the machine, and where a process may run."""

import os
import platform
from pathlib import Path


def resident_bytes(pid: int) -> int:
    """Memory the process has now (VmRSS)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1_024
    return 0


def cpu_seconds(pid: int) -> float:
    """User and system, all threads (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cores() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def machine() -> dict[str, str]:
    """What a reader of the figures has to know of the place they were measured at."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "cores": str(len(cores())),
        "processor": model,
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
