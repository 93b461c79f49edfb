"""Says so, and ends at once with exit code 1."""

import sys

sys.exit("cannot")
