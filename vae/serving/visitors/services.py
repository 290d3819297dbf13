"""All that serves the visitors of one page, made once and ended together."""

from __future__ import annotations

from dataclasses import dataclass

from vae.serving.jobs.service import Jobs
from vae.serving.visitors.comparisons import Comparisons
from vae.serving.visitors.sharing import Sharing
from vae.serving.visitors.trainings import Trainings
from vae.serving.visitors.visitors import Visitors


@dataclass(frozen=True, slots=True)
class Services:
    """What the parts of a page ask: who its visitors are, and what can be done for them."""

    visitors: Visitors
    jobs: Jobs
    trainings: Trainings
    comparisons: Comparisons
    sharing: Sharing

    @classmethod
    def of(cls, visitors: Visitors) -> Services:
        """Those of a server's visitors. To be called where a worker process that imports the program again does not
        come (see `Jobs`)."""
        jobs = Jobs(visitors.data / "runs", records=visitors.records, limits=visitors.limits)
        visitors.on_forget = jobs.forget
        trainings = Trainings(jobs)
        return cls(
            visitors, jobs, trainings, Comparisons(jobs, trainings, visitors.records), Sharing(visitors.shared, jobs)
        )

    def close(self) -> None:
        """End all trainings, which save their state, and let go of the data folder. May be called twice."""
        self.jobs.close()
        self.visitors.close()
