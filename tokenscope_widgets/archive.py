"""The archive of a saved run: its members are written, and checked before they are believed when read."""

from __future__ import annotations

import io
import json
import math
import struct
import zipfile
import zlib
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

FORMAT = "tokenscope-run"
VERSION = 1
MANIFEST = "manifest.json"
MOST_BYTES = 2**31
"""The most a file may hold once unpacked; a small file that claims more is no run but an attack on memory."""

AGAIN = "Copy it again from where it came from, or save the run again"


class Problem(Exception):
    """What is wrong with a file, and the remedy; whoever opened it adds its name."""


def open_archive(file: BinaryIO) -> zipfile.ZipFile:
    """The file as a zip archive.

    Raises
    ------
    Problem
        It is none, or its table of contents is damaged.
    """
    begins_as_zip = file.read(4) == b"PK\x03\x04"
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, struct.error) as error:
        if begins_as_zip:
            raise Problem(f"is cut short or damaged ({error}). {AGAIN}") from error
        raise Problem("is not a saved run. Use a file made by run.save()") from error


def write_member(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Add a compressed member."""
    # without a date, the same run gives the same file
    archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def npy(array: NDArray[Any]) -> bytes:
    """The array as a file of the npy format, version 1.0, in C order."""
    out = io.BytesIO()
    np.lib.format.write_array(out, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
    return out.getvalue()


class Members:
    """The members of an archive, each checked before it is believed: every method raises `Problem`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = set(archive.namelist())
        declared = sum(member.file_size for member in archive.infolist())
        if declared > MOST_BYTES:
            raise Problem(
                f"claims to unpack to {declared:,} bytes, more than the {MOST_BYTES:,} a saved run may hold. "
                "Do not trust where it came from"
            )

    def content(self, name: str) -> bytes:
        """A member's content, never longer than it was declared to be."""
        if name not in self._names:
            raise Problem(f"{name} is missing in it. {AGAIN}")
        if self._archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Problem(f"{name} in it is compressed in a way that no saved run is. {AGAIN}")
        try:
            return self._archive.read(name)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise Problem(f"{name} in it is damaged ({error}). {AGAIN}") from error

    def manifest(self) -> dict[str, Any]:
        """The manifest, of a version that can be read."""
        if MANIFEST not in self._names:
            raise Problem(f"is a zip archive without {MANIFEST}, so no saved run. Use a file made by run.save()")
        try:
            manifest = json.loads(self.content(MANIFEST))
        except (ValueError, RecursionError) as error:
            raise Problem(f"{MANIFEST} in it is not JSON ({error}). {AGAIN}") from error
        found = manifest.get("format") if isinstance(manifest, dict) else None
        if found != FORMAT:
            raise Problem(f"is not a saved run: its format is {str(found)[:80]!r}, not {FORMAT!r}. Use run.save()")
        version = manifest.get("version")
        if type(version) is not int or version < 1:
            raise Problem(f"{MANIFEST} in it has no valid version number. {AGAIN}")
        if version > VERSION:
            raise Problem(
                f"was written in version {version} of the format, and this package reads up to version {VERSION}. "
                "Upgrade it: pip install --upgrade tokenscope-widgets"
            )
        return dict(manifest)

    def array(self, name: str, dtype: str, shape: tuple[int | None, ...]) -> NDArray[Any]:
        """An array of this dtype and shape (None: any length), in this machine's byte order."""
        data = io.BytesIO(self.content(f"{name}.npy"))
        try:
            if np.lib.format.read_magic(data) != (1, 0):
                raise ValueError("not version 1.0 of the npy format")
            found_shape, columns_first, found_dtype = np.lib.format.read_array_header_1_0(data)
        except Exception as error:  # whatever numpy's parser makes of a hostile header
            raise Problem(f"{name}.npy in it is not a numpy array ({error}). {AGAIN}") from error
        expected = np.dtype(dtype)
        fits = len(found_shape) == len(shape) and all(
            found >= 0 and wanted in (None, found) for wanted, found in zip(shape, found_shape, strict=True)
        )
        size = len(data.getbuffer()) - data.tell()
        # the header is not believed: np.load would reserve whatever size it states
        whole = size == expected.itemsize * math.prod(found_shape)
        if found_dtype != expected or not fits or not whole or columns_first:
            wanted = " × ".join("any" if n is None else f"{n:,}" for n in shape)
            raise Problem(
                f"{name}.npy in it should hold {wanted} values of {expected}, and states {found_shape} of "
                f"{found_dtype} in {size:,} bytes. {AGAIN}"
            )
        return np.frombuffer(data.read(), expected).reshape(found_shape).astype(expected.newbyteorder("="))

    def pieces(self, name: str, count: int) -> tuple[bytes, ...]:
        """``count`` byte strings from one blob and their lengths."""
        lengths = self.array(f"{name}_lengths", "<u4", (count,)).astype(np.int64)
        blob = self.array(name, "u1", (None,)).tobytes()
        if int(lengths.sum()) != len(blob):
            raise Problem(f"{name}.npy in it does not have the lengths stated beside it. {AGAIN}")
        ends = np.cumsum(lengths).tolist()
        return tuple(blob[end - n : end] for end, n in zip(ends, lengths.tolist(), strict=True))
