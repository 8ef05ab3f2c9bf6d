"""One parallel numba kernel at a time, and none that burns a core while it waits.

Where numba has no OpenMP (macOS without libomp) its own pool ends the process when two Python
threads enter parallel kernels at once. Every caller of a parallel kernel holds this lock; it can
be entered again by the thread that holds it.

OpenMP's threads spin while they wait for each other. Beside live view on two cores the one that
waits then takes the core that the other needs: a cut-out took twice as long. Asked to sleep, they
are no slower alone. The library reads this once, when the first kernel is loaded.
"""

from __future__ import annotations

import os
import threading

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

kernel_lock = threading.RLock()
