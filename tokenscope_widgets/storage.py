"""Save and load a run: a zip of one JSON manifest and plain numpy arrays. The format is in ``docs/format.md``."""

from __future__ import annotations

import codecs
import json
import os
import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.analysis.distribution import TokenDistribution
from tokenscope_widgets.analysis.records import FINISH_REASONS, Generation, Lineage, Provenance, Role
from tokenscope_widgets.analysis.settings import DecodingSettings
from tokenscope_widgets.analysis.token_table import TokenTable
from tokenscope_widgets.archive import (
    AGAIN,
    FORMAT,
    MANIFEST,
    VERSION,
    Members,
    Problem,
    npy,
    open_archive,
    write_member,
)
from tokenscope_widgets.errors import FileFormatError

_DISTRIBUTION = {f.name: "<f4" for f in fields(TokenDistribution)} | {"top_ids": "<i4"}
_SETTING_TYPES: dict[type, tuple[type, ...]] = {float: (int, float), type(None): (int, float, type(None))}
_MATRICES = ("top_ids", "top_logprobs_nats")


def save_generation(run: Generation, path: str | os.PathLike[str]) -> Path:
    """Write a run to one compressed file, by convention ``*.tsw``; an earlier file is replaced in one step.

    Parameters
    ----------
    run : Generation
    path : str or path
        Used as given; no suffix is added.

    Returns
    -------
    Path
        The path given.

    Raises
    ------
    OSError
        The file cannot be written. What was there before is untouched.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"path={str(path)!r}: the folder {path.parent} does not exist. Create it first.")
    scratch = path.with_name(f".{uuid.uuid4().hex}.partial")
    try:
        with scratch.open("xb") as file:
            with zipfile.ZipFile(file, "w") as archive:
                write_member(archive, MANIFEST, _manifest(run))
                for name, array in _arrays(run).items():
                    write_member(archive, f"{name}.npy", npy(array))
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
    return path


def load(path: str | os.PathLike[str]) -> Generation:
    """Read a run that was saved with ``run.save(path)``.

    Nothing in the file is executed, and no more is read into memory than a run can hold.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    FileFormatError
        The file is no saved run, is damaged, or was written by a newer version of this package.
    """
    path = Path(path)
    with path.open("rb") as file:
        try:
            with open_archive(file) as archive:
                return _read_run(Members(archive))
        except Problem as problem:
            raise FileFormatError(f"{path}: {problem}.") from problem.__cause__


def _manifest(run: Generation) -> bytes:
    from tokenscope_widgets import __version__

    values = {
        "format": FORMAT,
        "version": VERSION,
        "written_by": f"tokenscope-widgets {__version__}",
        "run_id": run.run_id,
        "finish": run.finish,
        "tokens": len(run),
        "prompt_length": run.prompt_length,
        "sampling_is_model": run.tokens.sampling is run.tokens.model,
        "special_ids": sorted(run.special_ids),
        "settings": run.settings.to_dict(),
        "provenance": {**asdict(run.provenance), "versions": dict(run.provenance.versions)},
        "lineage": asdict(run.lineage) if run.lineage else None,
    }
    # ids may be numpy integers, which JSON does not know
    return json.dumps(values, indent=1, allow_nan=False, default=int).encode()


def _arrays(run: Generation) -> dict[str, NDArray[Any]]:
    tokens = run.tokens
    arrays: dict[str, NDArray[Any]] = {
        "token_ids": tokens.token_ids.astype("<i8"),
        "roles": tokens.roles.astype("u1"),
        "time_ms": tokens.time_ms.astype("<f4"),
        "vocabulary_ids": np.array(list(run.vocabulary), "<i8"),
        **_packed("token_bytes", tokens.token_bytes),
        **_packed("vocabulary_bytes", list(run.vocabulary.values())),
    }
    kinds = {"model": tokens.model}
    if tokens.sampling is not tokens.model:
        kinds["sampling"] = tokens.sampling
    for kind, distribution in kinds.items():
        for name, dtype in _DISTRIBUTION.items():
            arrays[f"{kind}/{name}"] = getattr(distribution, name).astype(dtype)
    return arrays


def _packed(name: str, pieces: Sequence[bytes]) -> dict[str, NDArray[Any]]:
    lengths = np.array([len(piece) for piece in pieces], "<u4")
    return {name: np.frombuffer(b"".join(pieces), np.uint8), f"{name}_lengths": lengths}


def _read_run(members: Members) -> Generation:
    manifest = members.manifest()
    try:
        count, prompt_length = manifest["tokens"], manifest["prompt_length"]
        if type(count) is not int or count < 0 or type(prompt_length) is not int or not 0 <= prompt_length <= count:
            raise ValueError(f"a prompt of {prompt_length} in a run of {count} tokens")
        if manifest["finish"] not in FINISH_REASONS:
            raise ValueError(f"finish is {manifest['finish']!r}")
        settings = _settings(manifest["settings"])
        run_id, shared = manifest["run_id"], manifest["sampling_is_model"]
        special_ids = frozenset(int(i) for i in manifest["special_ids"])
        provenance, lineage = _provenance(manifest["provenance"]), _lineage(manifest["lineage"])
        if not isinstance(run_id, str) or not isinstance(shared, bool):
            raise TypeError("run_id or sampling_is_model is of the wrong type")
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else f"makes no sense: {error}"
        raise Problem(f"{MANIFEST} in it {what}. {AGAIN}") from error
    vocabulary_ids = members.array("vocabulary_ids", "<i8", (None,)).tolist()
    pieces = members.pieces("vocabulary_bytes", len(vocabulary_ids))
    return Generation(
        tokens=_read_tokens(members, count, shared),
        prompt_length=prompt_length,
        settings=settings,
        provenance=provenance,
        finish=manifest["finish"],
        vocabulary=dict(zip(vocabulary_ids, pieces, strict=True)),
        special_ids=special_ids,
        lineage=lineage,
        run_id=run_id,
    )


def _settings(values: dict[str, Any]) -> DecodingSettings:
    """Settings of the right types. Their ranges are not checked: a run once saved loads, whatever is allowed today."""
    settings = DecodingSettings.from_dict(values)
    for name, default in asdict(DecodingSettings()).items():
        found = getattr(settings, name)
        if not isinstance(found, _SETTING_TYPES.get(type(default), type(default))):
            raise TypeError(f"{name} is {found!r}")
    return settings


def _provenance(values: dict[str, Any]) -> Provenance:
    provenance = Provenance(**{**values, "versions": dict(values["versions"])})
    texts = (provenance.model, provenance.revision or "", provenance.dtype, provenance.session_id)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("provenance holds something else than texts")
    return provenance


def _lineage(values: dict[str, Any] | None) -> Lineage | None:
    if values is None:
        return None
    numbers = {"at": int(values["at"]), "replaced": int(values["replaced"])}
    replacement = tuple(int(i) for i in values["replacement"])
    stop = None if values.get("stop") is None else int(values["stop"])
    return Lineage(
        **{**values, **numbers, "parent_id": str(values["parent_id"]), "replacement": replacement, "stop": stop}
    )


def _read_tokens(members: Members, count: int, shared: bool) -> TokenTable:
    roles = members.array("roles", "u1", (count,))
    if roles.size and roles.max() > max(Role):
        raise Problem(f"roles.npy in it holds an unknown role, {roles.max()}. {AGAIN}")
    token_bytes = members.pieces("token_bytes", count)
    model = _read_distribution(members, "model", count)
    # a character split over several tokens belongs to the last: an incremental decoder gives just that
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return TokenTable(
        token_ids=members.array("token_ids", "<i8", (count,)),
        token_bytes=token_bytes,
        texts=tuple(decoder.decode(piece) for piece in token_bytes),
        roles=roles,
        model=model,
        sampling=model if shared else _read_distribution(members, "sampling", count),
        time_ms=members.array("time_ms", "<f4", (count,)),
    )


def _read_distribution(members: Members, kind: str, count: int) -> TokenDistribution:
    arrays = {
        name: members.array(f"{kind}/{name}", dtype, (count, None) if name in _MATRICES else (count,))
        for name, dtype in _DISTRIBUTION.items()
    }
    if arrays["top_ids"].shape != arrays["top_logprobs_nats"].shape:
        raise Problem(f"{kind}/top_ids.npy and {kind}/top_logprobs_nats.npy in it differ in shape. {AGAIN}")
    return TokenDistribution(**arrays)
