"""The command line: each command as its user runs it, and each mistake as one line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from support.processes import Child, run_command

from vae.cli import main as cli
from vae.cli import run_folders as folders
from vae.cli import train as cli_train
from vae.config.config import Config, parameters
from vae.config.families import FAMILIES
from vae.evaluation import judge as fluency
from vae.evaluation.evaluate import compare, evaluate
from vae.evaluation.figures import FIGURES, GROUPS
from vae.model.checkpoint import load
from vae.model.interpolation import find_path, interpolate
from vae.model.text_model import encode, reconstruct, sample
from vae.text.corpus import Corpus
from vae.text.corpus import lines as corpus_lines
from vae.training.events import Evaluated, Finished, Saved, Started, from_json
from vae.training.train import train

ROOT = Path(__file__).parents[2]
TINY = [
    "--vocabulary=400", "--embedding=16", "--encoder-hidden=24", "--hidden=24", "--latent=4", "--batch=16",
    "--precision=float32", "--threads=1", "--learning-rate=0.01",
]  # fmt: skip


def vae(*arguments: object) -> tuple[int, str, str]:
    """A command in a process of its own: its status, and what it printed on stdout and on stderr."""
    with closing(Child(run_command, list(map(str, arguments)))) as process:
        return process.ended()


def answer(*arguments: object) -> dict[str, Any]:
    """What a command prints with --json, in a process of its own."""
    status, printed, told = vae(*arguments, "--json")
    assert (status, told) == (0, "")
    value: dict[str, Any] = json.loads(printed)
    return value


class Shell:
    """Commands in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *arguments: object, status: int = 0) -> tuple[str, str]:
        """What it prints, and what it says on stderr."""
        assert cli.main([str(argument) for argument in arguments]) == status
        return self._capsys.readouterr()

    def answer(self, *arguments: object) -> dict[str, Any]:
        """What it prints with --json."""
        printed, told = self.run(*arguments, "--json")
        assert told == ""
        value: dict[str, Any] = json.loads(printed)
        return value


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture(scope="module")
def text(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("text") / "toy.txt"
    file.write_text("\n".join(corpus.sentences), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a sentence twice, an empty line, and a last line without its end."""
    file = tmp_path_factory.mktemp("lines") / "lines.txt"
    file.write_text("the cat sees a letter.\n\nthe cat sees a letter.\na dog wants the red ball.", encoding="utf-8")
    return file


def test_train_writes_a_model_and_tells_what_happened(text: Path, corpus: Corpus, tmp_path: Path) -> None:
    model, told = tmp_path / "m.safetensors", tmp_path / "events.jsonl"
    found = answer(
        "train", text, "--output", model, "--steps", 12, "--seed", 3, "--events", told, "--name", "Toys", *TINY
    )
    assert (found["reason"], found["step"], found["model"]) == ("done", 12, str(model))
    loaded = load(model)
    assert (loaded.config.seed, loaded.config.latent, loaded.info.name) == (3, 4, "Toys")
    events = [from_json(line) for line in told.read_text(encoding="utf-8").splitlines()]
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert found["last_evaluation"]["nll"] == [e for e in events if isinstance(e, Evaluated)][-1].nll
    assert {path.name for path in tmp_path.iterdir()} == {
        "m.safetensors",
        "events.jsonl",
    }  # no folder is left
    # the same command gives the same model as the function
    config = Config.from_dict({**loaded.config.to_dict()})
    *_, _ = train(config, corpus, tmp_path / "run")
    assert sample(load(tmp_path / "run" / "best.safetensors").text_model, 5) == sample(loaded.text_model, 5)


def test_sample_says_seeded_sentences_and_whether_they_are_new(model_path: Path, shell: Shell) -> None:
    found = shell.answer("sample", model_path, "-n", 30, "--seed", 7, "--top-p", 0.95, "--temperature", 0.8)
    checkpoint = load(model_path)
    expected = sample(checkpoint.text_model, 30, seed=7, top_p=0.95, temperature=0.8, made_up=False)
    assert [row["text"] for row in found["samples"]] == [point.text for point in expected]
    assert found["samples"][0]["z"] == pytest.approx(expected[0].z)
    new = [checkpoint.is_new(point.text) for point in expected]
    assert [row["new"] for row in found["samples"]] == new
    assert found["new"] == sum(new) / 30
    assert found["distinct"] == len({point.text for point in expected}) / 30


def test_sample_keeps_words_that_are_made_up_if_it_is_asked_to(shell: Shell) -> None:
    path = Path(__file__).parents[1] / "fixtures" / "models" / "format-4-vae.safetensors"
    tm = load(path).text_model
    assert tm.lexicon is not None
    wild = ["-n", 60, "--seed", 5, "--temperature", 1]
    for flags, made_up in (([], False), (["--made-up"], True)):
        said = [row["text"] for row in shell.answer("sample", path, *wild, *flags)["samples"]]
        assert said == [p.text for p in sample(tm, 60, seed=5, temperature=1, made_up=made_up)]
        assert any(tm.lexicon.made_up(sentence) for sentence in said) == made_up


def test_sample_prints_a_sentence_a_line_from_its_start(model_path: Path, shell: Shell) -> None:
    status, printed, told = vae("sample", model_path, "-n", 4, "--start", "the cat")
    assert (status, told) == (0, "")
    assert len(printed.splitlines()) == 4
    assert all(line.startswith("the cat") for line in printed.splitlines())
    nothing, told = shell.run("sample", model_path, "--start", "the zebra", status=2)
    assert nothing == ""
    assert "The model has never seen “zebra”" in told


def test_interpolate_gives_the_path(model_path: Path, shell: Shell) -> None:
    a, b = "the cat sees a letter.", "a dog wants the red ball."
    found = answer("interpolate", model_path, a, b, "--steps", 5, "--path", "slerp")
    expected = interpolate(load(model_path).text_model, a, b, steps=5, kind="slerp")
    assert [row["text"] for row in found["path"]] == [point.text for point in expected]
    assert (found["a"], found["b"]) == (a, b)
    found = shell.answer("interpolate", model_path, a, b, "--distinct", "--refine", 0)
    texts = [row["text"] for row in found["path"]]
    assert texts == [stop.text for stop in find_path(load(model_path).text_model, a, b, refine=0)]
    assert len(set(texts)) == len(texts)


def test_commands_say_where_the_codes_of_sentences_come_from(model_path: Path, lines: Path, shell: Shell) -> None:
    ends = ("the cat sees a letter.", "a dog wants the red ball.")
    assert "found by search" in shell.run("interpolate", model_path, *ends)[1]
    assert "encoder's guesses" in shell.run("reconstruct", model_path, lines, "--refine", 0)[1]


def test_words_that_the_model_cannot_read_are_named(model_path: Path, tmp_path: Path, shell: Shell) -> None:
    a, b = "the 猫 sees a letter.", "a dog wants the red ball."
    assert shell.answer("interpolate", model_path, a, b, "--steps", 3)["unread"] == [["猫"], []]
    (tmp_path / "lines.txt").write_text(f"{b}\n{a}", encoding="utf-8")
    rows = shell.answer("reconstruct", model_path, tmp_path / "lines.txt")["reconstructions"]
    assert [row["unread"] for row in rows] == [[], ["猫"]]
    assert "can’t read “猫”" in shell.run("reconstruct", model_path, tmp_path / "lines.txt")[1]


def test_packed_model_is_smaller_and_says_much_the_same(tmp_path: Path, config: Config, corpus: Corpus) -> None:
    large = replace(config, embedding=64, hidden=128, encoder_hidden=64, steps=20)
    *_, _ = train(large, corpus, tmp_path / "run")
    model, packed = tmp_path / "run" / "best.safetensors", tmp_path / "packed.safetensors"
    found = answer("pack", model, "--output", packed)
    assert (found["bytes"], found["bytes_before"]) == (packed.stat().st_size, model.stat().st_size)
    assert found["bytes"] < 0.75 * found["bytes_before"]
    before, after = (encode(load(path).text_model, corpus.sentences).mu for path in (model, packed))
    assert (before - after).abs().max() < 0.1 * before.std()
    assert load(packed).info == load(model).info
    assert (load(packed).seen == load(model).seen).all()


def test_reconstruct_answers_every_line(model_path: Path, lines: Path) -> None:
    found = answer("reconstruct", model_path, lines)
    sources = ["the cat sees a letter.", "", "the cat sees a letter.", "a dog wants the red ball."]
    assert [row["source"] for row in found["reconstructions"]] == sources
    expected = reconstruct(load(model_path).text_model, sources)
    assert [row["text"] for row in found["reconstructions"]] == [point.text for point in expected]


def test_evaluate_counts_every_line(model_path: Path, lines: Path) -> None:
    found = answer("evaluate", model_path, lines, "--samples", 5, "--drawn", 20)
    assert (found["sentences"], found["samples"], found["latent_dim"], found["words"]) == (4, 5, 4, 6 + 1 + 6 + 7)
    wanted = (
        "nll nll_iw kl mutual_information active_units latent_dim latent_gain perplexity bits_per_character "
        "reconstruction_bleu ends_exact ends_exact_refined path_pairs attractor_share sample_new tokens words sentences"
    )
    assert set(wanted.split()) <= set(found)
    figures = evaluate(load(model_path), corpus_lines(lines.read_bytes()), samples=5, drawn=20)
    assert found == json.loads(json.dumps(asdict(figures)))


@pytest.fixture(scope="module")
def judge_path(config: Config, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judge") / "run"
    *_, _ = train(replace(config, family="lm"), corpus, folder)
    return folder / "best.safetensors"


def test_evaluate_explains_each_figure_in_groups(
    capsys: pytest.CaptureFixture[str], model_path: Path, judge_path: Path, lines: Path
) -> None:
    command = ["evaluate", *map(str, (model_path, lines)), "--judge", str(judge_path), "--drawn", "9", "--samples", "1"]
    assert cli.main(command) == 0
    told = capsys.readouterr().out
    assert [title for title in GROUPS.values() if f"\n{title}\n" in told] == list(GROUPS.values())
    for figure in FIGURES.values():
        line = next(line for line in told.splitlines() if line.startswith(f"  {figure.title} "))
        assert (
            line.endswith("It needs the text that the model learned from.")
            if figure.takes == "real"
            else figure.help in line
        )
    assert told.count("Real text: ") > 5
    assert told.count("At most: ") == 2
    assert "█" in told


def test_compare_sets_models_side_by_side(
    capsys: pytest.CaptureFixture[str], model_path: Path, judge_path: Path, lines: Path
) -> None:
    command = ["compare", *map(str, (model_path, judge_path, lines)), "--drawn", "12", "--samples", "2"]
    command += ["--judge", str(judge_path)]
    assert cli.main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["evaluations"]
    judge, sentences = load(judge_path), corpus_lines(lines.read_bytes())
    expected = compare([load(model_path), judge], sentences, samples=2, drawn=12, judge=judge)
    assert found == json.loads(json.dumps([asdict(each) for each in expected]))
    assert cli.main(command) == 0
    told = capsys.readouterr().out
    rows = {line[:26].strip(): line[26:].split() for line in told.splitlines()}
    assert rows["Perplexity a word"] == [
        FIGURES["perplexity"].format_value(each)
        for each in (*(e.perplexity for e in expected), expected[0].real_perplexity)
    ]
    real = -(expected[0].real_nll or 0.0)
    assert rows["ELBO"][-1] == FIGURES["elbo"].format_value(real)
    assert rows["Active dimensions"] == [str(expected[0].active_units), "–"]
    assert expected[0].said[0].split()[0] in told
    assert f"lm: {FAMILIES['lm'].limitation}" in told


def test_perplexity_of_a_model_that_does_not_know_all_words_is_told_not_to_compare(
    capsys: pytest.CaptureFixture[str], model_path: Path, config: Config, corpus: Corpus, lines: Path, tmp_path: Path
) -> None:
    *_, _ = train(replace(config, family="lm", tokenizer="word", steps=2), corpus, tmp_path / "run")
    words, odd = str(tmp_path / "run" / "best.safetensors"), tmp_path / "odd.txt"
    odd.write_text("the cat sees a zebra.", encoding="utf-8")
    warning = "20 % of the words are unknown to this model, and cost it little: its perplexity does not compare."
    for command in (["evaluate", words], ["compare", str(model_path), words]):
        assert cli.main([*command, str(odd), "--drawn", "5", "--samples", "1"]) == 0
        assert capsys.readouterr().out.count(warning) == 1
    assert cli.main(["evaluate", words, str(lines), "--drawn", "5", "--samples", "1"]) == 0
    assert "unknown" not in capsys.readouterr().out


def test_train_text_gives_reverse_perplexity(
    capsys: pytest.CaptureFixture[str], model_path: Path, text: Path, lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(fluency._SMALL_LM, vocabulary=400, embedding=16, hidden=24, steps=10, threads=1)
    monkeypatch.setattr(fluency, "_SMALL_LM", small)
    command = ["evaluate", *map(str, (model_path, lines)), "--train", str(text), "--drawn", "20", "--samples", "1"]
    assert cli.main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["reverse_perplexity"] > 1
    assert found["real_copied_span"] > 2


def test_paused_run_is_gone_on_with(corpus: Corpus, config: Config, tmp_path: Path, shell: Shell) -> None:
    folder, model = tmp_path / "m.run", tmp_path / "m.safetensors"
    wishes = iter(["run"] * 7 + ["pause"])
    *_, paused = train(config, corpus, folder, control=lambda: next(wishes))
    assert isinstance(paused, Finished)
    _, told = shell.run("train", "--resume", folder, "--output", model)
    assert f"step {config.steps}/{config.steps}" in told
    assert "Training is done." in told
    *_, finished = train(config, corpus, tmp_path / "whole")
    assert isinstance(finished, Finished)
    assert finished.path is not None
    assert sample(load(model).text_model, 6) == sample(load(finished.path).text_model, 6)


def test_finished_run_takes_only_its_own_files_away(corpus: Corpus, config: Config, tmp_path: Path) -> None:
    folder, model = tmp_path / "m.run", tmp_path / "m.safetensors"
    *_, paused = train(config, corpus, folder, control=lambda: "pause")
    assert isinstance(paused, Finished)
    (folder / "notes.txt").write_text("mine")
    assert cli.main(["train", "--resume", str(folder), "--output", str(model), "--json"]) == 0
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    assert len(sample(load(model).text_model, 2)) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="a signal to one process is another matter there")
def test_interrupt_saves_the_model_and_says_how_to_go_on(text: Path, tmp_path: Path) -> None:
    model = tmp_path / "m.safetensors"
    command = [sys.executable, "-m", "vae", "train", text, "--output", model, "--steps", "200000", *TINY]
    child = subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert child.stderr is not None
    with child:
        printed = [child.stderr.readline()]
        while "to learn from" not in printed[-1]:  # the training is under way
            printed.append(child.stderr.readline())
            assert printed[-1], printed
        child.send_signal(signal.SIGINT)
        printed += child.stderr.readlines()
    told = "".join(printed)
    assert child.returncode == 0, told
    assert "Stopped." in told
    assert f"--resume {tmp_path / 'm.run'} --output {model}" in told
    assert "Traceback" not in told
    assert len(sample(load(model).text_model, 2)) == 2
    assert (tmp_path / "m.run" / "state.safetensors").exists()


def test_dry_run_tells_how_a_text_is_read_and_ten_of_its_sentences(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    table = tmp_path / "table.csv"
    rows = "".join(f'{i},"The hen number {i} sleeps. It snores.",a{i % 3}\n' for i in range(50))
    table.write_text(f"id,comment,kind\n{rows}")
    assert cli.main(["train", str(table), "--dry-run"]) == 0
    shown = capsys.readouterr()
    assert [line.split(":")[0] for line in shown.err.splitlines()[:5]] == [
        "Encoding", "Format", "Sentences from the column “comment”", "Layout", "Split",
    ]  # fmt: skip
    assert "50 cells" in shown.err
    assert "100 read, 51 kept; 49 repeated" in shown.err
    assert len(shown.out.splitlines()) == 10
    assert cli.main(["train", str(table), "--dry-run", "--split", "none", "--column", "comment"]) == 0
    assert "The hen number 5 sleeps. It snores." in capsys.readouterr().out.splitlines()
    assert list(tmp_path.iterdir()) == [table]
    assert cli.main(["train", str(table), "--dry-run", "--format", "txt", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["report"]["kind"], told["report"]["format_why"], told["is_part"]) == ("txt", "chosen", False)


def test_other_formats_are_measured_by_their_sentences(
    capsys: pytest.CaptureFixture[str], model_path: Path, tmp_path: Path
) -> None:
    film = tmp_path / "film.srt"
    film.write_text("1\n00:00:01,000 --> 00:00:03,500\nWe saw the\nsea.\n\n2\n00:00:04,000 --> 00:00:05,000\n- Why?\n")
    assert cli.main(["reconstruct", str(model_path), str(film), "--refine", "0", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["reconstructions"]
    assert [one["source"] for one in found] == ["We saw the sea.", "Why?"]


def test_mistake_ends_with_status_2_and_one_line(tmp_path: Path) -> None:
    (tmp_path / "not.safetensors").write_bytes(b"no model at all")
    status, printed, told = vae("sample", tmp_path / "not.safetensors")
    assert (status, printed) == (2, "")
    assert told.startswith("error: This file is not a model")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("sample {none}", "cannot be opened"),
        ("sample {model} -n 0", "n is 0"),
        ("sample {model} --temperature -1", "temperature is -1"),
        ("sample {model} --temperature nan", "temperature is nan"),
        ("sample {model} --top-p 1.5", "top_p is 1.5"),
        ("sample {model} --top-k -4", "top_k is -4"),
        ("sample {model} --beam 0", "beams is 0"),
        ("sample {model} --beam 1000", "beams is 1000"),
        ("sample {model} --seed -99999999999999999999999", ""),
        ("sample {model} --from-start", "give it with --start"),
        ("interpolate {model} one {empty}", "second sentence is empty"),
        ("interpolate {model} one two --steps 1", "steps is 1"),
        ("interpolate {model} one two --refine -1", "refine is -1"),
        ("sample {model} --spread -1", "spread is -1"),
        ("pack {text} --output {out}", "not a model"),
        ("pack {model} --output {folder}/none/m.safetensors", "does not exist"),
        ("reconstruct {model} {none}", "none"),
        ("reconstruct {model} {binary}", "binary"),
        ("evaluate {model} {blank}", "no sentence"),
        ("evaluate {model} {text} --samples 0", "samples is 0"),
        ("evaluate {text} {text}", "not a model"),
        ("evaluate {model} {none}", "none"),
        ("evaluate {model} {binary}", "text"),
        ("evaluate {model} {text} --drawn 1", "drawn is 1"),
        ("evaluate {model} {text} --judge {model}", "a judge is a language model"),
        ("evaluate {model} {text} --judge {none}", "cannot be opened"),
        ("evaluate {model} {text} --judge {text}", "not a model"),
        ("evaluate {model} {text} --train {none}", "none"),
        ("evaluate {model} {text} --train {blank}", "too small"),
        ("compare {model} {text} {text}", "not a model"),
        ("compare {model} {model} {blank}", "no sentence"),
        ("train {text} --output {folder}/none/m.safetensors", "does not exist"),
        ("train --output {out}", "CORPUS"),
        ("train {text} --resume {folder} --output {out}", "either"),
        ("train --resume {folder}/none.run --output {out}", "no run to resume"),
        ("train --resume {folder} --output {out}", "is inside the folder of the run"),
        ("train {text} --output {folder}", "is a folder"),
        ("train {text} --output {text}", "is the text itself"),
        ("train {text} --output {folder}/m.run", "is inside the folder of the run"),
        ("train {text} --output {out} --prepared {folder}/m.run", "is inside the folder of the run"),
        ("train {text} --output {out} --events {folder}/m.run/e", "is inside the folder of the run"),
        ("train --resume {folder}/m.run --output {out} --seed 3 --from {out}", "leave out --from, --seed"),
        ("train {none} --output {out}", "none"),
        ("train {blank} --output {out}", "at least 2"),
        ("train {binary} --output {out}", "text"),
        ("train {text} --output {out} --latent 1", "latent is 1"),
        ("train {text} --output {out} --latent 100000", "latent is 100000"),
        ("train {text} --output {out} --beta nan", "beta is nan"),
        ("train {text} --output {out} --family aae --aggressive 4", "Adversarial autoencoder"),
        ("train {text} --output {out} --family aae --aggressive 4", "does not use --aggressive:"),
        ("train {text} --output {out} --family lm --latent 99 --z-to state", "Language model"),
        ("train {text} --output {out} --family lm --latent 99 --z-to state", "does not use --latent, --z-to:"),
        ("train {text} --output {out} --from {model} --adversarial 1", "does not use --adversarial:"),
        ("train {text} --output {out} --column words", "columns"),
        ("train {text} --output {out} --from {text}", "not a model"),
        ("train {text} --output {out} --valid {none}", "none"),
        ("train {text} --output {out} --valid {blank}", "at least 2"),
        ("train {text} --output {out} --max-characters 0", "between 1 and"),
        ("train {text} --output {out} --preset published --minutes 2", "length in epochs or steps"),
        ("train --resume {folder}/m.run --output {out} --valid {text} --keep-duplicates", "--valid, --keep-duplicates"),
    ],
)
def test_mistake_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], model_path: Path, text: Path, tmp_path: Path, command: str, message: str
) -> None:
    (tmp_path / "blank.txt").write_text("")
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)) * 20)
    names = {
        "model": model_path, "text": text, "folder": tmp_path, "none": tmp_path / "none.txt", "empty": "",
        "blank": tmp_path / "blank.txt", "binary": tmp_path / "binary.txt", "out": tmp_path / "m.safetensors",
    }  # fmt: skip
    arguments = [part.format(**names) for part in command.split(" ")]
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err
    assert not (tmp_path / "m.safetensors").exists()


@pytest.mark.parametrize(
    "command",
    [
        "",
        "fly",
        "sample",
        "compare m",
        "sample m --path slerp",
        "train t --output m --preset best",
        "train t --hidden x",
    ],
)
def test_wrong_usage_ends_with_status_2(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(command.split())
    assert ended.value.code == 2
    assert "usage: python -m vae" in capsys.readouterr().err


def test_help_teaches_every_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["train", "--help"])
    assert ended.value.code == 0
    told = " ".join(capsys.readouterr().out.split())
    for parameter in parameters():
        assert f"--{parameter.name.replace('_', '-')}" in told
        assert " ".join(parameter.help.split()[:4]) in told


@pytest.mark.parametrize("command", ["sample", "interpolate", "reconstruct", "evaluate", "compare"])
def test_help_of_every_command_names_seed_and_json(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert "--seed" in told
    assert "--json" in told


def test_length_that_is_given_overrules_the_presets(text: Path, model_path: Path, tmp_path: Path) -> None:
    parse = cli._parser().parse_args
    common = ["train", str(text), "--output", str(tmp_path / "m")]
    given = {
        "--steps 70": (70, 0.0, 10.0), "--minutes 2": (0, 2.0, 10.0), "--epochs 3": (0, 0.0, 3.0),
        "": (8000, 0.0, 10.0), f"--from {model_path}": (500, 0.0, 10.0),
        f"--from {model_path} --decoder-reset": (8000, 0.0, 10.0),
    }  # fmt: skip
    for flags, expected in given.items():
        config = cli_train.config_of(parse([*common, *flags.split()]))
        assert (config.steps, config.minutes, config.epochs) == expected
    assert cli_train.config_of(parse([*common, "--preset", "quick", "--no-bidirectional"])).bidirectional is False


def test_text_with_its_own_validation_file_is_learned_whole(text: Path, lines: Path, tmp_path: Path) -> None:
    told = tmp_path / "events.jsonl"
    status = cli.main([
        "train", str(text), "--output", str(tmp_path / "m.safetensors"), "--preset", "published", "--steps", "3",
        "--valid", str(lines), "--keep-duplicates", "--max-characters", "24", "--json", "--events", str(told), *TINY,
    ])  # fmt: skip
    assert status == 0
    started = from_json(told.read_text(encoding="utf-8").splitlines()[0])
    assert isinstance(started, Started)
    short = [line for line in text.read_text(encoding="utf-8").splitlines() if len(line) <= 24]
    assert (started.sentences, started.validation) == (len(short), 2)  # twice the same one
    config = load(tmp_path / "m.safetensors").config
    assert (config.optimizer, config.tied, config.patience, config.hidden) == ("sgd", False, 5, 24)


def test_run_never_writes_over_another(tmp_path: Path) -> None:
    output = tmp_path / "m.safetensors"
    for name in ("m.run", "m.run1", "m.run2"):
        folder = folders.new_folder(output)
        assert folder == tmp_path / name
        folder.mkdir()


def test_saved_is_told_of_every_best_model(text: Path, tmp_path: Path) -> None:
    told = tmp_path / "events.jsonl"
    status = cli.main(["train", str(text), "--output", str(tmp_path / "m.safetensors"), "--steps", "3", "--json",
                       "--events", str(told), *TINY])  # fmt: skip
    assert status == 0
    assert any(isinstance(from_json(line), Saved) for line in told.read_text(encoding="utf-8").splitlines())
