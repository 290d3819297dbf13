"""What the server's log says of trainings."""

from __future__ import annotations

import logging

from vae.serving.jobs.job import Job

_log = logging.getLogger("vae.jobs")


def log_run(job: Job, what: str, level: int = logging.INFO, **more: float | str | None) -> None:
    """Tell the log what has become of a run, which nobody should find by its name there: figures and words of ours."""
    fields = {"run": job.run_id[:6], "state": job.state, **{name: value for name, value in more.items() if value}}
    listed = ", ".join(f"{name} {value}" for name, value in fields.items())
    _log.log(level, "run %s: %s", what, listed, extra={"event": f"run {what}", "fields": fields, **fields})
