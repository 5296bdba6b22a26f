"""One thread for each process: several that each use all processors wait for one another."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
