"""`python -m vae`, which is the command `sentence-space`, too."""

import sys
import time
from pathlib import Path

_STARTED = time.monotonic()  # before torch is imported: --minutes counts from here


def main() -> int:
    """Run the command that the command line names; its exit status."""
    name = "sentence-space" if Path(sys.argv[0]).stem == "sentence-space" else "python -m vae"
    if sys.argv[1:2] == [
        "serve"
    ]:  # apart from the others: a page opens before torch is there, and tells it its threads
        from vae import server

        server.main(sys.argv[2:], f"{name} serve")
        return 0
    from vae.cli import main as command

    return command.main(started=_STARTED, program=name)


if __name__ == "__main__":
    sys.exit(main())
