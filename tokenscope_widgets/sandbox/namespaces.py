"""A process that can reach nothing: its own users, mounts, processes, network; a root of read-only system files.

Every step raises `OSError` with the name of the call that was refused. Runs in the launcher, which has one thread.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
from collections.abc import Sequence

from tokenscope_widgets.sandbox.seccomp import call_filter

SCRATCH = "/scratch"
_INSIDE = 1000
_NOBODY = 65534
_NEW_NAMESPACES = 0x7E020000  # users, mounts, processes, network, IPC, host name, cgroups
_PRIVATE, _RECURSIVE, _BIND = 1 << 18, 1 << 14, 1 << 12
_NO_SETUID, _NO_DEVICES = 2, 4
_READ_ONLY, _DETACH = 1, 2
_SET_PARENT_DEATH, _SET_SECCOMP, _SET_NO_NEW_PRIVILEGES = 1, 22, 38
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_CAPSET = {"x86_64": 126, "aarch64": 91}
_MOUNT_SETATTR = 442
_SIGKILL = 9
_SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
    "/etc/alternatives", "/etc/localtime", "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
)  # fmt: skip
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """The kernel kills this process when the one that started it ends."""
    _checked("prctl", _libc.prctl(_SET_PARENT_DEATH, _SIGKILL, 0, 0, 0))


def enter(folders: Sequence[str], scratch_mb: int) -> None:
    """Leave the machine: new namespaces, and a root that holds ``folders``, system libraries and a scratch folder.

    The next fork is the first process of the new process namespace.
    """
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        _unshare_as_root()
    else:
        _checked("unshare", _libc.unshare(_NEW_NAMESPACES))
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/gid_map", f"{_INSIDE} {group} 1")
        _write("/proc/self/uid_map", f"{_INSIDE} {user} 1")
    _new_root([*_SYSTEM, *folders], scratch_mb)


def confine(limits: dict[str, int]) -> None:
    """Give up every right for good, in the process that runs the program. ``limits`` as of `Limits`, seconds whole."""
    own = 0
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_INSIDE, _INSIDE, _INSIDE)
        os.setresuid(_INSIDE, _INSIDE, _INSIDE)
    else:
        own = 2  # launcher and init are the same user as the program, and counted with it
    memory, files = limits["memory_mb"] << 20, limits["files_mb"] << 20
    for kind, soft, hard in (
        (resource.RLIMIT_AS, memory, memory + (32 << 20)),
        (resource.RLIMIT_CPU, limits["seconds"] + 1, limits["seconds"] + 2),
        (resource.RLIMIT_FSIZE, files, files),
        (resource.RLIMIT_NOFILE, limits["open_files"], limits["open_files"]),
        (resource.RLIMIT_NPROC, limits["processes"] + own, limits["processes"] + own),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
    ):
        resource.setrlimit(kind, (soft, hard))
    drop_capabilities()
    _checked("prctl", _libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    code = call_filter()
    instructions = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(instructions))
    _checked("seccomp", _libc.prctl(_SET_SECCOMP, 2, ctypes.c_char_p(program), 0, 0))


def drop_capabilities() -> None:
    """No capability is left, also none over the new namespaces."""
    header = struct.pack("Ii", 0x20080522, 0)
    _call("capset", _CAPSET, ctypes.c_char_p(header), ctypes.c_char_p(bytes(24)))


def _unshare_as_root() -> None:
    """Two users in the new namespace: root to mount, and nobody to run the program.

    The limit on processes does not hold for root, not even in a namespace. A map of two users can be written only
    from outside: by a helper that is forked before.
    """
    reading, writing = os.pipe()
    helper = os.fork()
    if helper == 0:
        os.close(writing)
        code = 1
        try:
            if os.read(reading, 1):
                for name in ("gid_map", "uid_map"):
                    _write(f"/proc/{os.getppid()}/{name}", f"0 0 1\n{_INSIDE} {_NOBODY} 1")
                code = 0
        finally:
            os._exit(code)
    os.close(reading)
    try:
        _checked("unshare", _libc.unshare(_NEW_NAMESPACES))
        os.write(writing, b"1")
    finally:
        os.close(writing)
        _, status = os.waitpid(helper, 0)
    if status:
        raise OSError(1, "writing uid_map: not permitted")
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)


def _new_root(sources: Sequence[str], scratch_mb: int) -> None:
    os.umask(0o022)
    _mount(None, "/", None, _PRIVATE | _RECURSIVE)
    _mount("tmpfs", "/tmp", "tmpfs", _NO_SETUID | _NO_DEVICES, "size=1m,mode=755")
    os.mkdir("/tmp/.old")
    _call("pivot_root", _PIVOT_ROOT, ctypes.c_char_p(b"/tmp"), ctypes.c_char_p(b"/tmp/.old"))
    os.chdir("/")
    bound: list[str] = []
    for source in sorted(sources):
        if not any(source == other or source.startswith(other + "/") for other in bound) and _bind(source):
            bound.append(source)
    os.makedirs(SCRATCH)
    for link in ("/tmp", "/dev/shm"):
        if not os.path.lexists(link):  # packages may be installed below /tmp
            os.symlink(SCRATCH, link)
    _checked("umount2", _libc.umount2(b"/.old", _DETACH))
    os.rmdir("/.old")
    _seal()
    _mount("tmpfs", SCRATCH, "tmpfs", _NO_SETUID | _NO_DEVICES, f"size={scratch_mb}m,nr_inodes=4096,mode=777")
    os.chdir(SCRATCH)


def _bind(source: str) -> bool:
    """The same path in the new root; whether there is anything mounted on it."""
    old = "/.old" + source
    if not os.path.lexists(old):
        return False
    os.makedirs(os.path.dirname(source), exist_ok=True)
    if os.path.islink(old):
        os.symlink(os.readlink(old), source)
        return False
    if os.path.isdir(old):
        os.mkdir(source)
    else:
        os.close(os.open(source, os.O_CREAT | os.O_WRONLY, 0o644))
    _mount(old, source, None, _BIND | _RECURSIVE)
    return True


def _seal() -> None:
    """Everything mounted so far becomes read-only, whatever lies below it."""
    attributes = struct.pack("QQQQ", _READ_ONLY | _NO_SETUID, 0, 0, 0)
    everything_below = 0x8000
    numbers = dict.fromkeys(_CAPSET, _MOUNT_SETATTR)
    size = ctypes.c_size_t(len(attributes))
    at_root = (ctypes.c_int(-100), ctypes.c_char_p(b"/"))
    _call("mount_setattr", numbers, *at_root, ctypes.c_uint(everything_below), ctypes.c_char_p(attributes), size)


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str = "") -> None:
    texts = [None if text is None else text.encode() for text in (source, target, kind)]
    what = f"mount of {kind or source or target}"
    _checked(what, _libc.mount(*texts, ctypes.c_ulong(flags), options.encode() or None))


def _call(name: str, numbers: dict[str, int], *arguments: object) -> None:
    number = numbers.get(os.uname().machine)
    if number is None:
        raise OSError(38, f"{name}: unknown on {os.uname().machine} machines")
    _checked(name, _libc.syscall(ctypes.c_long(number), *arguments))


def _checked(name: str, result: int) -> None:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code).lower()}")


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w") as file:
            file.write(text)
    except OSError as error:
        name = os.path.basename(path)
        raise OSError(error.errno, f"writing {name}: {os.strerror(error.errno or 1).lower()}") from None
