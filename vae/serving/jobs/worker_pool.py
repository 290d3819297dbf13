"""A few worker processes, kept warm, and the thread that starts them, feeds them and listens to them."""

from __future__ import annotations

import logging
import multiprocessing
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import connection
from multiprocessing.context import BaseContext

from vae.serving.jobs.worker import Failed, Running, TrainingTask, work
from vae.system.resources import ProcessLimits
from vae.training.events import Finished

# Seconds at most in which trainings may save their state when everything ends, and then to leave at each use of force.
# What is not saved by then goes on from where it was saved before.
_GRACE, _FORCED = 6.0, 1.0
_TRIES, _BREATH = 3, 0.5  # to start a process, in a row, and seconds between them
_log = logging.getLogger(__name__)
Report = Running | Finished | Failed


class _Worker:
    """A process and our end of its pipe."""

    def __init__(self, context: BaseContext, manners: ProcessLimits) -> None:
        self.ready = False
        self.task: TrainingTask | None = None
        self.outbox: list[TrainingTask | str] = []
        self.pipe, theirs = context.Pipe()
        arguments = {"target": work, "args": (theirs, manners), "name": "vae-worker", "daemon": True}
        self.process: multiprocessing.Process = context.Process(**arguments)  # type: ignore[attr-defined]
        try:
            self.process.start()
        except BaseException:
            self.pipe.close()
            raise
        finally:
            theirs.close()

    def close(self) -> None:
        """Forget a process that has ended."""
        self.pipe.close()
        if not self.process.is_alive():
            self.process.close()


class WorkerPool:
    """At most `slots` workers: one for each task under way, and, from the first `wake` on, one to spare.

    Only its own thread starts them and writes to them, and without the lock: either may take its time.

    Args:
        slots: processes at most.
        manners: of each.
        method: "forkserver" or "spawn".
        lock: held at every call of the two functions below.
        next_task: gives the task to do next and takes it from the queue; None when nothing waits.
        hear: is told of a task, by run id, `Running` at each event, and at last `Finished` or `Failed`.
        look_round: is called every so many seconds (`every`).
    """

    def __init__(
        self,
        slots: int,
        manners: ProcessLimits,
        method: str,
        lock: threading.RLock,
        next_task: Callable[[], TrainingTask | None],
        hear: Callable[[str, Report], None],
        look_round: Callable[[], None],
        every: float,
    ) -> None:
        self._context = multiprocessing.get_context(method)
        if method == "forkserver":
            # It always finds installed packages, ours only when it is started in their folder.
            preload = ["torch", "safetensors.torch", "sentencepiece", "vae.training.train"]
            self._context.set_forkserver_preload(preload)
        self._slots, self._manners = slots, manners
        self._lock, self._next_task, self._hear = lock, next_task, hear
        self._look_round, self._every, self._looked = look_round, every, time.monotonic()
        self._workers: list[_Worker] = []
        self._startable = False  # until something is asked: the program has its own start to make
        self._closed = False
        self._failed = 0  # starts in a row
        self._rung = False
        self._alarm, self._bell = multiprocessing.Pipe(duplex=False)
        self._thread = threading.Thread(target=self._listen, name="vae-pool", daemon=True)
        self._thread.start()

    def busy(self) -> list[str]:
        """The ids of the runs under way."""
        with self._lock:
            return [worker.task.run_id for worker in self._workers if worker.task]

    def processes(self) -> list[int]:
        """The ids of the workers' processes."""
        with self._lock:
            return [worker.process.pid for worker in self._workers if worker.process.pid]

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
                self._go_round()
        finally:
            self._end_workers()

    def _go_round(self) -> None:
        try:
            self._start_workers()
            self._assign()
            self._send()
            workers = {worker.pipe: worker for worker in self._workers}
            for source in connection.wait([self._alarm, *workers], self._every):
                if source is self._alarm:
                    self._alarm.recv()
                    self._rung = False
                else:
                    self._receive(workers[source])  # type: ignore[index]
            self._take_care()
        except Exception:  # a disk that fails, perhaps: the misfortune of one run must not end all others
            _log.exception("the trainings met an error that nobody foresaw")
            time.sleep(_BREATH)

    def _end_workers(self) -> None:
        self._bell.close()
        self._alarm.close()
        for worker in self._workers:
            worker.pipe.close()  # so that all save at the same time
        processes = [worker.process for worker in self._workers]
        _join(processes, _GRACE)
        for force in (multiprocessing.Process.terminate, multiprocessing.Process.kill):
            for process in processes:
                if process.is_alive():
                    force(process)
            _join(processes, _FORCED)
        for worker in self._workers:
            worker.close()
        self._workers.clear()

    def _start_workers(self) -> None:
        """Without the lock: the first start waits seconds, until the fork server has done its imports."""
        while self._startable and not self._closed:
            if len(self._workers) >= min(self._slots, len(self.busy()) + 1):
                return
            try:
                worker = _Worker(self._context, self._manners)
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

    def _write(self, worker: _Worker, letter: TrainingTask | str) -> None:
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
            self._failed = 0
        else:
            self._pass_on(worker, report)

    def _pass_on(self, worker: _Worker, report: Report) -> None:
        with self._lock:
            if worker.task:
                run_id = worker.task.run_id
                if not isinstance(report, Running):
                    worker.task = None
                self._hear(run_id, report)

    def _lose(self, worker: _Worker) -> None:
        with self._lock:
            self._workers.remove(worker)
        worker.process.join(_FORCED)
        if worker.process.is_alive():  # it has only closed its pipe
            worker.process.kill()
            worker.process.join(_FORCED)
        code = worker.process.exitcode
        details = f"the worker ended with exit code {code}"
        worker.close()
        if not worker.ready:
            self._give_up(details)
        elif code == 0:  # it was told to leave, and has not begun with what was still given to it
            self._pass_on(worker, Finished(0, 0, "paused", None, "Paused."))
        else:
            message = "The training's process ended; perhaps the computer ran out of memory."
            self._pass_on(worker, Failed(message, details))

    def _take_care(self) -> None:
        if time.monotonic() >= self._looked + self._every:
            with self._lock:
                self._look_round()
            self._looked = time.monotonic()

    def _give_up(self, details: str) -> None:
        """No process could be started. After some tries a run that waits for it fails; when none does, no other is
        tried."""
        _log.error("a training process could not be started: %s", details)
        self._failed += 1
        if self._failed % _TRIES:  # perhaps all processes were told to end, and this one is not yet
            time.sleep(_BREATH)
        if self._closed or self._failed % _TRIES:
            return
        with self._lock:
            task = self._next_task()
            self._startable = task is not None
            if task:
                self._hear(task.run_id, Failed("No process could be started for the training.", details))


def _join(processes: Sequence[multiprocessing.Process], seconds: float) -> None:
    """Wait until all have ended, for so many seconds in all."""
    deadline = time.monotonic() + seconds
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
