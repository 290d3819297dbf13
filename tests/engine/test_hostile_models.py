"""Whatever a model file holds, the engine refuses it in words or can be asked: it neither hangs nor breaks."""

from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import Any

import pytest
from support.engine_page import EnginePage
from support.model_files import EDITS, OTHER_FILES, edited, mutant, pack, unpack
from support.random_models import call, random_model

# What Python refuses of a description only because it is written in another way, or of fields that no engine needs.
HARMLESS = {
    "config with an unknown field", "config with a fraction",
    "info with a whole number for a figure",
}  # fmt: skip
# Opens each of the files, which lie behind each other; gives an error's name and message, or what it says.
OPEN = """async ({path, sizes}) => {
  const { TextModel } = await import("/engine/text_model.js");
  const all = new Uint8Array(await (await fetch(path)).arrayBuffer());
  let end = 0;
  return sizes.map((size) => {
    const bytes = all.subarray(end, end += size);
    try {
      const model = TextModel.open(bytes, null);
      const points = model.sample({ n: 2, start: "the cat", seed: 1 });
      const { z } = model.findCodes(["the cat sees a letter."], 2);
      return ["", points.map(({ text }) => text).join() + model.decode(z)];
    } catch (error) {
      return [error.name, error.message];
    }
  });
}"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return random_model(tmp_path_factory.mktemp("model"), latent=4)


def _opened(engine: EnginePage, files: list[bytes]) -> list[tuple[str, str]]:
    path = engine.serve(b"".join(files))
    results: list[Any] = engine.run(OPEN, {"path": path, "sizes": [len(file) for file in files]})
    return [(name, text) for name, text in results]


def test_edited_files_are_refused_in_words(engine: EnginePage, data: bytes) -> None:
    files = {name: edited(data, edit) for name, edit in EDITS.items()}
    files |= {f"other {i}": other for i, other in enumerate(OTHER_FILES)}
    files |= {f"cut at {end}": data[:end] for end in (8, 9, 1000, len(data) // 2, len(data) - 1)}
    files |= {"more": data + b"\0", "damaged": data[:-1] + bytes([data[-1] ^ 1])}
    files |= {"deep": struct.pack("<Q", 200_000) + b"[" * 200_000 + data}
    results = dict(zip(files, _opened(engine, list(files.values())), strict=True))
    for name, (error, message) in results.items():
        if name in HARMLESS:
            assert not error, (name, message)
        else:
            assert error == "ModelError", (name, error, message)
            assert 10 < len(message) < 500, name
            assert message.endswith("."), name


def test_mutants_are_refused_or_speak(engine: EnginePage, data: bytes) -> None:
    """Also such as had their checksums worked out anew."""
    random_ = random.Random(1)
    files = [data, *(mutant(data, random_) for _ in range(150))]
    for turn in range(60):
        header, arrays = unpack(data)
        name = "tokenizer" if turn % 2 else random_.choice(sorted(arrays))
        array = bytearray(arrays[name])
        for _ in range(random_.choice((1, 3, 30))):
            array[random_.randrange(len(array))] = random_.randrange(256)
        files.append(pack(header, {**arrays, name: bytes(array)}))
    results = _opened(engine, files)
    said = results[0][1]
    assert not results[0][0]
    assert {error for error, _ in results} == {"", "ModelError"}
    assert all(text == said for error, text in results[1:151] if not error)  # what opens is the very same model
    assert sum(error != "" for error, _ in results[1:151]) > 140


def test_model_that_never_ends_a_sentence_stops_at_its_longest(engine: EnginePage, tmp_path: Path) -> None:
    """Its weights are as large as they can be, and its end mark is as unlikely."""

    def forge(header: dict[str, Any], arrays: dict[str, bytes]) -> None:
        arrays["bias"] = arrays["bias"][:6] + b"\xff\xfb" + arrays["bias"][8:]
        arrays["decoder.lstm.weight_hh_l0"] = b"\xff\x7b" * (len(arrays["decoder.lstm.weight_hh_l0"]) // 2)

    data = edited(random_model(tmp_path, latent=4), forge)
    z = [[1e30, -1e30, 0.0, 1.0]]
    _, texts, points = call(engine, data, [["decode", z], ["sample", {"n": 3, "temperature": 1}]], plain=True)
    assert len(texts) == 1
    assert len(points) == 3


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("decode", [[[0.0]]]), ("decode", [[[0.0] * 4], {"temperature": 11}]), ("decode", [[[0.0] * 4], {"topP": -1}]),
        ("decode", [[[0.0] * 4], {"start": "Zx"}]), ("sample", [{"n": 0}]), ("sample", [{"prior": "odd"}]),
        ("sample", [{"spread": 11}]), ("findCodes", [["bread"], 1001]),
    ],
)  # fmt: skip
def test_what_is_asked_is_checked(engine: EnginePage, data: bytes, method: str, given: list[Any]) -> None:
    with pytest.raises(Exception, match="ModelError"):
        call(engine, data, [[method, *given]])
