"""Run a Python program that cannot outlive its parent: `python -m ooh.tether PARENT MODULE …`."""

import ctypes
import os
import runpy
import signal
import sys
import threading
import time
import warnings

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def tether(parent: int) -> None:
    """Have this process killed when `parent` dies, however `parent` dies.

    The kernel does it on Linux; elsewhere a thread asks once a second who the parent is.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_die_with, args=(parent,), daemon=True).start()
    if os.getppid() != parent:  # it was gone before the tether held
        os.kill(os.getpid(), signal.SIGKILL)


def _die_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    tether(int(sys.argv[1]))
    # In a container everything is often root's. Celery says so in eight lines, at each start.
    warnings.filterwarnings("ignore", message=r"\s*You're running the worker with superuser privileges")
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
