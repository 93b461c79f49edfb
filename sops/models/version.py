"""A numbered version of an SOP: what the vendor approves, and what a run is pinned to."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django_fsm import transition

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Permission, Side
from incidents.fsm import StateField, StatefulModel
from sops.models.sop import Sop, may_write

TEXTS = ("summary", "use_when", "stop_when", "way_back", "preconditions")
# What a version says. Fixed from submission on: the approver decides on just this.
CONTENT = ("sop_id", "number", "author_id", "touches_product_data", *TEXTS)
# What its approval says. Fixed from approval on.
APPROVAL = ("approver_id", "approved_at", "review_on", "content_hash")


class VersionState(models.TextChoices):
    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Waiting for approval"
    APPROVED = "approved", "Approved"
    SENT_BACK = "sent_back", "Sent back"
    SUPERSEDED = "superseded", "Superseded"
    WITHDRAWN = "withdrawn", "Withdrawn"


EDITABLE = (VersionState.DRAFT, VersionState.SENT_BACK)
ONCE_APPROVED = (VersionState.APPROVED, VersionState.SUPERSEDED)


def is_author(version: "SopVersion", user: User) -> bool:
    """Its author writes it, while they may write this SOP; another author starts a version of their own."""
    return user.pk == version.author_id and may_write(version.sop, user)


def is_another_approver(version: "SopVersion", user: User) -> bool:
    """Four eyes: an approver of the vendor who did not write it. Being a superuser helps nobody."""
    return is_approver(version, user) and user.pk != version.author_id


def is_approver(version: "SopVersion", user: User) -> bool:
    return user.has_perm(Permission.APPROVE_SOP) and user.side == Side.VENDOR


def may_withdraw(version: "SopVersion", user: User) -> bool:
    """Taking out of force needs an approver; what was never in force its author may take back too."""
    never_in_force = version.state != VersionState.APPROVED
    return is_approver(version, user) or (never_in_force and is_author(version, user))


class SopVersionQuerySet(models.QuerySet["SopVersion"]):
    def visible_to(self, user: Any) -> Self:
        """The vendor sees every version. The partner sees what was approved: nothing else may be followed."""
        if not user.has_perm(Permission.VIEW_SOP):
            return self.none()
        return self if user.side == Side.VENDOR else self.filter(approved_at__isnull=False)

    def approved(self) -> Self:
        return self.filter(state=VersionState.APPROVED)

    def in_force(self, day: date) -> Self:
        """Approved, and not past its review date on this local day. Suspensions are a matter of their own."""
        return self.approved().filter(review_on__gte=day)

    def waiting(self) -> Self:
        return self.filter(state=VersionState.SUBMITTED)


class SopVersion(StatefulModel):
    """Text and typed steps. It moves only through `sops.services`, and says what touches no product data."""

    State = VersionState

    sop = models.ForeignKey(Sop, on_delete=models.PROTECT, related_name="versions", verbose_name="SOP")
    number = models.PositiveSmallIntegerField()
    state = StateField(choices=VersionState.choices, default=VersionState.DRAFT)
    summary = models.TextField("why it changes", max_length=1000, help_text="For the approver.")
    use_when = models.TextField(max_length=1000, help_text="The situation it is for.")
    stop_when = models.TextField(
        max_length=1000, help_text="What must make the engineer stop, and do instead."
    )
    way_back = models.TextField(
        max_length=1000, help_text="How its changes are undone, or why none are needed."
    )
    preconditions = models.TextField(
        max_length=1000, blank=True, help_text="What must be true before it starts."
    )
    touches_product_data = models.BooleanField(default=False, editable=False)

    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="written_versions")
    author_side = models.CharField(max_length=10, default=Side.VENDOR, editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    decision_reason = models.TextField(max_length=1000, blank=True, editable=False)
    approver = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="approved_versions",
    )
    approver_side = models.CharField(max_length=10, blank=True, editable=False)
    approved_at = models.DateTimeField(null=True, blank=True, editable=False)
    review_on = models.DateField("review by", null=True, blank=True, editable=False)
    content_hash = models.CharField("fingerprint", max_length=64, blank=True, editable=False)

    objects = SopVersionQuerySet.as_manager()

    class Meta:
        verbose_name = "SOP version"
        ordering = ("sop", "-number")
        constraints = (
            models.UniqueConstraint(fields=["sop", "number"], name="sop_version_number_once"),
            models.UniqueConstraint(
                fields=["sop"], condition=Q(state="approved"), name="sop_one_approved_version",
            ),
            models.CheckConstraint(
                condition=Q(state__in=VersionState.values), name="sop_version_state_known",
            ),
            models.CheckConstraint(
                condition=Q(approver=None) | ~Q(approver=F("author")), name="sop_version_four_eyes",
                violation_error_message="Its author cannot approve it.",
            ),
            models.CheckConstraint(
                condition=Q(author_side="vendor") & (Q(approver=None) | Q(approver_side="vendor")),
                name="sop_version_vendor_writes_and_approves",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "superseded"])
                | Q(approver__isnull=False, approved_at__isnull=False, review_on__isnull=False)
                & ~Q(content_hash=""),
                name="sop_version_approved_says_who_when_until",
            ),
            models.CheckConstraint(
                condition=Q(touches_product_data=False), name="sop_version_touches_no_product_data",
                violation_error_message="The service never touches product data.",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.sop.code} version {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuses to change what was submitted, and what was approved."""
        if self.pk is not None and not self._state.adding:
            self._refuse_changed_content()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("Versions are never deleted. Withdraw it.")

    def _refuse_changed_content(self) -> None:
        before = type(self).objects.filter(pk=self.pk).values("state", *CONTENT, *APPROVAL).first()
        if before is None or before["state"] in EDITABLE:
            return
        fixed: Iterable[str] = CONTENT
        if before["approved_at"] is not None:
            fixed = (*CONTENT, *APPROVAL)
        if any(getattr(self, name) != before[name] for name in fixed):
            words = f"{self} is {VersionState(before['state']).label.lower()}, and cannot be changed"
            raise Conflict(words, "Start a new version instead.")

    # Facts of one object, without a query

    @property
    def is_editable(self) -> bool:
        return self.state in EDITABLE

    @property
    def was_approved(self) -> bool:
        return self.approved_at is not None

    @property
    def keeps_approval(self) -> bool:
        """Whether what began under it may go on: a newer version takes nothing back, a withdrawal does."""
        return self.state in ONCE_APPROVED

    def is_expired_on(self, day: date) -> bool:
        """Past its review date on this local day; the review date itself is its last day."""
        return self.review_on is not None and self.review_on < day

    # The transitions: own fields only. `sops.services.versions` calls them.

    @transition(
        field=state, source=[VersionState.DRAFT, VersionState.SENT_BACK], target=VersionState.SUBMITTED,
        permission=is_author,
    )  # fmt: skip
    def submit(self, *, by: User, at: datetime, content_hash: str) -> None:
        self.submitted_at, self.content_hash = at, content_hash
        self.decided_by, self.decided_at, self.decision_reason = None, None, ""

    @transition(
        field=state,
        source=VersionState.SUBMITTED,
        target=VersionState.APPROVED,
        permission=is_another_approver,
    )
    def approve(self, *, by: User, at: datetime, reason: str, review_on: date) -> None:
        self.approver, self.approver_side, self.approved_at, self.review_on = by, by.side or "", at, review_on
        self.decided_by, self.decided_at, self.decision_reason = by, at, reason

    @transition(
        field=state,
        source=VersionState.SUBMITTED,
        target=VersionState.SENT_BACK,
        permission=is_another_approver,
    )
    def send_back(self, *, by: User, at: datetime, reason: str) -> None:
        self.decided_by, self.decided_at, self.decision_reason = by, at, reason

    @transition(
        field=state, source=VersionState.APPROVED, target=VersionState.SUPERSEDED, permission=is_approver
    )
    def supersede(self, *, by: User, at: datetime) -> None:
        """A newer version took its place. Runs that have begun stay on this one."""

    @transition(
        field=state, target=VersionState.WITHDRAWN, permission=may_withdraw,
        source=[VersionState.DRAFT, VersionState.SENT_BACK, VersionState.SUBMITTED, VersionState.APPROVED],
    )  # fmt: skip
    def withdraw(self, *, by: User, at: datetime, reason: str) -> None:
        self.decided_by, self.decided_at, self.decision_reason = by, at, reason
