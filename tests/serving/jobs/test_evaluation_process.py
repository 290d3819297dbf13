"""Measuring in a process of its own: what comes back, what is told, and that nothing is left when it is broken off."""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from vae.evaluation.figures import FIGURES
from vae.messages.message import Message
from vae.serving.jobs.evaluation_process import (
    RECONSTRUCTIONS,
    SAMPLES,
    STEPS,
    EvaluatedModel,
    EvaluationError,
    EvaluationRunner,
    EvaluationTask,
    measure,
)
from vae.system.resources import ProcessLimits
from vae.text.corpus import Corpus


def task(corpus: Corpus, *models: Path) -> EvaluationTask:
    _, held_out = corpus.split()
    return EvaluationTask(models, tuple(held_out), draws=2, samples=10, ends=(held_out[0], held_out[1]))


def processes() -> list[str]:
    return [process.name for process in multiprocessing.active_children() if process.name == "vae-measurer"]


def test_models_come_back_with_figures_sentences_and_reasons(corpus: Corpus, model_path: Path) -> None:
    reported: list[Message] = []
    one, same = asyncio.run(EvaluationRunner().measure(task(corpus, model_path, model_path), reported.append))
    assert isinstance(one, EvaluatedModel)
    assert one == same  # the same draws for all
    assert (len(one.samples), len(one.reconstructions), len(one.interpolation)) == (SAMPLES, RECONSTRUCTIONS, STEPS)
    assert set(one.missing) == {name for name in FIGURES if getattr(one.evaluation, name) is None}
    assert all(one.missing.values())
    assert reported
    assert processes() == []


def test_model_that_cannot_be_loaded_is_told_in_words(corpus: Corpus, tmp_path: Path) -> None:
    damaged = tmp_path / "model.safetensors"
    damaged.write_bytes(b"none")
    with pytest.raises(EvaluationError, match="not a model"):
        asyncio.run(EvaluationRunner().measure(task(corpus, damaged), lambda line: None))
    assert processes() == []


def test_model_that_cannot_be_loaded_takes_no_other_with_it(corpus: Corpus, model_path: Path, tmp_path: Path) -> None:
    one, lost = measure(replace(task(corpus, model_path, tmp_path / "gone.safetensors"), samples=2, draws=1))
    assert isinstance(one, EvaluatedModel)
    assert isinstance(lost, Message)
    assert "cannot be opened" in str(lost)


def test_measuring_that_is_broken_off_leaves_no_process_and_lets_the_next_begin(
    corpus: Corpus, model_path: Path
) -> None:
    async def both() -> int:
        measurer, waits = EvaluationRunner(), asyncio.Event()
        first = asyncio.create_task(measurer.measure(task(corpus, model_path), lambda line: None))
        await asyncio.sleep(0)  # it has the place now
        second = asyncio.create_task(measurer.measure(task(corpus, model_path), lambda line: waits.set()))
        await waits.wait()
        first.cancel()
        await asyncio.wait([first])
        assert first.cancelled()
        return len(await second)

    assert asyncio.run(both()) == 1
    assert processes() == []


def test_measuring_that_takes_too_long_is_broken_off(corpus: Corpus, model_path: Path) -> None:
    with pytest.raises(EvaluationError, match="took over"):
        asyncio.run(EvaluationRunner(limit=0.01).measure(task(corpus, model_path), lambda line: None))
    assert processes() == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can limit the memory of a process")
def test_measuring_that_takes_too_much_memory_ends_in_words_and_alone(corpus: Corpus, model_path: Path) -> None:
    with pytest.raises(EvaluationError, match="memory"):
        asyncio.run(
            EvaluationRunner(process_limits=ProcessLimits(memory=100_000_000)).measure(
                task(corpus, model_path), lambda line: None
            )
        )
    assert processes() == []
