"""`python -m vae`."""

import sys
import time

_STARTED = time.monotonic()  # before torch is imported: --minutes counts from here

if __name__ == "__main__":
    from vae.cli.main import main

    sys.exit(main(started=_STARTED))
