"""An SOP as one YAML file that can live in git: the same content gives the same bytes, and back again."""

from sops.yaml_form.mistakes import Mistake, Refused
from sops.yaml_form.plain import MOST_BYTES
from sops.yaml_form.reading import Read, read
from sops.yaml_form.writing import write

__all__ = ["MOST_BYTES", "Mistake", "Read", "Refused", "read", "write"]
