"""Let the tests empty their tables, which the desk's own triggers refuse; they are made again at once."""

from typing import Any

import pytest
from django.db.backends.base.operations import BaseDatabaseOperations

from accounts.chain import guarding

_flush = BaseDatabaseOperations.execute_sql_flush


def _flush_unguarded(self: BaseDatabaseOperations, sql_list: Any) -> None:
    guarding.remove()
    _flush(self, sql_list)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """After a flush Django says `post_migrate`, and that makes the triggers."""
    BaseDatabaseOperations.execute_sql_flush = _flush_unguarded  # type: ignore[method-assign]
