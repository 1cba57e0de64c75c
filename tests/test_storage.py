"""A run that was saved comes back as it was."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.stored_runs import a_run, assert_equal
from tokenscope_widgets import storage
from tokenscope_widgets.analysis.records import Lineage
from tokenscope_widgets.errors import FileFormatError
from tokenscope_widgets.storage import load, save_generation


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


def test_a_save_does_not_need_a_string(tmp_path: Path) -> None:
    assert save_generation(a_run(), str(tmp_path / "run.tsw")) == tmp_path / "run.tsw"
