"""One parallel numba kernel at a time.

Where numba has no OpenMP (macOS without libomp) its own pool ends the process when two Python
threads enter parallel kernels at once. Every caller of a parallel kernel holds this lock; it can
be entered again by the thread that holds it.
"""

from __future__ import annotations

import threading

kernel_lock = threading.RLock()
