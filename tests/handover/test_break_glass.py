"""Break-glass: one role of one's own side for a while, with a reason, an alarm, and a review."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError

from accounts import break_glass, people
from accounts.errors import Conflict
from accounts.models import AccessEvent, BreakGlass, User
from accounts.roles import BREAK_GLASS, PERMISSIONS, SIDES, Permission, Role, permissions_of
from accounts.sign_in import factors
from handover import glass
from incidents.models import OutboxRow
from incidents.outbox import services as outbox
from tests.factories import PASSWORD, SUNDAY_NIGHT

WHY = "The lead does not answer since 01:40; the gate has to be overridden"


def again(person: User) -> User:
    return User.objects.get(pk=person.pk)


def test_no_role_that_can_be_taken_approves_agrees_or_manages_people() -> None:
    never = {
        Permission.APPROVE_SOP, Permission.WRITE_SOP, Permission.AGREE_ACTION, Permission.APPROVE_TEMPLATE,
        Permission.MANAGE_PEOPLE, Permission.REVIEW_ACCESS, Permission.VIEW_AUDIT, Permission.USE_ADMIN,
    }  # fmt: skip
    assert not {role for role in BREAK_GLASS if PERMISSIONS[role] & never}
    assert all(SIDES[taker] & SIDES[role] for role, takers in BREAK_GLASS.items() for taker in takers)


def test_a_role_is_lent_for_its_hours_with_an_alarm(
    engineer: User, manager: User, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_URL, settings.EMAIL_BACKEND = "x", "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(SUNDAY_NIGHT, tick=False) as clock:
        assert not engineer.has_perm(Permission.OVERRIDE_GATE)
        made = glass.take(role=Role.OOH_LEAD, reason=WHY, by=engineer)
        assert again(engineer).has_perm(Permission.OVERRIDE_GATE)
        assert again(engineer).roles == {Role.OOH_ENGINEER}
        row = OutboxRow.objects.get(event=glass.EVENT)
        glass.deliver(row)
        (sent,) = mail.outbox
        assert (sent.to, WHY in sent.body, "/break-glass/" in sent.body) == ([manager.email], True, True)
        clock.shift(timedelta(hours=4))
        assert not again(engineer).has_perm(Permission.OVERRIDE_GATE)
    assert AccessEvent.objects.get(kind="glass_broken").person == engineer
    assert made.until == SUNDAY_NIGHT + timedelta(hours=4)


def test_the_taker_does_not_drop_the_alarm(engineer: User, manager: User) -> None:
    glass.take(role=Role.OOH_LEAD, reason=WHY, by=engineer)
    OutboxRow.objects.filter(event=glass.EVENT).update(parked_at=SUNDAY_NIGHT)
    row = OutboxRow.objects.get(event=glass.EVENT)
    with pytest.raises(Conflict):
        outbox.drop_row(row.pk, reason="Not needed", by=again(engineer))
    assert outbox.drop_row(row.pk, reason="Heard of it by telephone", by=manager).dropped_at


@pytest.mark.parametrize("text", ["NHS number 999 123 4567 cannot be opened, nobody answers"])
def test_a_reason_with_patient_data_is_refused_and_kept_nowhere(
    text: str, engineer: User, manager: User
) -> None:
    for act in (
        lambda: glass.take(role=Role.OOH_LEAD, reason=text, by=engineer),
        lambda: people.end_access(engineer, reason=text, by=manager),
        lambda: factors.reset(engineer, reason=text, by=manager),
    ):
        with pytest.raises(ValidationError, match="Remove the patient identifier"):
            act()
    assert not AccessEvent.objects.filter(detail__contains="999").exists()
    assert again(engineer).is_working


def test_without_a_service_manager_the_alarm_is_parked_in_words(engineer: User) -> None:
    glass.take(role=Role.OOH_LEAD, reason=WHY, by=engineer)
    with pytest.raises(glass.CannotDeliver, match="no service manager"):
        glass.deliver(OutboxRow.objects.get(event=glass.EVENT))


def test_the_wall_does_not_move(engineer: User) -> None:
    """Whatever stands in the columns of a partner's person."""
    for role in Role:
        lent = again(engineer)
        lent.glass_role, lent.glass_until = role, SUNDAY_NIGHT + timedelta(days=3650)
        assert lent.glass == {role}
        assert not lent.has_perm(Permission.VIEW_PRODUCT_NOTE)
        assert not lent.has_perm(Permission.ADD_PRODUCT_NOTE)
        assert Permission.VIEW_PRODUCT_NOTE not in permissions_of({role}, "partner")


@pytest.mark.parametrize(
    ("who", "role", "error"),
    [
        ("engineer", Role.SERVICE_MANAGER, ValidationError),
        ("engineer", Role.DESK_ANALYST, ValidationError),
        ("engineer", Role.SOP_APPROVER, ValidationError),
        ("specialist", Role.OOH_LEAD, ValidationError),
        ("lead", Role.OOH_LEAD, ValidationError),
        ("engineer", "nonsense", ValidationError),
        ("partner_auditor", Role.OOH_LEAD, PermissionDenied),
        ("approver", Role.DESK_ANALYST, PermissionDenied),
    ],
)
def test_only_what_the_table_lends_can_be_taken(
    who: str, role: str, error: type[Exception], request: Any
) -> None:
    with pytest.raises(error):
        glass.take(role=role, reason=WHY, by=request.getfixturevalue(who))
    assert not BreakGlass.objects.exists()
    assert not OutboxRow.objects.filter(event=glass.EVENT).exists()


def test_a_second_one_waits_for_the_first(engineer: User) -> None:
    made = glass.take(role=Role.OOH_LEAD, reason=WHY, by=engineer)
    with pytest.raises(Conflict):
        glass.take(role=Role.OOH_LEAD, reason=WHY, by=again(engineer))
    break_glass.give_back(made.pk, by=engineer)
    break_glass.give_back(made.pk, by=engineer)
    assert not again(engineer).has_perm(Permission.OVERRIDE_GATE)
    glass.take(role=Role.OOH_LEAD, reason=WHY, by=again(engineer))


def test_who_took_it_does_not_review_it(specialist: User, manager: User, engineer: User, lead: User) -> None:
    theirs = glass.take(role=Role.DESK_ANALYST, reason=WHY, by=manager)
    for by in (manager, specialist, lead):
        with pytest.raises(PermissionDenied):
            break_glass.review(theirs.pk, finding="Fine", by=by)
    other = glass.take(role=Role.OOH_LEAD, reason=WHY, by=engineer)
    with pytest.raises(ValidationError):
        break_glass.review(other.pk, finding=" ", by=manager)
    assert break_glass.review(other.pk, finding="Right: nobody answered", by=manager).reviewed_by == manager
    with pytest.raises(Conflict):
        break_glass.review(other.pk, finding="Wrong", by=manager)


def test_on_the_page_it_is_taken_taken_back_and_reviewed(browse: Any, engineer: User, manager: User) -> None:
    taker, reviewer = browse(engineer), browse(manager)
    form = {"role": "ooh_lead", "reason": WHY}
    assert taker.post("/break-glass/take/", form)["Location"].startswith("/lock/")
    taker.post("/lock/", {"password": PASSWORD})
    short = taker.post("/break-glass/take/", {"role": "ooh_lead", "reason": "Because"})
    assert (short.status_code, "Say whom you could not reach" in short.content.decode()) == (422, True)
    assert "Because" in short.content.decode()
    taker.post("/break-glass/take/", form)
    use = BreakGlass.objects.get()
    assert "Open until" in reviewer.get("/break-glass/").content.decode()
    assert taker.post(f"/break-glass/{use.pk}/review/", {"finding": "Fine"}).status_code == 403
    reviewer.post(f"/break-glass/{use.pk}/give-back/")
    assert not again(engineer).glass
    assert reviewer.post(f"/break-glass/{use.pk}/review/", {"finding": ""}).status_code == 422
    reviewer.post(f"/break-glass/{use.pk}/review/", {"finding": "Was right"})
    assert "Was right" in taker.get("/break-glass/").content.decode()


def test_uses_are_shown_to_who_may_see_them(
    engineer: User, lead: User, manager: User, partner_auditor: User, vendor_auditor: User, browse: Any,
    author: User,
) -> None:  # fmt: skip
    use = glass.take(role=Role.OOH_LEAD, reason=WHY, by=engineer)
    other = glass.take(role=Role.DESK_ANALYST, reason=WHY, by=manager)
    seen = {
        who: set(BreakGlass.objects.visible_to(who))
        for who in (engineer, lead, manager, partner_auditor, author)
    }
    assert seen == {
        engineer: {use}, lead: set(), manager: {use, other}, partner_auditor: {use}, author: set(),
    }  # fmt: skip
    assert browse(author).get("/break-glass/").status_code == 403
    assert browse(vendor_auditor).get("/break-glass/").status_code == 200
    assert browse(lead).post(f"/break-glass/{use.pk}/give-back/").status_code == 404
