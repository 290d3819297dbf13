"""A config that exists is valid, and its metadata say all that a flag or a slider needs."""

from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from vae.config.config import Config, Parameter, parameters
from vae.config.presets import PRESETS, PUBLISHED, Preset

NUMBERS = [p for p in parameters() if p.low is not None]
NO_PHASES = {"autoencoder": 0.0, "warmup": 0.0}  # so that either may reach its bound


def config_with(name: str, value: Any) -> Config:
    return Config(**{**NO_PHASES, name: value})


def name_of(parameter: Parameter) -> str:
    return parameter.name


def test_parameters_state_every_field_in_order() -> None:
    assert [p.name for p in parameters()] == [f.name for f in fields(Config)]
    assert {p.name: p.default for p in parameters()} == Config().to_dict()


@pytest.mark.parametrize("parameter", parameters(), ids=name_of)
def test_parameter_is_explained_and_bounded(parameter: Parameter) -> None:
    assert parameter.label
    assert parameter.help.endswith(".")
    assert parameter.group
    assert parameter.choices or parameter.kind is bool or (parameter.low is not None and parameter.high is not None)


@pytest.mark.parametrize("parameter", NUMBERS, ids=name_of)
def test_number_may_reach_its_bounds_and_no_more(parameter: Parameter) -> None:
    assert parameter.low is not None
    assert parameter.high is not None
    low, high = parameter.kind(parameter.low), parameter.kind(parameter.high)
    for bound, beyond in ((low, low - 1), (high, high + 1)):
        assert getattr(config_with(parameter.name, bound), parameter.name) == bound
        with pytest.raises(ValueError, match=parameter.name) as refused:
            config_with(parameter.name, beyond)
        for expected in (repr(beyond), str(parameter.low), str(parameter.high)):
            assert expected in str(refused.value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, True, "1", None, 1j, [1]])
@pytest.mark.parametrize("name", ["beta", "latent"])
def test_value_that_is_no_usable_number_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        config_with(name, value)


def test_fraction_is_refused_where_a_count_is_wanted() -> None:
    with pytest.raises(ValueError, match=r"latent is 4\.0: it must be of type int"):
        config_with("latent", 4.0)


def test_whole_number_is_accepted_where_a_fraction_is_wanted() -> None:
    assert config_with("beta", 2).beta == 2


@pytest.mark.parametrize("value", ["BPE", "", "bytes", 1])
def test_choice_outside_its_list_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="tokenizer"):
        config_with("tokenizer", value)


def test_phases_longer_than_the_run_are_refused() -> None:
    Config(autoencoder=0.5, warmup=0.5)
    with pytest.raises(ValueError, match=r"autoencoder \+ warmup \+ encoder_last is 1\.1"):
        Config(autoencoder=0.5, warmup=0.6)
    with pytest.raises(ValueError, match=r"encoder_last is 1\.1"):
        Config(autoencoder=0.3, warmup=0.3, encoder_last=0.5)
    Config(autoencoder=0.3, warmup=0.3, encoder_last=1.0)  # of a model that has had the others


def test_patience_that_minutes_cannot_foresee_is_refused() -> None:
    Config(patience=5, epochs=3.0)
    Config(patience=5, minutes=1.0, steps=7)
    with pytest.raises(ValueError, match="length in epochs or steps"):
        Config(patience=5, minutes=1.0)
    with pytest.raises(ValueError, match="which part is the last"):
        Config(patience=5, encoder_last=0.1)


def test_config_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Config().latent = 3  # type: ignore[misc]


@pytest.mark.parametrize("preset", [*PRESETS.values(), PUBLISHED], ids=lambda preset: preset.name)
def test_preset_survives_json(preset: Preset) -> None:
    assert PRESETS.get(preset.name, PUBLISHED) == preset
    assert Config.from_dict(json.loads(json.dumps(preset.config.to_dict()))) == preset.config


def test_missing_fields_take_their_defaults_and_unknown_ones_are_refused() -> None:
    assert Config.from_dict({"latent": 7}) == Config(latent=7)
    with pytest.raises(ValueError, match="unknown parameters: lattent"):
        Config.from_dict({"lattent": 7})


def test_presets_go_from_the_gist_to_the_letter() -> None:
    quick, balanced, faithful = (PRESETS[name].config for name in ("quick", "balanced", "faithful"))
    assert 1000 < quick.steps < balanced.steps < faithful.steps
    free = [config.latent * config.free_bits for config in (quick, balanced, faithful)]
    assert free == sorted(free)
    assert free[-1] >= 20  # nats that z may carry at no cost
