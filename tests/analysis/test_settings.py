"""Settings: what a user may type, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from tokenscope_widgets.analysis.settings import DecodingSettings, settings_from
from tokenscope_widgets.errors import InputError


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"temperature": 0}, r"temperature=0: must be a number above 0. .*do_sample=False"),
        ({"temperature": -1.5}, r"temperature=-1.5: must be a number above 0"),
        ({"temperature": float("nan")}, r"temperature=nan: must be a number above 0"),
        ({"temperature": "hot"}, r"temperature='hot': must be a number above 0"),
        ({"top_p": 0}, r"top_p=0: must lie in \(0, 1\]"),
        ({"top_p": 1.1}, r"top_p=1.1: must lie in \(0, 1\]"),
        ({"top_k": 101}, r"top_k=101: must be a whole number of at least 1 and at most the vocabulary's 100"),
        ({"top_k": 0}, r"top_k=0: must be a whole number of at least 1"),
        ({"top_k": 2.5}, r"top_k=2.5: must be a whole number"),
        ({"min_p": -0.1}, r"min_p=-0.1: must lie in \[0, 1\]"),
        ({"min_p": 2}, r"min_p=2: must lie in \[0, 1\]"),
        ({"repetition_penalty": 0}, r"repetition_penalty=0: must be a number above 0. 1 switches it off"),
        ({"max_new_tokens": 0}, r"max_new_tokens=0: must be a whole number of at least 1\."),
        ({"max_new_tokens": True}, r"max_new_tokens=True: must be a whole number"),
        ({"alternatives": 101}, r"alternatives=101: .* at most the vocabulary's 100"),
        ({"alternatives": 0}, r"alternatives=0: must be a whole number of at least 1"),
        ({"seed": 1.5}, r"seed=1.5: must be a whole number"),
        ({"seed": 2**64}, r"seed=18446744073709551616: must be a whole number of 64 bits"),
        ({"stop_strings": [""]}, r"stop_strings=\('',\): must be texts of one whole character or more"),
        ({"stop_strings": ["\ud83d"]}, r"stop_strings=\('\\ud83d',\): must be texts of one whole character"),
        ({"stop_strings": [3]}, r"stop_strings=\(3,\): must be texts"),
    ],
    ids=str,
)
def test_a_setting_out_of_its_range_is_named_with_its_value(setting: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        settings_from(setting).check(100)


@pytest.mark.parametrize("name", ["stop_strings", "eos_token_ids"])
def test_a_list_setting_that_is_no_list_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"{name}=2.5: is not a list"):
        settings_from({name: 2.5})


def test_an_unknown_setting_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"temprature=1: is not a generation setting. Known: alternatives, do_sample"):
        settings_from({"temprature": 1})


@pytest.mark.parametrize(
    "setting",
    [
        {"temperature": 0.01},
        {"top_p": 1},
        {"top_k": 100},
        {"min_p": 0},
        {"min_p": 1},
        {"seed": -1},
        {"max_new_tokens": 1},
    ],
    ids=str,
)
def test_the_edge_of_a_range_is_accepted(setting: dict[str, Any]) -> None:
    settings = settings_from(setting)
    settings.check(100)
    name, value = next(iter(setting.items()))
    assert getattr(settings, name) == value


@pytest.mark.parametrize("setting", [{"temperature": 0.5}, {"top_k": 3}, {"top_p": 0.5}, {"min_p": 0.1}], ids=str)
def test_naming_a_sampling_setting_means_sampling(setting: dict[str, Any]) -> None:
    assert settings_from(setting).do_sample is True
    assert settings_from({**setting, "do_sample": False}).do_sample is False


def test_without_sampling_settings_the_first_choice_is_taken() -> None:
    assert settings_from({"max_new_tokens": 3, "repetition_penalty": 1.2, "seed": 4}).do_sample is False


def test_none_switches_a_sampling_setting_of_the_base_off() -> None:
    base = settings_from({"top_k": 5, "temperature": 0.5})
    changed = settings_from({"top_k": None}, base)
    assert (changed.top_k, changed.temperature, changed.do_sample) == (None, 0.5, True)


def test_none_for_a_setting_that_needs_a_value_keeps_the_base() -> None:
    assert settings_from({"temperature": None}, settings_from({"temperature": 0.5})).temperature == 0.5


def test_one_stop_string_or_end_token_need_not_be_a_list() -> None:
    settings = settings_from({"stop_strings": "\n\n", "eos_token_ids": 7})
    assert (settings.stop_strings, settings.eos_token_ids) == (("\n\n",), (7,))


@pytest.mark.parametrize(
    ("setting", "reshapes"),
    [
        ({}, False),
        ({"do_sample": True}, False),
        ({"temperature": 1.0}, False),
        ({"top_p": 1.0}, False),
        ({"temperature": 0.9}, True),
        ({"temperature": 0.9, "do_sample": False}, False),
        ({"top_k": 5}, True),
        ({"top_p": 0.9}, True),
        ({"min_p": 0.1}, True),
        ({"repetition_penalty": 1.1}, True),
    ],
    ids=str,
)
def test_it_is_known_whether_a_processor_changes_the_distribution(setting: dict[str, Any], reshapes: bool) -> None:
    assert settings_from(setting).reshapes is reshapes


def test_settings_survive_json() -> None:
    settings = settings_from({"top_k": 5, "stop_strings": ["a", "b"], "eos_token_ids": [1, 2], "seed": 9})
    assert DecodingSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


def test_numbers_of_numpy_and_torch_are_taken_as_pythons_own() -> None:
    settings = settings_from({"top_k": np.int64(5), "temperature": np.float32(0.5), "seed": torch.tensor(3)})
    settings.check(100)
    assert (settings.top_k, settings.temperature, settings.seed) == (5, 0.5, 3)
    assert [type(value) for value in (settings.top_k, settings.temperature, settings.seed)] == [int, float, int]
