"""Loading models of transformers: what is found, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from tests.tiny import some_ids, tiny_model, tiny_session, tiny_tokenizer
from tokenscope_widgets.errors import ModelLoadError
from tokenscope_widgets.models.local import load, whole_characters
from tokenscope_widgets.session import Session

OFFLINE_REMEDY = "Without a network only models in the local cache, a folder, or 'smollm2-135m' can be loaded"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny model and its tokenizer as safetensors."""
    tiny_model().save_pretrained(tmp_path)
    tiny_tokenizer().save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.parametrize("as_type", [str, Path])
def test_a_folder_of_safetensors_gives_the_same_model(folder: Path, as_type: type) -> None:
    session = Session.from_pretrained(as_type(folder))
    want = tiny_session().generate(some_ids(10), max_new_tokens=8)
    assert session.generate(some_ids(10), max_new_tokens=8).token_ids.tolist() == want.token_ids.tolist()
    assert session.model.name == str(folder)


def test_options_are_passed_on_to_transformers(folder: Path) -> None:
    loaded = load(folder, dtype=torch.bfloat16, attn_implementation="eager")
    assert loaded.model.dtype == torch.bfloat16
    assert loaded.model.config._attn_implementation == "eager"


def test_a_loaded_model_is_in_evaluation_mode_and_needs_no_gradients(folder: Path) -> None:
    model = load(folder).model
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_an_unknown_name_offline_gives_a_clear_error() -> None:
    with pytest.raises(ModelLoadError) as caught:
        Session.from_pretrained("nobody/no-such-model")
    assert "model='nobody/no-such-model' could not be loaded: " in str(caught.value)
    assert OFFLINE_REMEDY in str(caught.value)


@pytest.mark.parametrize("name", ["no such name", "/no/such/folder", ""])
def test_a_name_that_cannot_be_one_gives_a_clear_error(name: str) -> None:
    with pytest.raises(ModelLoadError, match=f"model='{name}' could not be loaded: .*smollm2-135m"):
        load(name)


def test_an_empty_folder_gives_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match="could not be loaded"):
        load(tmp_path)


def test_weights_that_are_pickles_are_refused(folder: Path) -> None:
    torch.save(tiny_model().state_dict(), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelLoadError, match="Only safetensors weights are loaded, because others can run code"):
        load(folder)


def test_damaged_weights_give_a_clear_error(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelLoadError, match="Its weights are damaged or incomplete: fetch them again"):
        load(folder)


def test_code_that_comes_with_a_model_is_not_run_unless_asked_for(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config.update(model_type="own-kind", auto_map={"AutoConfig": "own.C", "AutoModelForCausalLM": "own.M"})
    (folder / "config.json").write_text(json.dumps(config))
    witness = folder / "was-run"
    (folder / "own.py").write_text(f"open({str(witness)!r}, 'w').close()\nraise ImportError('own code')\n")
    with pytest.raises(ModelLoadError, match="trust_remote_code=True only if you trust its author"):
        load(folder)
    assert not witness.exists()


def test_a_folder_with_no_causal_language_model_is_refused(tmp_path: Path) -> None:
    tiny_tokenizer().save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "t5", "vocab_size": 300}))
    with pytest.raises(ModelLoadError, match="It is no causal language model: choose one that generates text"):
        load(tmp_path)


def test_a_session_shows_its_model_type_and_device(folder: Path) -> None:
    assert repr(Session.from_pretrained(folder)) == f"<Session {folder} (float32, cpu)>"


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("\ud83d\ude00", "\U0001f600"),
        ("\ud83d", "\ufffd"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("é\U0001f600\x00", "é\U0001f600\x00"),
    ],
    ids=ascii,
)
def test_halves_of_characters_are_joined_or_replaced(text: str, whole: str) -> None:
    assert whole_characters(text) == whole


def test_a_text_inside_another_gets_no_special_tokens() -> None:
    model = tiny_session().model
    assert model.encode_continuation(" if") == tiny_tokenizer()(" if", add_special_tokens=False)["input_ids"]
