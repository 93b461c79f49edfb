"""An impatient supervisor of the modules named to it, ready at once unless NEVER_READY is set."""

import os
import sys

from ooh import supervisor

supervisor.GRACE, supervisor.LONGEST_PAUSE = 1.0, 0.25
came_up = supervisor.supervise(
    [supervisor.Program(name.rpartition(".")[2], name.split()) for name in sys.argv[1:]],
    os.environ,
    is_ready=lambda: not os.environ.get("NEVER_READY"),
    announce=lambda: print("READY", flush=True),
)
sys.exit(0 if came_up else 1)
