"""How much one run of a program may use."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tokenscope_widgets.errors import bad_value

_RANGES = {
    "memory_mb": (64, 65536),
    "processes": (1, 4096),
    "files_mb": (1, 4096),
    "open_files": (16, 4096),
    "output_kb": (1, 65536),
}


@dataclass(frozen=True)
class Limits:
    """The most that one run may use.

    Attributes
    ----------
    seconds : float
        Wall-clock time of program and tests together, start-up not counted; above 0, at most 3,600.
    memory_mb : int
        Address space of each process, in MiB; all together may hold a quarter more.
    processes : int
        Processes and threads at one time, the program's own included.
    files_mb : int
        Everything in the scratch folder together, in MiB.
    open_files : int
        Files that a process has open at one time.
    output_kb : int
        Printed text that is kept, in KiB; a program that prints a hundred times as much is stopped.

    Raises
    ------
    InputError
        A value that is not a number or out of range.
    """

    seconds: float = 5.0
    memory_mb: int = 512
    processes: int = 16
    files_mb: int = 16
    open_files: int = 64
    output_kb: int = 64

    def __post_init__(self) -> None:
        number = isinstance(self.seconds, int | float) and not isinstance(self.seconds, bool)
        if not number or not math.isfinite(self.seconds) or not 0 < self.seconds <= 3600:
            raise bad_value(
                "seconds", self.seconds, "must be above 0 and at most 3600", "Choose a number in that range"
            )
        for name, (least, most) in _RANGES.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                problem = f"must be a whole number of at least {least} and at most {most}"
                raise bad_value(name, value, problem, "Choose a number in that range")
