"""The app as `python app.py` starts it, but with small files only: `VAE_TEST_FILE_BYTES` is the most that one may have.

A program for tests of what happens when the disk is full, where no small disk can be made.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import app

if __name__ == "__main__":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write that goes too far then fails, as on a full disk
    size = int(os.environ["VAE_TEST_FILE_BYTES"])
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    app.main()
