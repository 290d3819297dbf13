"""A model file gives back what was saved, or one clear error, whatever was done to it."""

from __future__ import annotations

import random
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.model_files import EDITS, OTHER_FILES, described, edited, mutant, pack, unpack

from vae.config.config import Config
from vae.data.batches import Tokens
from vae.metrics.likelihood import nll_iw
from vae.model.checkpoint import Checkpoint, CheckpointError, load, loads, save
from vae.model.families.vae import SentenceVAE
from vae.model.interpolation import interpolate
from vae.model.text_model import reconstruct, sample
from vae.text.corpus import Corpus
from vae.training.train import train


@pytest.fixture(scope="module")
def data(model_path: Path) -> bytes:
    return model_path.read_bytes()


def refused(data: bytes) -> str:
    """What is said of a file that must not load."""
    with pytest.raises(CheckpointError) as error:
        loads(data)
    message = str(error.value)
    assert 10 < len(message) < 500
    assert message.endswith(".") or ":" in message
    return message


def weights(checkpoint: Checkpoint) -> dict[str, torch.Tensor]:
    assert isinstance(checkpoint.text_model.model, SentenceVAE)
    return checkpoint.text_model.model.state_dict()


def test_what_is_loaded_says_the_same_as_what_was_saved(checkpoint: Checkpoint, corpus: Corpus, tmp_path: Path) -> None:
    save(tmp_path / "again.safetensors", checkpoint)
    again = load(tmp_path / "again.safetensors")
    before, after = checkpoint.text_model, again.text_model
    sentences = list(corpus.sentences[::11])
    assert sample(after, 20, seed=3) == sample(before, 20, seed=3)
    assert reconstruct(after, sentences) == reconstruct(before, sentences)
    assert interpolate(after, *sentences[:2]) == interpolate(before, *sentences[:2])
    assert torch.equal(nll_iw(after, sentences, samples=3), nll_iw(before, sentences, samples=3))
    assert (again.config, again.info) == (checkpoint.config, checkpoint.info)
    assert np.array_equal(again.seen, checkpoint.seen)
    assert (after.max_tokens, after.latent) == (before.max_tokens, before.latent)


def test_weights_are_kept_in_half_precision(checkpoint: Checkpoint, data: bytes, tmp_path: Path) -> None:
    model = checkpoint.text_model.model
    assert isinstance(model, SentenceVAE)
    fine = SentenceVAE(checkpoint.config, len(checkpoint.text_model.tokenizer))
    save(tmp_path / "fine.safetensors", replace(checkpoint, text_model=replace(checkpoint.text_model, model=fine)))
    loaded = weights(load(tmp_path / "fine.safetensors"))
    for name, value in fine.state_dict().items():
        assert torch.equal(loaded[name], value.half().float())
        assert loaded[name].dtype == torch.float32
    assert len(data) < 2 * sum(value.numel() for value in fine.state_dict().values()) + 20_000


def test_file_is_plain_safetensors_without_pickle(data: bytes) -> None:
    header, arrays = unpack(data)
    assert {entry["dtype"] for name, entry in header.items() if name != "__metadata__"} == {"F16", "U8", "I32"}
    assert len(arrays["tokenizer"]) > 1000
    assert loads(pack(header, arrays)).info == loads(data).info  # the packing of these tests is right


def test_loaded_model_measures_and_does_not_train(checkpoint: Checkpoint, corpus: Corpus) -> None:
    model = checkpoint.text_model.model
    assert isinstance(model, SentenceVAE)
    assert not model.training
    batch = Tokens.of(checkpoint.text_model.tokenizer.encode(corpus.sentences[:4])).batch(range(4))
    assert torch.equal(model.losses(batch, 0).nll, model.losses(batch, 0).nll)


def test_model_without_a_list_of_its_sentences_cannot_tell_new_from_seen(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    save(tmp_path / "m.safetensors", replace(checkpoint, seen=np.empty(0, np.uint32)))
    assert load(tmp_path / "m.safetensors").is_new("something else.") is None


def test_sentences_of_the_training_are_seen_and_others_new(checkpoint: Checkpoint, corpus: Corpus) -> None:
    training, held_out = corpus.split()
    assert not any(map(checkpoint.is_new, training))
    assert all(map(checkpoint.is_new, [*held_out, "", "the cat sees a letter", "something else."]))


def test_file_that_is_missing_or_a_folder_is_refused(tmp_path: Path) -> None:
    for name in ("none.safetensors", "."):
        with pytest.raises(CheckpointError, match="cannot be opened"):
            load(tmp_path / name)


def test_weight_that_is_no_number_is_not_saved(checkpoint: Checkpoint, tmp_path: Path) -> None:
    target = tmp_path / "model.safetensors"
    target.write_bytes(b"old")
    for value in (float("nan"), float("inf"), 1e6):  # the last is too large for half precision
        broken = SentenceVAE(checkpoint.config, len(checkpoint.text_model.tokenizer))
        with torch.no_grad():
            broken.bias[7] = value
        with pytest.raises(CheckpointError, match="bias holds values that are not numbers"):
            save(target, replace(checkpoint, text_model=replace(checkpoint.text_model, model=broken)))
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    "changes",
    [{"nll": float("nan")}, {"attribution": "x" * 2001}, {"name": "\udcff"}, {"max_tokens": 5000}, {"kl": (1.0,)}],
)
def test_description_that_could_not_be_loaded_is_not_saved(
    checkpoint: Checkpoint, tmp_path: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(CheckpointError, match="description is not valid"):
        save(tmp_path / "model.safetensors", replace(checkpoint, info=replace(checkpoint.info, **changes)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("other", OTHER_FILES)
def test_file_of_something_else_is_refused(other: bytes) -> None:
    refused(other)


@pytest.mark.parametrize("name", EDITS)
def test_edited_file_is_refused_even_with_its_checksums_worked_out_anew(data: bytes, name: str) -> None:
    refused(edited(data, EDITS[name]))


def test_variance_below_zero_is_refused(config: Config, corpus: Corpus, tmp_path: Path) -> None:
    *_, _ = train(replace(config, batch_norm=0.8, steps=2), corpus, tmp_path / "run")
    data = (tmp_path / "run" / "best.safetensors").read_bytes()
    other_mean = edited(data, lambda h, a: a.update({"norm.moments": b"\x00\xbc" + a["norm.moments"][2:]}))
    assert loads(other_mean).config.batch_norm == 0.8  # a mean of -1 is as good as any
    last = edited(data, lambda h, a: a.update({"norm.moments": a["norm.moments"][:-2] + b"\x00\xbc"}))
    assert "variance" in refused(last)


def test_checksum_tells_a_change_that_nothing_else_would(data: bytes) -> None:
    header, arrays = unpack(data)
    arrays["bias"] = arrays["bias"][2:4] + arrays["bias"][:2] + arrays["bias"][4:]
    assert "checksum" in refused(pack(header, arrays, sign=False))
    loads(pack(header, arrays))  # that the change itself does no harm
    header, arrays = unpack(data)
    described(header, "info", name="another name")
    assert "checksum" in refused(pack(header, arrays, sign=False))
    header["__metadata__"]["sha256"] = "{}"
    assert "checksum" in refused(pack(header, arrays, sign=False))


def test_header_with_a_name_twice_is_refused(data: bytes) -> None:
    (length,) = struct.unpack("<Q", data[:8])
    for twice in (b'{"__metadata__":{},', b'{"bias":{"dtype":"F16","shape":[0],"data_offsets":[0,0]},'):
        header = twice + data[9 : 8 + length]
        refused(struct.pack("<Q", len(header)) + header + data[8 + length :])


@pytest.mark.parametrize("filler", [b"[" * 200_000, b'{"a":' * 50_000, b'{"a":' + b"9" * 5000 + b"}", b'{"a":NaN}'])
def test_hostile_header_is_refused(data: bytes, filler: bytes) -> None:
    refused(struct.pack("<Q", len(filler)) + filler + data)


def test_file_cut_off_anywhere_is_refused(data: bytes) -> None:
    for end in {*range(0, len(data), 997), *range(40), *range(len(data) - 20, len(data))}:
        refused(data[:end])
    for more in (b"\0", b"{}", data):
        refused(data + more)


def test_file_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    big = tmp_path / "big.safetensors"
    with big.open("wb") as file:
        file.truncate(300 * 2**20)
    with pytest.raises(CheckpointError, match="300 MB"):
        load(big)


def try_mutants(data: bytes, count: int, seed: int) -> None:
    """Each is refused with CheckpointError, unless it reads as the very same model (white space in the header)."""
    random_ = random.Random(seed)
    original = loads(data)
    refusals = 0
    for _ in range(count):
        changed = mutant(data, random_)
        try:
            loaded = loads(changed)
        except CheckpointError:
            refusals += 1
            continue
        assert (loaded.config, loaded.info) == (original.config, original.info)
        assert all(torch.equal(value, weights(original)[name]) for name, value in weights(loaded).items())
    assert refusals > 0.97 * count


def test_random_mutants_are_refused(data: bytes) -> None:
    try_mutants(data, 2500, seed=1)


@pytest.mark.soak
def test_many_random_mutants_are_refused(data: bytes) -> None:
    try_mutants(data, 10_000, seed=2)


def try_forgeries(data: bytes, count: int, seed: int) -> None:
    """Mutants with checksums worked out anew are refused, or are models that can be asked for sentences."""
    random_ = random.Random(seed)
    for turn in range(count):
        header, arrays = unpack(data)
        name = "tokenizer" if turn % 2 else random_.choice(sorted(arrays))
        array = bytearray(arrays[name])
        for _ in range(random_.choice((1, 3, 30))):
            array[random_.randrange(len(array))] = random_.randrange(256)
        arrays[name] = bytes(array)
        try:
            tm = loads(pack(header, arrays)).text_model
            sample(tm, 2, start="the cat")
            reconstruct(tm, ["the cat sees a letter."])
        except ValueError:
            pass


def test_forged_mutants_are_refused_or_speak(data: bytes) -> None:
    try_forgeries(data, 150, seed=1)


@pytest.mark.soak
def test_many_forged_mutants_are_refused_or_speak(data: bytes) -> None:
    try_forgeries(data, 3000, seed=2)
