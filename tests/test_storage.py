"""Saved runs come back equal, and a file that is not right says so."""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tokenscope_widgets import archive, storage
from tokenscope_widgets.analysis.builder import GenerationBuilder
from tokenscope_widgets.analysis.distribution import TokenDistribution
from tokenscope_widgets.analysis.records import Generation, Lineage, Provenance, Role
from tokenscope_widgets.analysis.settings import DecodingSettings
from tokenscope_widgets.errors import FileFormatError
from tokenscope_widgets.storage import load, save_generation

PIECES = [b"def", b" f", b"(x):", b"\n", b"\xf0\x9f", b"\x98\x80", b"\xff", b"<script>", b"<|end|>", b"\x00"]
END = PIECES.index(b"<|end|>")


def distribution(rows: int, k: int = 3, seed: int = 0) -> TokenDistribution:
    draw = np.random.default_rng(seed)
    columns = {f.name: draw.random(rows, dtype=np.float32) for f in fields(TokenDistribution)}
    columns["top_ids"] = draw.integers(0, len(PIECES), (rows, k), dtype=np.int32)
    columns["top_logprobs_nats"] = -draw.random((rows, k), dtype=np.float32)
    return TokenDistribution(**columns)


def a_run(sampled: bool = False, lineage: Lineage | None = None) -> Generation:
    settings = DecodingSettings(
        do_sample=sampled,
        temperature=0.7 if sampled else 1.0,
        seed=5,
        stop_strings=("\n\n", "\ud83d"),
        eos_token_ids=(8,),
    )
    builder = GenerationBuilder(
        bytes_of=lambda i: PIECES[i],
        special_ids=frozenset({END}),
        prompt_length=3,
        settings=settings,
        provenance=Provenance("tiny", None, "float32", 64, {"torch": "2.13"}, "session"),
        lineage=lineage,
    )
    builder.extend([0], Role.PROMPT, TokenDistribution.unknown(1, 3))
    builder.extend([1, 2], Role.PROMPT, distribution(2))
    for n, token_id in enumerate([3, 4, 5, 6, 7, 8]):
        drawn = distribution(1, seed=n + 10) if sampled else None
        builder.extend([token_id], Role.GENERATED, distribution(1, seed=n), drawn, time_ms=n)
    return builder.build("end_token")


def assert_equal(a: Generation, b: Generation) -> None:
    for name in ("prompt_length", "settings", "provenance", "finish", "vocabulary", "special_ids", "lineage", "run_id"):
        assert getattr(a, name) == getattr(b, name), name
    for name in ("token_ids", "roles", "time_ms"):
        assert_same_array(getattr(a.tokens, name), getattr(b.tokens, name))
    assert a.tokens.token_bytes == b.tokens.token_bytes
    assert a.tokens.texts == b.tokens.texts
    assert (a.tokens.sampling is a.tokens.model) == (b.tokens.sampling is b.tokens.model)
    for kind in ("model", "sampling"):
        for column in fields(TokenDistribution):
            assert_same_array(
                getattr(getattr(a.tokens, kind), column.name), getattr(getattr(b.tokens, kind), column.name)
            )


def assert_same_array(a: np.ndarray, b: np.ndarray) -> None:
    assert a.dtype == b.dtype
    np.testing.assert_array_equal(a, b)


def test_a_run_comes_back_equal_with_its_gaps_and_half_characters(tmp_path: Path) -> None:
    run = a_run()
    assert np.isnan(run.surprisal_nats[0])
    assert_equal(load(run.save(tmp_path / "run.tsw")), run)


def test_what_was_drawn_from_is_kept_apart_from_the_model(tmp_path: Path) -> None:
    run = a_run(sampled=True)
    back = load(run.save(tmp_path / "run.tsw"))
    assert back.tokens.sampling is not back.tokens.model
    assert_equal(back, run)


def test_lineage_comes_back(tmp_path: Path) -> None:
    run = a_run(lineage=Lineage("parent", 4, 2, (1, 7), keep_prompt=False))
    assert load(run.save(tmp_path / "run.tsw")).lineage == run.lineage


def test_settings_that_would_be_refused_today_still_load(tmp_path: Path) -> None:
    run = a_run()
    odd = replace(run, settings=replace(run.settings, temperature=0, max_new_tokens=0))
    assert load(odd.save(tmp_path / "run.tsw")).settings == odd.settings


def test_an_empty_run_comes_back(tmp_path: Path) -> None:
    run = a_run()
    empty = replace(run, tokens=run.tokens[:0], prompt_length=0, vocabulary={}, special_ids=frozenset())
    assert_equal(load(empty.save(tmp_path / "run.tsw")), empty)


def test_arrays_can_be_written_to_like_those_of_a_fresh_run(tmp_path: Path) -> None:
    assert load(a_run().save(tmp_path / "run.tsw")).tokens.token_ids.flags.writeable


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    run = a_run()
    assert run.save(tmp_path / "a.tsw").read_bytes() == run.save(tmp_path / "b.tsw").read_bytes()


def test_nothing_is_pickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("pickle was used")

    for name in ("dump", "dumps", "load", "loads"):
        monkeypatch.setattr(f"pickle.{name}", refuse)
    path = a_run(sampled=True).save(tmp_path / "run.tsw")
    load(path)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".npy"):
                array = np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
                assert array.dtype.kind in "iuf"
            else:
                assert name == "manifest.json"


def test_a_failure_leaves_the_earlier_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_run().save(tmp_path / "run.tsw")
    before = path.read_bytes()
    written = []

    def fail_at_third(*arguments: Any) -> None:
        written.append(arguments)
        if len(written) == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "write_member", fail_at_third)
    with pytest.raises(OSError, match="No space left"):
        a_run(sampled=True).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        a_run().save(tmp_path / "nowhere" / "run.tsw")


def test_a_file_that_does_not_exist_is_an_ordinary_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        load(tmp_path / "none.tsw")
    assert not isinstance(caught.value, FileFormatError)


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


def test_a_save_does_not_need_a_string(tmp_path: Path) -> None:
    assert save_generation(a_run(), str(tmp_path / "run.tsw")) == tmp_path / "run.tsw"
