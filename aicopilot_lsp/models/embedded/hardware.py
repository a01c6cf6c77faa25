"""What this machine has: memory and cores, as far as this process may use them.

A container's limits count, since llama.cpp's threads spin: with more threads than free cores it is
many times slower (0.5B decode fell from 30 to 3 tokens a second on two contended cores).
"""

import os
import sys
from pathlib import Path

_MAX_THREADS = 16  # beyond this, small models wait for each other's threads more than they gain
_PLATFORM: str = sys.platform  # a plain string: the checker would drop the other branches
_FALLBACK_RAM_BYTES = 4 * 1024**3


def ram_bytes() -> int:
    """Memory of this machine or container, in bytes."""
    found = [size for size in (_physical_ram(), _cgroup_ram()) if size]
    return min(found, default=_FALLBACK_RAM_BYTES)


def physical_cores() -> int:
    """Cores that this process may keep busy: hyper-threads count once, limits are respected."""
    usable = _usable_cpus()
    cores = _physical_among(usable)
    quota = _cgroup_cpus()
    return max(1, min(cores, quota) if quota else cores)


def default_threads() -> int:
    """Threads for llama.cpp when the user set none."""
    return min(physical_cores(), _MAX_THREADS)


def _usable_cpus() -> set[int]:
    if _PLATFORM == "linux":
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def _physical_among(usable: set[int]) -> int:
    if _PLATFORM == "linux":
        topology = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
        return len({_read(Path(topology.format(cpu))) or str(cpu) for cpu in usable})
    if _PLATFORM == "darwin":
        # Fast cores only: the slow ones would hold the others up at every step.
        fast = _sysctl("hw.perflevel0.physicalcpu") or _sysctl("hw.physicalcpu")
        return fast or len(usable)
    return max(1, len(usable) // 2)  # Windows: two threads a core on most machines


def _sysctl(name: str) -> int:
    """A number that macOS knows by this name, or 0. By its library: no process is started."""
    import ctypes

    value = ctypes.c_int32()
    size = ctypes.c_size_t(ctypes.sizeof(value))
    library = ctypes.CDLL(None)
    failed = library.sysctlbyname(
        name.encode(), ctypes.byref(value), ctypes.byref(size), None, ctypes.c_size_t(0)
    )
    return 0 if failed else value.value


def _physical_ram() -> int:
    if _PLATFORM == "win32":
        return _windows_ram()
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 0


def _windows_ram() -> int:
    import ctypes

    class MemoryStatus(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            ("total", ctypes.c_ulonglong),
            ("rest", ctypes.c_ulonglong * 6),
        )

    status = MemoryStatus(length=ctypes.sizeof(MemoryStatus))
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
    return int(status.total) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else 0


def _cgroup_ram() -> int:
    value = _read(Path("/sys/fs/cgroup/memory.max"))
    return int(value) if value.isdigit() else 0


def _cgroup_cpus() -> int:
    quota, _, period = _read(Path("/sys/fs/cgroup/cpu.max")).partition(" ")
    if not (quota.isdigit() and period.isdigit()):
        return 0
    return max(1, int(quota) // int(period))


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def rss_bytes(pid: int | None) -> int | None:
    """Resident memory of a process, in bytes; None where it can't be told without a helper."""
    if pid is None:
        return None
    fields = _read(Path(f"/proc/{pid}/statm")).split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") if len(fields) > 1 else None
