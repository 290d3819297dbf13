"""A few worker processes, kept warm, and the thread that starts them, feeds them and listens to them."""

from __future__ import annotations

import logging
import multiprocessing
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import connection
from multiprocessing.context import BaseContext

from vae.events import Finished
from vae.worker import Failed, Task, work

_GRACE = 20.0  # seconds at most in which trainings may save their state when everything ends: a busy machine is slow
_log = logging.getLogger(__name__)
Report = str | Finished | Failed


class _Worker:
    """A process and our end of its pipe."""

    def __init__(self, context: BaseContext, threads: int) -> None:
        self.ready = False
        self.task: Task | None = None
        self.outbox: list[Task | str] = []
        self.pipe, theirs = context.Pipe()
        arguments = {"target": work, "args": (theirs, threads), "name": "vae-worker", "daemon": True}
        self.process: multiprocessing.Process = context.Process(**arguments)  # type: ignore[attr-defined]
        try:
            self.process.start()
        except BaseException:
            self.pipe.close()
            raise
        finally:
            theirs.close()

    def end(self, grace: float = 0.0) -> None:
        """Close the pipe, leave a training `grace` seconds to save its state, then use force."""
        self.pipe.close()
        self.process.join(grace)
        for force in (self.process.terminate, self.process.kill):
            if self.process.is_alive():
                force()
                self.process.join(2)
        if not self.process.is_alive():
            self.process.close()


class Pool:
    """At most `slots` workers: one for each task under way, and, from the first `wake` on, one to spare.

    Only its own thread starts them and writes to them, and without the lock: either may take its time.

    Args:
        slots, threads: processes at most, and threads of each.
        method: "forkserver" or "spawn".
        lock: held at every call of the two functions below.
        next_task: gives the task to do next and takes it from the queue; None when nothing waits.
        hear: is told of a task, by run id, "running" at each event, and at last `Finished` or `Failed`.
    """

    def __init__(
        self,
        slots: int,
        threads: int,
        method: str,
        lock: threading.RLock,
        next_task: Callable[[], Task | None],
        hear: Callable[[str, Report], None],
    ) -> None:
        self._context = multiprocessing.get_context(method)
        if method == "forkserver":
            # It always finds installed packages, ours only when it is started in their folder.
            preload = ["torch", "safetensors.torch", "sentencepiece", "vae.train"]
            self._context.set_forkserver_preload(preload)
        self._slots, self._threads = slots, threads
        self._lock, self._next_task, self._hear = lock, next_task, hear
        self._workers: list[_Worker] = []
        self._startable = False  # until something is asked: the program has its own start to make
        self._closed = False
        self._rung = False
        self._alarm, self._bell = multiprocessing.Pipe(duplex=False)
        self._thread = threading.Thread(target=self._listen, name="vae-pool", daemon=True)
        self._thread.start()

    def busy(self) -> list[str]:
        """The ids of the runs under way."""
        with self._lock:
            return [worker.task.run_id for worker in self._workers if worker.task]

    def wake(self) -> None:
        """Something was queued, or asked; or it will be soon."""
        with self._lock:
            self._startable = True
            if not self._rung:  # one ring is enough, and many would fill the pipe
                self._rung = True
                with suppress(OSError):  # closed
                    self._bell.send(None)

    def tell(self, run_id: str, request: str) -> None:
        """Ask a run under way to "pause" or "stop"."""
        with self._lock:
            for worker in self._workers:
                if worker.task and worker.task.run_id == run_id:
                    worker.outbox.append(request)
                    self.wake()

    def close(self) -> None:
        """End all workers; trainings may save their state for some seconds. Call it without the lock."""
        self._closed = True
        self.wake()
        if threading.current_thread() is not self._thread:  # it may be, in the garbage collector
            self._thread.join()

    # What follows runs on the pool's own thread.

    def _listen(self) -> None:
        try:
            while not self._closed:
                self._start_workers()
                self._assign()
                self._send()
                workers = {worker.pipe: worker for worker in self._workers}
                for source in connection.wait([self._alarm, *workers]):
                    if source is self._alarm:
                        self._alarm.recv()
                        self._rung = False
                    else:
                        self._receive(workers[source])  # type: ignore[index]
        finally:
            self._end_workers()

    def _end_workers(self) -> None:
        self._bell.close()
        self._alarm.close()
        deadline = time.monotonic() + _GRACE
        for worker in self._workers:
            worker.pipe.close()  # so that all save at the same time
        for worker in self._workers:
            worker.end(max(0.0, deadline - time.monotonic()))
        self._workers.clear()

    def _start_workers(self) -> None:
        """Without the lock: the first start waits seconds, until the fork server has done its imports."""
        while self._startable and not self._closed:
            if len(self._workers) >= min(self._slots, len(self.busy()) + 1):
                return
            try:
                worker = _Worker(self._context, self._threads)
            except Exception:
                self._give_up(traceback.format_exc())
            else:
                with self._lock:
                    self._workers.append(worker)

    def _assign(self) -> None:
        with self._lock:
            for worker in self._workers:
                if worker.ready and not worker.task:
                    worker.task = self._next_task()
                    worker.outbox = [worker.task] if worker.task else []

    def _send(self) -> None:
        with self._lock:
            letters = [(worker, letter) for worker in self._workers for letter in worker.outbox]
            for worker, _ in letters:
                worker.outbox = []
        for worker, letter in letters:
            self._write(worker, letter)

    def _write(self, worker: _Worker, letter: Task | str) -> None:
        try:
            worker.pipe.send(letter)
        except OSError:
            pass  # it has just died, and is heard of next
        except Exception:
            message = "The training could not be handed to its process."
            self._pass_on(worker, Failed(message, traceback.format_exc(), resumable=False))
            self.wake()  # another may wait

    def _receive(self, worker: _Worker) -> None:
        try:
            report = worker.pipe.recv()
        except Exception:  # it has died, perhaps in the middle of a word
            self._lose(worker)
            return
        if report == "ready":
            worker.ready = True
        else:
            self._pass_on(worker, report)

    def _pass_on(self, worker: _Worker, report: Report) -> None:
        with self._lock:
            if worker.task:
                run_id = worker.task.run_id
                if report != "running":
                    worker.task = None
                self._hear(run_id, report)

    def _lose(self, worker: _Worker) -> None:
        with self._lock:
            self._workers.remove(worker)
        worker.process.join(1)
        details = f"the worker ended with exit code {worker.process.exitcode}"
        worker.end()
        if not worker.ready:
            self._give_up(details)
        else:
            message = "The training's process ended; perhaps the computer ran out of memory."
            self._pass_on(worker, Failed(message, details))

    def _give_up(self, details: str) -> None:
        """No process could be started. A run that waits for it fails; when none does, no other is tried."""
        _log.error("a training process could not be started: %s", details)
        with self._lock:
            task = self._next_task()
            self._startable = task is not None
            if task:
                self._hear(task.run_id, Failed("No process could be started for the training.", details))
