"""`app.py`, where torch takes itself for a build for graphics cards: the package of ZeroGPU Spaces asks that of it."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    import torch

    torch.version.cuda = "12.8"
    torch._C._cuda_init = torch.cuda.init  # what a build for the processor lacks: none of it is called
    torch.cuda._is_in_bad_fork = bool

    from vae.server import main

    main()
