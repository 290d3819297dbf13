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

from vae.messages.message import Message
from vae.serving.jobs import status_messages
from vae.serving.jobs.worker import Ended, Failed, Report, Running, TrainingTask, work
from vae.system.resources import ProcessLimits

# Seconds at most in which trainings may save their state when everything ends, and then to leave at each use of force.
# What is not saved by then goes on from where it was saved before.
_SAVING, _FORCED = 6.0, 1.0
_ATTEMPTS, _RETRY_AFTER = 3, 0.5  # to start a process, in a row, and seconds between them
PRELOADED = ["torch", "safetensors.torch", "sentencepiece", "vae.training.train"]  # what a training imports
_log = logging.getLogger(__name__)


class _Worker:
    """A process and our end of its pipe."""

    def __init__(self, context: BaseContext, limits: ProcessLimits) -> None:
        self.ready = False
        self.task: TrainingTask | None = None
        self.outbox: list[TrainingTask | str] = []
        self.pipe, child_pipe = context.Pipe()
        arguments = {"target": work, "args": (child_pipe, limits), "name": "vae-worker", "daemon": True}
        self.process: multiprocessing.Process = context.Process(**arguments)  # type: ignore[attr-defined]
        try:
            self.process.start()
        except BaseException:
            self.pipe.close()
            raise
        finally:
            child_pipe.close()

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
        limits: of each process.
        method: "forkserver" or "spawn".
        lock: held at every call of the three functions below.
        next_task: gives the task to do next and takes it from the queue; None when nothing waits.
        on_report: gets the reports on a task, by run id: `Running` at each event, and at last `Ended` or `Failed`.
        on_tick: is called every so many seconds (`tick`).
    """

    def __init__(
        self,
        slots: int,
        limits: ProcessLimits,
        method: str,
        lock: threading.RLock,
        *,
        next_task: Callable[[], TrainingTask | None],
        on_report: Callable[[str, Report], None],
        on_tick: Callable[[], None],
        tick: float,
    ) -> None:
        self._context = multiprocessing.get_context(method)
        if method == "forkserver":
            # It always finds installed packages, ours only when it is started in their folder.
            self._context.set_forkserver_preload(PRELOADED)
        self._slots, self._limits = slots, limits
        self._lock, self._next_task, self._on_report = lock, next_task, on_report
        self._on_tick, self._tick, self._last_tick = on_tick, tick, time.monotonic()
        self._workers: list[_Worker] = []
        self._startable = False  # until something is asked: the program has its own start to make
        self._closed = False
        self._failed_starts = 0  # in a row
        self._woken = False
        self._wake_receiver, self._wake_sender = multiprocessing.Pipe(duplex=False)
        self._thread = threading.Thread(target=self._run, name="vae-pool", daemon=True)
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
            if not self._woken:  # once is enough, and more would fill the pipe
                self._woken = True
                with suppress(OSError):  # closed
                    self._wake_sender.send(None)

    def send(self, run_id: str, request: str) -> None:
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

    def _run(self) -> None:
        try:
            while not self._closed:
                self._run_once()
        finally:
            self._end_workers()

    def _run_once(self) -> None:
        try:
            self._start_workers()
            self._assign()
            self._send_all()
            workers = {worker.pipe: worker for worker in self._workers}
            for source in connection.wait([self._wake_receiver, *workers], self._tick):
                if source is self._wake_receiver:
                    self._wake_receiver.recv()
                    self._woken = False
                else:
                    self._receive(workers[source])  # type: ignore[index]
            self._call_on_tick()
        except Exception:  # a disk that fails, perhaps: the misfortune of one run must not end all others
            _log.exception("the trainings met an error that nobody foresaw")
            time.sleep(_RETRY_AFTER)

    def _end_workers(self) -> None:
        self._wake_sender.close()
        self._wake_receiver.close()
        for worker in self._workers:
            worker.pipe.close()  # so that all save at the same time
        processes = [worker.process for worker in self._workers]
        _join(processes, _SAVING)
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
                worker = _Worker(self._context, self._limits)
            except Exception:
                self._start_failed(traceback.format_exc())
            else:
                with self._lock:
                    self._workers.append(worker)

    def _assign(self) -> None:
        with self._lock:
            for worker in self._workers:
                if worker.ready and not worker.task:
                    worker.task = self._next_task()
                    worker.outbox = [worker.task] if worker.task else []

    def _send_all(self) -> None:
        with self._lock:
            pending = [(worker, item) for worker in self._workers for item in worker.outbox]
            for worker, _ in pending:
                worker.outbox = []
        for worker, item in pending:
            self._send_one(worker, item)

    def _send_one(self, worker: _Worker, item: TrainingTask | str) -> None:
        try:
            worker.pipe.send(item)
        except OSError:
            pass  # it has just died, which `_receive` finds next
        except Exception:
            message = Message("serving.task_not_sent")
            self._report(worker, Failed(message, traceback.format_exc(), resumable=False))
            self.wake()  # another may wait

    def _receive(self, worker: _Worker) -> None:
        try:
            report = worker.pipe.recv()
        except Exception:  # it has died, perhaps in the middle of a word
            self._handle_death(worker)
            return
        if report == "ready":
            worker.ready = True
            self._failed_starts = 0
        else:
            self._report(worker, report)

    def _report(self, worker: _Worker, report: Report) -> None:
        with self._lock:
            if worker.task:
                run_id = worker.task.run_id
                if not isinstance(report, Running):
                    worker.task = None
                self._on_report(run_id, report)

    def _handle_death(self, worker: _Worker) -> None:
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
            self._start_failed(details)
        elif code == 0:  # it was told to leave, and has not begun with item was still given to it
            self._report(worker, Ended("paused", 0, status_messages.PAUSED))
        else:
            self._report(worker, Failed(Message("serving.process_ended"), details))

    def _call_on_tick(self) -> None:
        if time.monotonic() >= self._last_tick + self._tick:
            with self._lock:
                self._on_tick()
            self._last_tick = time.monotonic()

    def _start_failed(self, details: str) -> None:
        """No process could be started. After some tries a run that waits for it fails; when none does, no other is
        tried."""
        _log.error("a training process could not be started: %s", details)
        self._failed_starts += 1
        if self._failed_starts % _ATTEMPTS:  # perhaps all processes were told to end, and this one is not yet
            time.sleep(_RETRY_AFTER)
        if self._closed or self._failed_starts % _ATTEMPTS:
            return
        with self._lock:
            task = self._next_task()
            self._startable = task is not None
            if task:
                self._on_report(task.run_id, Failed(Message("serving.no_process"), details))


def _join(processes: Sequence[multiprocessing.Process], seconds: float) -> None:
    """Wait until all have ended, for so many seconds in all."""
    deadline = time.monotonic() + seconds
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
