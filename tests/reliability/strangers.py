"""A stranger with a valid token of their own tries to reach what is another visitor's: 0 tries may succeed.

    python tests/reliability/strangers.py --tries 1000 --json

They know what no stranger should: the other's run, models, files, session, and codes that were revoked or guessed. The
functions to try come from the app itself, private ones too, so that a new one cannot be forgotten. A try succeeds when
the server answers a call that names what is foreign, when any answer holds something that only the other one has, or
when afterwards something of the other one has changed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import secrets
import string
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import httpx
from support.caller import API, Caller, given
from support.server import running_app

NAMED = {"run", "model", "models", "start_from", "target", "code"}  # parameters by which things are told apart
SHORT = 3.0  # seconds to wait for a stream that may have nothing to say
SETTINGS = {
    "latent": 4,
    "hidden": 16,
    "encoder_hidden": 16,
    "embedding": 16,
    "minutes": 0.0,
    "epochs": 1000.0,
}  # it goes on for as long as anybody tries
Try = tuple[str, Callable[[], str]]  # what is tried, and why it succeeded or nothing


def marker() -> str:
    """A word that nobody else writes."""
    return "q" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(15))


@dataclass
class Victim:
    """A visitor with one of everything, and what of it a stranger may have heard."""

    caller: Caller
    word: str = field(default_factory=marker)
    run: str = ""
    model: str = ""
    files: list[str] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    event: str = ""
    heard: list[dict[str, Any]] = field(default_factory=list)

    def settle(self) -> Victim:
        """Bring a text, load a model, begin a training, share and unshare, and listen to the training."""
        me = self.caller.start()
        text = "\n".join(f"The {self.word} of number {number} sees {number // 7} birds." for number in range(6_000))
        self.files.append(me.upload(f"{self.word}.txt", text.encode()))
        self._done(me.call("read_corpus", me.token, given(self.files[0]), "", "pasted.txt", "auto", "", ""))
        copy = self._done(me.call("download_model", me.token))[0]["path"]
        self.files.append(copy)
        listed = self._done(me.call("load_model", me.token, given(copy)))[0]
        self.model = next(one["id"] for one in listed if one["origin"] != "bundled")
        self.run = self._done(me.call("train", me.token, "quick", SETTINGS, ""))[0]["run"]
        for kind, target in (("run", self.run), ("model", self.model)):
            self.revoked.append(self._done(me.call("share", me.token, kind, target))[0]["code"])
            self._done(me.call("unshare", me.token, kind, target))
        self.event = me.join({"data": [me.token, self.run], "fn_index": me.number("watch")}, "open").json()["event_id"]
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def _done(self, answer: tuple[bool, Any]) -> Any:
        if not answer[0]:
            raise RuntimeError(f"The visitor could not settle: {answer[1]}")
        return answer[1]

    def _listen(self) -> None:
        try:
            self.heard.extend(self.caller.stream("open", 600.0))
        except Exception:
            self.heard.append({"msg": "broken off", "event_id": self.event})

    @property
    def secrets(self) -> list[str]:
        """What no answer to anybody else may hold."""
        return [self.caller.token, self.word, self.run, self.model]

    def changed(self) -> str:
        """What is no longer as it was, in words, or nothing."""
        me = self.caller
        known, status = me.call("status", me.token, self.run)
        if not known or status[0]["state"] not in ("waiting", "starting", "running"):
            return f"the training is {status}"
        models = me.call("models", me.token)
        if not models[0] or self.model not in [one["id"] for one in models[1][0]]:
            return "a model is gone"
        if [path for path in self.files if me.file(path).status_code != 200]:
            return "a file is gone"
        foreign = {one.get("event_id") for one in self.heard} - {self.event, None}
        broken = [one for one in self.heard if one["msg"] in ("broken off", "close_stream", "process_completed")]
        return "the stream got what is not its own, or was ended" if foreign or broken else ""


class Stranger:
    """All that a stranger may try, drawn by a seed."""

    def __init__(self, url: str, victim: Victim, seed: int) -> None:
        self.victim = victim
        self.url = url
        self.chance = random.Random(seed)
        self.me = self._arrive()
        self.plain = Caller(url, cookies=False).start()  # another kind: without cookies
        self.info = self.me.http.get(f"{API}/info").json()["named_endpoints"]

    def _arrive(self) -> Caller:
        me = Caller(self.url).start()
        me.call("read_corpus", me.token, None, "A cat sees.\nA dog runs.\nThe bird sings.", "own.txt", "auto", "", "")
        return me

    def tries(self, most: int) -> Iterator[Try]:
        """So many, of every kind in turns."""
        kinds = [self.endpoints(), self.functions(), self.tokens(), self.sessions(), self.paths()]
        yield from itertools.islice((one for turn in zip(*map(forever, kinds), strict=True) for one in turn), most)

    def foreign(self) -> list[str]:
        """Names of the other's things, and guesses at them."""
        run, model, codes = self.victim.run, self.victim.model, self.victim.revoked
        guess = "".join(self.chance.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(12))
        return [run, model, *codes, f"{guess[:4]}-{guess[4:8]}-{guess[8:]}", f"../{run}", f"{model}.safetensors",
                self.victim.files[0], altered(codes[0], self.chance), f"' OR '1'='1{run}"]  # fmt: skip

    def endpoints(self) -> list[Try]:
        """Every named endpoint with one's own token, and what is foreign in each of its parameters."""
        found: list[Try] = []
        for name, about in self.info.items():
            rest = about["parameters"][1:]
            for place, value in itertools.product(range(len(rest)), self.foreign()):
                for kind in ("run", "model") if any(p["parameter_name"] == "kind" for p in rest) else ("",):
                    data = [kind if p["parameter_name"] == "kind" else p.get("parameter_default") for p in rest]
                    data[place] = {"models": [value], "families": [value], "settings": {"seed": value},
                                   "file": given(value)}.get(rest[place]["parameter_name"], value)  # fmt: skip
                    found.append(self._endpoint(name, rest[place]["parameter_name"], data, value))
        self.chance.shuffle(found)
        return found

    def _endpoint(self, name: str, parameter: str, data: list[Any], value: str) -> Try:
        def attempt() -> str:
            done, _ = self.me.ask(self.me.number(name[1:]), [self.me.token, *data], patience=SHORT)
            return "it was answered" if done and parameter in NAMED else self.leak(self.me.answer, value)

        return f"{name} {parameter}", attempt

    def functions(self) -> list[Try]:
        """Every function of the page, private ones too, with what is foreign in each of its inputs."""
        defaults = {one["id"]: one["props"].get("value") for one in self.me.config["components"]}
        found: list[Try] = []
        for one in self.me.functions:
            inputs = one["inputs"][1:]
            for place in range(len(inputs)):
                for value in (self.victim.run, self.victim.model, self.victim.revoked[0]):
                    data = [defaults.get(i) for i in inputs]
                    data[place] = value
                    found.append(self._function(one["id"], place, data, value))
        self.chance.shuffle(found)
        return found

    def _function(self, function: int, place: int, data: list[Any], value: str) -> Try:
        def attempt() -> str:
            self.me.ask(function, [self.me.token, *data], patience=SHORT)
            return self.leak(self.me.answer, value)

        return f"function {function} input {place}", attempt

    def tokens(self) -> list[Try]:
        """Every endpoint with a token that is not right."""
        token = self.victim.caller.token
        wrong = [altered(token, self.chance), token[:-1], f"{token} ", token.swapcase(), secrets.token_urlsafe(32), ""]
        found = [self._token(name, value, token) for name in self.info if name != "/start" for value in wrong]
        self.chance.shuffle(found)
        return found

    def _token(self, name: str, value: Any, token: str) -> Try:
        def attempt() -> str:
            done, _ = self.me.ask(self.me.number(name[1:]), [value], patience=SHORT)
            return "it was answered" if done else self.leak(self.me.answer, token)

        return f"{name} token", attempt

    def sessions(self) -> list[Try]:
        """The other's Gradio session, by its name, and their call in it."""
        victim, found = self.victim, []
        for me in (self.me, self.plain):
            for session in ("open", victim.caller.session):
                asked = {"session_hash": session}
                found += [
                    (f"stream of {session}", self._asks(me, "GET", f"{API}/queue/data", params=asked)),
                    (f"heartbeat of {session}", self._asks(me, "GET", f"{API}/heartbeat/{session}")),
                    (f"cancel in {session}", self._cancel(me, session)),
                    (f"join {session}", self._join(me, session)),
                    ("component server", self._asks(me, "POST", f"{API}/component_server", json=asked)),
                    ("deep link", self._asks(me, "GET", f"{API}/deep_link", params=asked)),
                    ("state in a stream", self._asks(me, "GET", f"{API}/stream/{session}/0/0/playlist.m3u8")),
                ]
            found += [
                ("call", self._asks(me, "GET", f"{API}/call/watch/{victim.event}")),
                ("stream of the call", self._asks(me, "POST", f"{API}/stream/{victim.event}/close")),
                ("status of the queue", self._asks(me, "GET", f"{API}/queue/status")),
            ]
        self.chance.shuffle(found)
        return found

    def _asks(self, me: Caller, method: str, path: str, **options: Any) -> Callable[[], str]:
        def attempt() -> str:
            first = ""
            with suppress(httpx.TimeoutException), me.http.stream(method, path, timeout=SHORT, **options) as answer:
                first = next((line for line in answer.iter_lines() if line.strip()), "")
            return self.leak(first, "")

        return attempt

    def _cancel(self, me: Caller, session: str) -> Callable[[], str]:
        def attempt() -> str:
            answer = me.cancel(self.victim.event, session, me.number("watch"))
            return "it was answered" if answer.status_code == 200 else ""

        return attempt

    def _join(self, me: Caller, session: str) -> Callable[[], str]:
        def attempt() -> str:
            me.call("models", me.token, session=session)
            return self.leak(me.answer, "")

        return attempt

    def paths(self) -> list[Try]:
        """The other's files, the server's own, and every way to write them."""
        data, run = Path(self.victim.files[0]).parents[2], self.victim.run
        ours = ["records.sqlite3", "secret", f"models/{self.victim.model}.safetensors", f"runs/{run}/corpus.json"]
        names = [
            *self.victim.files,
            *(str(data / name) for name in ours),
            "/proc/self/environ",
            "/etc/passwd",
            "app.py",
        ]
        doors = [f"{API}/file/", "/file=", "/file/", f"{API}/proxy=", "/proxy=", "/static/../", "/assets/..",
                 f"{API}/stream/", f"{API}/download/"]  # fmt: skip
        found: list[Try] = []
        for name in names:
            folder, _, last = name.rpartition("/")
            whole = quote(name, safe="")
            ways = [name, quote(name), whole, quote(whole, safe=""), f"/{name}", f"//{name}", f"{folder}//{last}",
                    f"{folder}/./{last}", f"{folder}/x/../{last}", f"..{name}", f"{name}/", name.replace("/", "\\"),
                    f"{name}%00", f"{name}?x", f"file://{name}", f"http://127.0.0.1{name}"]  # fmt: skip
            for number, way in enumerate(ways):
                found += [(f"file {number}", self._file(way, method)) for method in ("GET", "HEAD")]
                found += [(f"{door} {number}", self._door(f"{door}{way}")) for door in doors if number < 5]
            for endpoint in ("read_corpus", "load_model"):
                found.append((f"{endpoint} of a file", self._take(endpoint, name)))
        self.chance.shuffle(found)
        return found

    def _file(self, way: str, method: str) -> Callable[[], str]:
        def attempt() -> str:
            found = [me.file(way, method, Range="bytes=0-99").status_code for me in (self.me, self.plain)]
            return "it was served" if min(found) < 400 else ""

        return attempt

    def _door(self, path: str) -> Callable[[], str]:
        return lambda: "it was served" if self.me.http.get(path).status_code < 400 else ""

    def _take(self, endpoint: str, path: str) -> Callable[[], str]:
        def attempt() -> str:
            more = ["", "pasted.txt", "auto", "", ""] if endpoint == "read_corpus" else []
            done, _ = self.me.call(endpoint, self.me.token, given(path), *more)
            return "it was taken" if done else ""

        return attempt

    def leak(self, text: str, said: str) -> str:
        """What of the other's an answer holds that was not said in the question. A visit that ended begins anew."""
        if "no longer knows this visit" in text:
            self.me = self._arrive()
        return next((f"it told {one[:4]}…" for one in self.victim.secrets if one in text and one not in said), "")


def altered(text: str, chance: random.Random) -> str:
    """`text` with one character changed."""
    place = chance.choice([i for i, c in enumerate(text) if c.isalnum()])
    others = [c for c in string.ascii_letters + string.digits if c.upper() != text[place].upper()]
    return text[:place] + chance.choice(others) + text[place + 1 :]


def forever(tries: list[Try]) -> Iterator[Try]:
    """Again from the beginning when they are used up."""
    return itertools.cycle(tries)


def strangers(url: str, tries: int, seed: int = 1) -> dict[str, Any]:
    """Try so often: {"tries", "succeeded", "kinds"}, with a sentence for each success."""
    victim = Victim(Caller(url)).settle()
    stranger = Stranger(url, victim, seed)
    succeeded, kinds = [], Counter[str]()
    for number, (what, attempt) in enumerate(stranger.tries(tries)):
        kinds[re.split(r"[ =]", what)[0]] += 1
        if why := attempt():
            succeeded.append(f"{what}: {why}")
        if number % 100 == 0 and (why := victim.changed()):
            succeeded.append(f"by {what} at the latest: {why}")
            break
    if why := victim.changed():
        succeeded.append(f"in the end: {why}")
    victim.caller.call("forget", victim.caller.token)  # and with it the training, which has the only place
    return {"tries": sum(kinds.values()), "succeeded": len(succeeded), "functions": len(stranger.me.functions),
            "endpoints": len(stranger.info), "how": succeeded}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one object")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder)) as url:
        found = strangers(url, chosen.tries, chosen.seed)
    if chosen.json:
        print(json.dumps(found))
    else:
        print(f"{found['succeeded']} of {found['tries']} tries succeeded, through {found['endpoints']} endpoints and "
              f"{found['functions']} functions")  # fmt: skip
        print(*found["how"], sep="\n")
    sys.exit(bool(found["succeeded"]))


if __name__ == "__main__":
    main()
