"""What a training's status says, where more than one file says it or decides by it."""

from __future__ import annotations

from vae.messages.durations import round_duration
from vae.messages.message import Message, UserError
from vae.training.events import Finished

NONE = Message("text", text="")
CANCELLED = Message("serving.cancelled")
GOES_ON = Message("serving.goes_on")
PAUSED = Message("serving.paused")
PAUSED_GOES_ON = Message("serving.paused_goes_on", then=GOES_ON)
PAUSED_WAITING = Message("serving.paused_waiting")
PAUSED_SAVED = Message("serving.paused_saved")
STOPPED = Message("serving.stopped")
STOPPED_SO_FAR = Message("serving.stopped_so_far")
DONE = Message("serving.done")
SAVED_STATE_KEPT = Message("serving.saved_state_kept", then=GOES_ON)
NOTHING_SAVED = Message("serving.nothing_saved")
SAVING_STATE = Message("serving.saving_state")
# What servers kept before their messages had keys, of trainings that came to rest as their visitors wished.
_OLD_USUAL = {
    "Paused.": PAUSED,
    "Paused. Everything is saved; resume goes on from here.": PAUSED_SAVED,
    "Paused. Resume goes on from there.": PAUSED_GOES_ON,
    "Paused while it waited; Resume queues it again.": PAUSED_WAITING,
    "Stopped; its best model is kept.": STOPPED,
    "Stopped. The best model so far is kept.": STOPPED_SO_FAR,
    "Training is done.": DONE,
}


def unwatched(seconds: float) -> Message:
    """A training was saved because nobody watched it for so long."""
    return Message("serving.by_server", why=Message("serving.unwatched", time=round_duration(seconds)), then=GOES_ON)


def time_limit(seconds: float) -> Message:
    """A training was ended because it took all the time that it may."""
    why = Message("serving.time_limit", time=round_duration(seconds))
    return Message("serving.by_server", why=why, then=Message("serving.best_kept"))


def ending(event: Finished) -> Message:
    """What the last event of a training says."""
    if event.reason == "diverged":
        return Message("serving.diverged_kept" if event.path else "serving.diverged")
    return {"done": DONE, "stopped": STOPPED_SO_FAR, "paused": PAUSED_SAVED}[event.reason]


def broke_off(why: Message, then: Message) -> Message:
    """A training broke off, and can be resumed."""
    return Message("serving.broke_off", why=why, then=then)


def too_large(weights: int, limit: int, *, at_least: bool = False) -> Message:
    """A model has more weights than it may; `at_least`: as far as can be told before it is built."""
    key = "serving.model_surely_too_large" if at_least else "serving.model_too_large"
    return Message(key, size=weights / 1e6, limit=limit / 1e6)


def from_record(text: str) -> Message:
    """The message that a record holds, which may be of a server whose messages had no keys."""
    return _OLD_USUAL.get(text) or Message.from_json(text)


def is_usual(message: Message) -> bool:
    """Whether a training came to rest as its visitor wished, so that the message says no more than the state."""
    return message.key not in ("serving.by_server", "serving.shut_down", "text")


def without_advice(message: Message) -> Message:
    """Why a training came to rest, without what Resume would do: for where there is none."""
    if message.key == "serving.by_server":
        return Message("serving.sentence", clause=message.values["why"])
    why: Message = message.values["why"] if message.key == "serving.broke_off" else message
    return why


def clause(message: Message) -> Message:
    """What the server did by itself, as the beginning of a sentence."""
    if message.key == "text":  # kept by a server whose messages had no keys: English
        return Message("text", text=str(message).split(". ")[0].rstrip("."))
    why: Message = message.values.get("why", message)
    return why


def message_of(error: Exception) -> Message:
    """What an error says: its message by key, or else its plain text."""
    return error.message if isinstance(error, UserError) else Message("text", text=str(error))
