"""A file that is no saved run, or a damaged one, is refused with its reason."""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.stored_runs import a_run, assert_equal
from tokenscope_widgets import archive
from tokenscope_widgets.errors import FileFormatError
from tokenscope_widgets.storage import load


def refused(path: Path, *words: str) -> str:
    """The text of the error that loading gives; it names the file, and holds the words."""
    with pytest.raises(FileFormatError) as caught:
        load(path)
    text = str(caught.value)
    for word in (str(path), *words):
        assert word in text, text
    return text


@pytest.mark.parametrize("content", [b"", b"hello", b"\x80\x04K\x01.", b"\x89PNG\r\n"])
def test_a_file_that_is_no_zip(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.tsw"
    path.write_bytes(content)
    refused(path, "is not a saved run", "run.save()")


def test_a_zip_that_is_no_run(tmp_path: Path) -> None:
    path = tmp_path / "run.tsw"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    refused(path, "without manifest.json", "run.save()")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
def test_a_truncated_file(tmp_path: Path, share: float) -> None:
    path = a_run().save(tmp_path / "run.tsw")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    refused(path, "cut short or damaged", "save the run again")


def test_a_damaged_member_is_named(tmp_path: Path) -> None:
    path = a_run().save(tmp_path / "run.tsw")
    with zipfile.ZipFile(path) as archive:
        where = archive.getinfo("model/logprob_nats.npy")
    data = bytearray(path.read_bytes())
    data[where.header_offset + 30 + len(where.filename) + where.compress_size // 2] ^= 0xFF
    path.write_bytes(data)
    refused(path, "model/logprob_nats.npy", "damaged", "save the run again")


def test_flipped_bytes_give_a_clear_error_or_the_same_run(tmp_path: Path) -> None:
    run = a_run(sampled=True)
    whole = run.save(tmp_path / "run.tsw").read_bytes()
    draw = random.Random(0)
    path = tmp_path / "flipped.tsw"
    for _ in range(300):
        data = bytearray(whole)
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(data)
        try:
            back = load(path)
        except FileFormatError:
            continue
        assert_equal(back, run)


Manifest = dict[str, Any]


def rewritten(
    path: Path, change: Callable[[Manifest], Any] = lambda _: None, **members: bytes | np.ndarray | None
) -> Path:
    """Save a run with its manifest changed, and members replaced (left out where None; ``__`` for ``/``)."""
    with zipfile.ZipFile(a_run(sampled=True).save(path)) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(content["manifest.json"])
    change(manifest)
    content["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            new = members.get(name.removesuffix(".npy").replace("/", "__"), data)
            if new is not None:
                archive.writestr(name, new if isinstance(new, bytes) else npy(new))
    return path


def npy(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


def test_another_format_is_named(tmp_path: Path) -> None:
    path = rewritten(tmp_path / "run.tsw", lambda m: m.update(format="something-else"))
    refused(path, "something-else", "tokenscope-run")


def test_a_newer_version_says_to_upgrade(tmp_path: Path) -> None:
    path = rewritten(tmp_path / "run.tsw", lambda m: m.update(version=2, tokens="as many as you like"))
    refused(path, "version 2", "reads up to version 1", "pip install --upgrade tokenscope-widgets")


def test_unknown_members_are_ignored(tmp_path: Path) -> None:
    path = a_run().save(tmp_path / "run.tsw")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("notes.txt", "hello")
    assert_equal(load(path), replace(a_run(), run_id=load(path).run_id))


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.pop("run_id"),
        lambda m: m.pop("settings"),
        lambda m: m.update(version="1"),
        lambda m: m.update(version=True),
        lambda m: m.update(tokens=-1),
        lambda m: m.update(tokens=2.5),
        lambda m: m.update(prompt_length=10),
        lambda m: m.update(prompt_length=-1),
        lambda m: m.update(finish="because"),
        lambda m: m.update(special_ids=[float("inf")]),
        lambda m: m.update(special_ids=3),
        lambda m: m.update(sampling_is_model="no"),
        lambda m: m.update(run_id=None),
        lambda m: m["settings"].update(temperature="warm"),
        lambda m: m["settings"].update(do_sample="yes"),
        lambda m: m["settings"].update(seed="five"),
        lambda m: m["settings"].update(stop_strings=3),
        lambda m: m["settings"].update(unheard_of=1),
        lambda m: m["provenance"].update(model=3),
        lambda m: m["provenance"].pop("versions"),
        lambda m: m.update(lineage=[1]),
        lambda m: m.update(lineage={"parent_id": "x", "at": 1}),
    ],
)
def test_a_manifest_that_makes_no_sense(tmp_path: Path, change: Callable[[Manifest], Any]) -> None:
    refused(rewritten(tmp_path / "run.tsw", change), "manifest.json", "save the run again")


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[" * 100_000, b"[]"])
def test_a_manifest_that_is_no_object(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.tsw"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", content)
    refused(path)


@pytest.mark.parametrize(
    ("member", "new"),
    [
        ("token_ids", None),
        ("sampling__top_ids", None),
        ("token_ids", np.zeros(8, np.int64)),
        ("token_ids", np.zeros(9, np.int32)),
        ("token_ids", np.zeros((9, 1), np.int64)),
        ("token_ids", np.array([{}] * 9, object)),
        ("token_ids", b"no array"),
        ("time_ms", np.zeros(9, ">f4")),
        ("roles", np.full(9, 9, np.uint8)),
        ("token_bytes", np.zeros(3, np.uint8)),
        ("token_bytes_lengths", np.full(9, 2**32 - 1, np.uint32)),
        ("vocabulary_bytes_lengths", np.zeros(1, np.uint32)),
        ("model__top_ids", np.zeros((9, 2), np.int32)),
        ("model__top_logprobs_nats", np.asfortranarray(np.zeros((9, 3), np.float32))),
        ("model__logprob_nats", np.zeros(9, np.float32).astype("<f8")),
    ],
)
def test_members_that_do_not_fit(tmp_path: Path, member: str, new: bytes | np.ndarray | None) -> None:
    path = rewritten(tmp_path / "run.tsw", **{member: new})
    text = refused(path, "save the run again")
    assert re.search(member.split("_")[0], text)


def test_an_array_that_states_an_absurd_size_reserves_nothing(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (9, 2**50)})
    path = rewritten(tmp_path / "run.tsw", model__top_logprobs_nats=header.getvalue())
    refused(path, "top_logprobs_nats.npy")


def test_a_decompression_bomb_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 100_000)
    path = tmp_path / "run.tsw"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("manifest.json", b" " * 200_000)
    assert path.stat().st_size < 1000
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("it was unpacked"))
    refused(path, "200,000", "100,000", "Do not trust")


def test_a_member_that_lies_about_its_size_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "run.tsw"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("manifest.json", b" " * 10_000_000)
    data = path.read_bytes()
    path.write_bytes(data.replace((10_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little")))
    refused(path, "manifest.json", "damaged")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(tmp_path: Path, compression: int) -> None:
    path = tmp_path / "run.tsw"
    with zipfile.ZipFile(path, "w", compression) as other:
        other.writestr("manifest.json", b"{}")
    refused(path, "manifest.json")
