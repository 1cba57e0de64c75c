"""A filter on system calls: no network, no namespaces, no memory or tracing that the other limits do not see.

It stands behind the namespaces, not in their place: it denies what would widen them or pass them by.
"""

from __future__ import annotations

import errno
import os
import struct

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16
_AF_UNIX = 1
_NEW_NAMESPACES = 0x7E020080
_X32 = 0x40000000

# Since Linux 5.1, new calls have one number everywhere.
_COMMON = {
    "pidfd_send_signal": 424, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "pidfd_open": 434, "pidfd_getfd": 438, "mount_setattr": 442, "memfd_secret": 447,
}  # fmt: skip
_X86 = {
    "shmget": 29, "semget": 64, "msgget": 68, "ptrace": 101, "personality": 135, "modify_ldt": 154,
    "pivot_root": 155, "chroot": 161, "acct": 163, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168,
    "reboot": 169, "iopl": 172, "ioperm": 173, "init_module": 175, "delete_module": 176, "quotactl": 179,
    "mq_open": 240, "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250, "unshare": 272,
    "perf_event_open": 298, "name_to_handle_at": 303, "open_by_handle_at": 304, "setns": 308,
    "process_vm_readv": 310, "process_vm_writev": 311, "finit_module": 313, "memfd_create": 319,
    "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
}  # fmt: skip
_ARM = {
    "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "quotactl": 60, "acct": 89, "personality": 92,
    "unshare": 97, "kexec_load": 104, "init_module": 105, "delete_module": 106, "ptrace": 117, "reboot": 142,
    "mq_open": 180, "msgget": 186, "semget": 190, "shmget": 194, "add_key": 217, "request_key": 218, "keyctl": 219,
    "swapon": 224, "swapoff": 225, "perf_event_open": 241, "name_to_handle_at": 264, "open_by_handle_at": 265,
    "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "finit_module": 273, "memfd_create": 279,
    "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294,
}  # fmt: skip
_CLONE3 = 435

_MACHINES = {
    "x86_64": (0xC000003E, {"clone": 56, "socket": 41, "socketpair": 53}, _X86),
    "aarch64": (0xC00000B7, {"clone": 220, "socket": 198, "socketpair": 199}, _ARM),
}


def call_filter() -> bytes:
    """The filter as instructions of eight bytes for this machine.

    Raises
    ------
    OSError
        A machine whose call numbers are not known here.
    """
    machine = os.uname().machine
    if machine not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no list of system calls for {machine} machines")
    arch, checked, denied = _MACHINES[machine]
    code = [
        _step(_LOAD, _ARCH),
        _step(_EQUAL, arch, skip_if_true=1),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
        _step(_AT_LEAST, _X32, skip_if_false=1),
        _step(_RETURN, _KILL),
    ]
    for number in sorted({*denied.values(), *_COMMON.values()}):
        code += _answer(number, errno.EPERM)
    # The flags of clone3 lie in memory, where a filter cannot look; libc falls back to clone.
    code += _answer(_CLONE3, errno.ENOSYS)
    code += _where_argument(checked["clone"], _ANY_BIT, _NEW_NAMESPACES, deny_if=True)
    code += _where_argument(checked["socket"], _EQUAL, _AF_UNIX, deny_if=False)
    code += _where_argument(checked["socketpair"], _EQUAL, _AF_UNIX, deny_if=False)
    return b"".join([*code, _step(_RETURN, _ALLOW)])


def _step(code: int, value: int, skip_if_true: int = 0, skip_if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, skip_if_true, skip_if_false, value)


def _answer(number: int, error: int) -> list[bytes]:
    return [_step(_EQUAL, number, skip_if_false=1), _step(_RETURN, _ERRNO | error)]


def _where_argument(number: int, test: int, value: int, deny_if: bool) -> list[bytes]:
    """Decide a call by its first argument; other calls go on with their number loaded."""
    yes, no = _ERRNO | errno.EPERM, _ALLOW
    return [
        _step(_EQUAL, number, skip_if_false=4),
        _step(_LOAD, _FIRST_ARGUMENT),
        _step(test, value, skip_if_false=1),
        _step(_RETURN, yes if deny_if else no),
        _step(_RETURN, no if deny_if else yes),
    ]
