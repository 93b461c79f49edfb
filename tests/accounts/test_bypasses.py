"""Nothing changes rows behind the audit trail's back, and what may says why."""

import pytest
from auditlog.models import LogEntry

from accounts.audit import acting_as
from accounts.bulk import update_all
from accounts.chain import linking
from accounts.chain.verifying import verify
from accounts.models import Team, User
from tests import bypasses, factories


@pytest.mark.parametrize(
    "line",
    [
        "Incident.objects.filter(pk=1).update(state='x')",
        "rows.update(**fields)",
        "Note.objects.bulk_create(rows)",
        "bulk_update(rows, ['state'])",
        "Note.objects.filter(pk=1).delete()",
        "await rows.aupdate(state='x')",
        "cursor.execute('UPDATE x SET y = 1')",
        "Note.objects.raw('DELETE FROM x')",
        "rows._raw_delete('default')",
        "with disable_auditlog(): pass",
    ],
)
def test_each_way_around_the_trail_is_found_in_its_function(line: str) -> None:
    source = f"class Service:\n    async def act(self):\n        {line}\n"
    (place,) = bypasses.found_in(source, "incidents/services.py")
    assert (place.key, place.line) == ("incidents/services.py::Service.act", 3)
    (told,) = bypasses.complaints([place], {})
    assert told.startswith("incidents/services.py:3: ")
    assert bypasses.complaints([place], {place.key: "because"}) == []
    assert bypasses.complaints([place], {place.key: ""}) == [told]


@pytest.mark.parametrize(
    "line",
    ["kept.update(other)", "facts.update({'a': 1})", "row.save()", "form.delete(now)", "create_all(rows)"],
)
def test_what_the_trail_hears_is_left_in_peace(line: str) -> None:
    assert list(bypasses.found_in(line, "incidents/services.py")) == []


def test_a_reason_without_a_place_is_taken_out() -> None:
    (told,) = bypasses.complaints([], {"incidents/gone.py::act": "because"})
    assert "incidents/gone.py::act does nothing of the kind" in told


def test_nothing_in_the_apps_goes_around_the_trail_without_a_reason() -> None:
    assert bypasses.complaints(bypasses.everywhere(), bypasses.ALLOWED) == []


def test_rows_that_are_updated_or_deleted_at_once_leave_their_trail(engineer: User) -> None:
    teams = [factories.make_team(name=f"Team {number}") for number in range(3)]
    rows = Team.objects.filter(pk__in=[team.pk for team in teams[:2]])
    with acting_as(engineer, "task"):
        assert update_all(rows, name="Database on call") == 2
        assert update_all(rows, name="Database on call") == 2
        Team.objects.filter(pk=teams[2].pk).delete()
    for team in teams[:2]:
        last = LogEntry.objects.get_for_object(team).latest("id")
        assert last.changes == {"name": [team.name, "Database on call"]}
        assert (last.actor, last.action) == (engineer, LogEntry.Action.UPDATE)
        assert LogEntry.objects.get_for_object(team).count() == 2  # what is so already, is no change
    gone = LogEntry.objects.filter(object_id=teams[2].pk, content_type__model="team").latest("id")
    assert gone.action == LogEntry.Action.DELETE
    linking.link_new()
    assert verify().broken == []
