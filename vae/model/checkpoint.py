"""A model as one .safetensors file: weights, tokenizer, config, and what it was trained on. A page that holds such a
file is read as that file.

Files come from strangers: everything is checked before anything is built, and all that can be wrong with one
ends in `CheckpointError`.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from vae.config.config import Config
from vae.messages.message import Message, UserError
from vae.model.families.base import DecoderModel
from vae.model.families.registry import build
from vae.model.page_file import model_in
from vae.model.size import parameter_count
from vae.model.stored_weights import pack, pack_prior, unpack, unpack_prior
from vae.model.strict_json import json_object
from vae.model.text_model import TextModel
from vae.system.files import atomic_write
from vae.text.hashing import hashes
from vae.text.lexicon import Lexicon
from vae.text.tokenizer import Tokenizer

LEVELS = ("healthy", "weak", "collapsed", "unknown")  # of a latent space
_FORMAT = "4"
# The second brought fitted priors and weights of 8 bits, the third the known pieces, the fourth the words of the text.
_READ = ("1", "2", "3", "4")
_MAX_FILE = 256 * 2**20
_MAX_HEADER = 256 * 2**10
_MAX_TOKENIZER = 16 * 2**20
_MAX_TEXT = 2000
# What stands beside the weights, the last one not in every file.
_TOKENIZER, _SEEN, _KNOWN, _WORDS = _BESIDE = "tokenizer", "seen", "known", "words"


class CheckpointError(UserError):
    """A model file that cannot be used; the message is for the person who brought it."""


@dataclass(frozen=True, slots=True)
class Info:
    """What a file says of its model. `nll` and, of each dimension, `kl` are nats, on held-out sentences."""

    name: str
    trained_on: str
    attribution: str
    sentences: int
    steps: int
    parameters: int
    max_tokens: int
    level: str
    verdict: str
    nll: float
    kl: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model, ready to use, with its history.

    `seen` holds the sorted hashes of all sentences that it learned from, those of the models that it was fine-tuned
    from among them, or none when they were too many to be listed.
    """

    text_model: TextModel
    config: Config
    info: Info
    seen: np.ndarray

    @property
    def learned_from(self) -> np.ndarray | None:
        """`seen`, or None where it does not list what the model learned from."""
        return None if self.info.sentences and not len(self.seen) else self.seen

    def is_new(self, sentence: str) -> bool | None:
        """Whether neither the model nor those it was fine-tuned from learned from the sentence.

        By 32-bit hashes, wrong once in 2^32 / n. None when the model cannot tell, because they learned from more
        sentences than are listed.
        """
        if self.learned_from is None:
            return None
        wanted = hashes([sentence])[0]
        index = np.searchsorted(self.seen, wanted)
        return bool(index == len(self.seen) or self.seen[index] != wanted)


def save(path: Path, checkpoint: Checkpoint, bits: int = 16) -> None:
    """Write the file, atomically, with weights of 16 or 8 bits.

    Raises:
        CheckpointError: a weight is not finite or too large for half precision, or the file could not be loaded
            again for its description; nothing is written.
        OSError: the disk is full or the folder cannot be written.
    """
    model = checkpoint.text_model.model
    assert isinstance(model, DecoderModel)
    tensors = pack(model.state_dict(), bits) | pack_prior(checkpoint.text_model.fitted)
    _check_finite(tensors)
    tokenizer = checkpoint.text_model.tokenizer
    tensors[_TOKENIZER] = torch.from_numpy(np.frombuffer(tokenizer.model, np.uint8).copy())
    tensors[_KNOWN] = torch.from_numpy(tokenizer.known.astype(np.uint8))
    tensors[_SEEN] = _stored_hashes(checkpoint.seen)
    if checkpoint.text_model.lexicon is not None:
        tensors[_WORDS] = _stored_hashes(checkpoint.text_model.lexicon.hashes)
    metadata = {
        "format": _FORMAT,
        "config": json.dumps(checkpoint.config.to_dict()),
        "info": json.dumps(asdict(checkpoint.info)),
    }
    try:
        _info(json_object(metadata["info"]), checkpoint.config)
    except ValueError as error:
        raise CheckpointError(Message("model.description_not_valid", reason=_reason(error))) from error
    metadata["sha256"] = json.dumps(_digests(tensors, metadata))
    atomic_write(Path(path), _with_sorted_header(save_tensors(tensors, metadata)))


def _with_sorted_header(data: bytes) -> bytes:
    """The same file with its header sorted: safetensors writes it in an order that differs between runs."""
    length = int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)  # the weights stay aligned
    return len(header).to_bytes(8, "little") + header + data[8 + length :]


def load(path: Path | str, device: torch.device | str = "cpu") -> Checkpoint:
    """Read and check a model file, or a kept page; the model computes on `device`.

    Raises:
        CheckpointError: it is missing, damaged, of another kind, or does not fit its own config.
    """
    try:
        size = Path(path).stat().st_size
        if size > _MAX_FILE:
            raise CheckpointError(Message("model.file_too_large", size=size >> 20, most=_MAX_FILE >> 20))
        data = Path(path).read_bytes()
    except OSError as error:
        raise CheckpointError(Message("model.file_cannot_be_opened")) from error
    return loads(data, device)


def loads(data: bytes, device: torch.device | str = "cpu") -> Checkpoint:
    """The model in the bytes of a file. Raises CheckpointError, as `load` does."""
    try:
        data = model_in(data)
    except UserError as error:
        raise CheckpointError(error.message) from error
    header, metadata = _header(data)
    try:
        config = Config.from_dict(json_object(metadata["config"]))
        info = _info(json_object(metadata["info"]), config)
        checksums = json_object(metadata["sha256"])
    except KeyError as error:
        raise CheckpointError(Message("model.file_lacks_a_part", part=error.args[0])) from error
    except ValueError as error:
        raise CheckpointError(Message("model.description_not_valid", reason=_reason(error))) from error
    if header[_TOKENIZER]["shape"][0] > _MAX_TOKENIZER:
        raise CheckpointError(Message("model.tokenizer_too_large"))
    try:
        tensors = load_tensors(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise CheckpointError(Message("model.file_damaged")) from error
    if checksums != _digests(tensors, metadata):
        raise CheckpointError(Message("model.checksum_differs"))
    tokenizer_bytes, seen, known, words = (tensors.pop(name, None) for name in _BESIDE)
    assert tokenizer_bytes is not None  # as the header said
    assert seen is not None
    try:
        tokenizer = Tokenizer(tokenizer_bytes.numpy().tobytes(), None if known is None else known.numpy())
    except ValueError as error:
        raise CheckpointError(Message("model.file_cannot_be_used", reason=_reason(error))) from error
    try:
        fitted = unpack_prior(tensors, config.dimensions)
        weights = unpack(tensors)
    except ValueError as error:
        raise CheckpointError(Message("model.weights_do_not_fit")) from error
    model = _build(config, tokenizer, weights).to(device)
    lexicon = None if words is None else Lexicon(_sorted_hashes(words))
    return Checkpoint(TextModel(model, tokenizer, info.max_tokens, fitted, lexicon), config, info, _sorted_hashes(seen))


def _stored_hashes(ascending: np.ndarray) -> Tensor:
    return torch.from_numpy(ascending.astype("<u4").view("<i4").copy())


def _sorted_hashes(stored: Tensor) -> np.ndarray:
    ascending: np.ndarray = stored.numpy().view("<u4").astype(np.uint32)
    if len(ascending) > 1 and not (ascending[1:] > ascending[:-1]).all():
        raise CheckpointError(Message("model.hashes_out_of_order"))
    return ascending


def _build(config: Config, tokenizer: Tokenizer, tensors: dict[str, Tensor]) -> DecoderModel:
    # Before that much memory is taken. On the device "meta" torch imports its compiler to make weights: 60 MB.
    if parameter_count(config, len(tokenizer)) > sum(value.numel() for value in tensors.values()):
        raise CheckpointError(Message("model.weights_do_not_fit"))
    _check_finite(tensors)
    if "norm.moments" in tensors and (tensors["norm.moments"][1] < 0).any():  # of a batch norm: mean and variance
        raise CheckpointError(Message("model.negative_variance"))
    model = build(config, len(tokenizer))
    shapes = {name: value.shape for name, value in model.state_dict().items()}
    if {name: value.shape for name, value in tensors.items()} != shapes:
        raise CheckpointError(Message("model.weights_do_not_fit"))
    model.load_state_dict(tensors)
    model.say_only(tokenizer.known)
    return model.eval()


def _header(data: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """The tensors' entries and the metadata, checked as far as is needed before the rest is read."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 10 or not 2 <= length <= min(_MAX_HEADER, len(data) - 8):
        raise CheckpointError(Message("model.file_is_no_model"))
    try:
        header = json_object(data[8 : 8 + length].decode("utf-8"))
        metadata = header.pop("__metadata__")
        if metadata["format"] not in _READ:
            raise CheckpointError(Message("model.file_of_a_newer_version"))
        for name, entry in header.items():
            beside = {_TOKENIZER: ("U8",), _SEEN: ("I32",), _KNOWN: ("U8",), _WORDS: ("I32",)}
            dtypes = beside.get(name, ("F16", "I8"))
            shape, flat = entry["shape"], name in _BESIDE
            valid_shape = isinstance(shape, list) and all(type(size) is int for size in shape)
            if entry["dtype"] not in dtypes or not valid_shape or (flat and len(shape) != 1):
                raise CheckpointError(Message("model.unexpected_tensor", tensor=name[:80]))
        needed = (_TOKENIZER, _SEEN, _KNOWN) if metadata["format"] >= "3" else (_TOKENIZER, _SEEN)
        if not all(isinstance(value, str) for value in metadata.values()) or not set(needed) <= set(header):
            raise KeyError("metadata")
    except CheckpointError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(Message("model.no_model_or_damaged")) from error
    return header, metadata


def _reason(error: ValueError) -> Message | str:
    """What an error says, as a part of another message; of a library's own in English."""
    return error.message if isinstance(error, UserError) else str(error)


def _info(values: Mapping[str, Any], config: Config) -> Info:
    """The description in a file. Raises UserError: it is not valid, or does not fit the config."""
    types = {f.name: {"str": str, "int": int, "float": float}.get(str(f.type), list) for f in fields(Info)}
    if set(values) != set(types) or any(type(values[name]) is not type_ for name, type_ in types.items()):
        raise UserError(Message("model.field_missing"))
    info = Info(**{**values, "kl": tuple(values["kl"])})
    for name, type_ in types.items():
        if type_ is str:
            check_text(name, getattr(info, name))
    finite = all(type(k) is float and math.isfinite(k) for k in (*info.kl, info.nll))
    if len(info.kl) != config.dimensions or not finite:
        raise UserError(Message("model.figures_do_not_fit"))
    if info.level not in LEVELS:
        raise UserError(Message("model.unknown_level"))
    if not 1 <= info.max_tokens <= 4096 or min(info.sentences, info.steps, info.parameters) < 0:
        raise UserError(Message("model.count_out_of_range"))
    return info


def check_text(name: str, text: str) -> None:
    """Raises UserError: a text is too long to stand in a model file, or holds characters that no file can."""
    if len(text) > _MAX_TEXT:
        raise UserError(Message("model.text_too_long", name=name, length=len(text), most=_MAX_TEXT))
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise UserError(Message("model.text_not_valid", name=name))


def _check_finite(tensors: Mapping[str, Tensor]) -> None:
    for name, value in tensors.items():
        if not torch.isfinite(value).all():
            raise CheckpointError(Message("model.weight_is_no_number", tensor=name[:80]))


def _digests(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> dict[str, str]:
    """SHA-256 of the weights, of each of what stands beside them, the config and the info."""
    weights = hashlib.sha256()
    for name in sorted(set(tensors) - set(_BESIDE)):
        weights.update(name.encode() + tensors[name].contiguous().numpy().tobytes())
    return {
        "weights": weights.hexdigest(),
        **{name: hashlib.sha256(tensors[name].numpy().tobytes()).hexdigest() for name in _BESIDE if name in tensors},
        **{name: hashlib.sha256(metadata[name].encode()).hexdigest() for name in ("config", "info")},
    }
