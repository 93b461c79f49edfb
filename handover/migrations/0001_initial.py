import django.db.models.deletion
import django_fsm
from django.conf import settings
from django.db import migrations, models

import incidents.fsm


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_initial"),
        ("incidents", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Handover",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "direction",
                    models.CharField(
                        choices=[
                            ("to_vendor", "Service partner to service desk"),
                            ("to_partner", "Service desk to service partner"),
                            ("shift", "Shift change of the service partner"),
                        ],
                        max_length=12,
                    ),
                ),
                ("call_at", models.DateTimeField(help_text="When the call begins, or the shift ends.")),
                (
                    "state",
                    incidents.fsm.StateField(
                        choices=[
                            ("draft", "Draft"),
                            ("offered", "Offered"),
                            ("closed", "Closed"),
                            ("lapsed", "Not offered"),
                        ],
                        default="draft",
                        max_length=20,
                        protected=True,
                    ),
                ),
                (
                    "from_user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "to_user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("drafted_at", models.DateTimeField()),
                ("offered_at", models.DateTimeField(blank=True, null=True)),
                ("leads_paged_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("is_nothing", models.BooleanField(default=False, verbose_name="nothing to hand over")),
                ("statement", models.TextField(blank=True, max_length=2000)),
                ("content_hash", models.CharField(blank=True, max_length=64)),
                ("call_began_at", models.DateTimeField(blank=True, null=True)),
                ("call_ended_at", models.DateTimeField(blank=True, null=True)),
                ("participants", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ("-call_at", "-id"),
                "indexes": [
                    models.Index(fields=["state", "offered_at"], name="handover_ha_state_d4cb74_idx")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("direction__in", ["to_vendor", "to_partner", "shift"])),
                        name="handover_direction_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["draft", "offered", "closed", "lapsed"])),
                        name="handover_state_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            models.Q(("direction", "shift"), _negated=True),
                            ("state__in", ["draft", "offered"]),
                        ),
                        fields=("direction", "call_at"),
                        name="handover_one_open_for_each_call",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("direction", "shift"), ("state__in", ["draft", "offered"])),
                        fields=("from_user",),
                        name="handover_one_shift_change_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["offered", "closed"]), _negated=True),
                            ("offered_at__isnull", False),
                            _connector="OR",
                        ),
                        name="handover_offered_says_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "closed"), _negated=True),
                            models.Q(
                                ("closed_at__isnull", False), models.Q(("content_hash", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="handover_closed_is_hashed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_nothing", False), models.Q(("statement", ""), _negated=True), _connector="OR"
                        ),
                        name="handover_nothing_is_a_statement",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("call_ended_at", None),
                            models.Q(
                                ("call_began_at__isnull", False),
                                ("call_ended_at__gte", models.F("call_began_at")),
                            ),
                            _connector="OR",
                        ),
                        name="handover_call_ends_after_it_begins",
                    ),
                ],
            },
            bases=(django_fsm.ConcurrentTransitionMixin, models.Model),
        ),
        migrations.CreateModel(
            name="ShiftPattern",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shift_patterns",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                            (7, "Bank holidays"),
                        ],
                        verbose_name="day",
                    ),
                ),
                ("starts", models.TimeField(help_text="On the clock in London, such as 17:45.")),
                ("ends", models.TimeField(help_text="Earlier than the start means the next day.")),
                ("valid_from", models.DateField(verbose_name="first day")),
                (
                    "valid_until",
                    models.DateField(
                        blank=True, help_text="Empty: no end.", null=True, verbose_name="last day"
                    ),
                ),
            ],
            options={
                "ordering": ("weekday", "starts", "person__name"),
                "indexes": [
                    models.Index(fields=["valid_from", "valid_until"], name="handover_sh_valid_f_64b702_idx")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("starts", models.F("ends")), _negated=True),
                        name="shift_has_a_length",
                        violation_error_message="A shift cannot start and end at the same time. Change one of them.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("weekday__in", [0, 1, 2, 3, 4, 5, 6, 7])),
                        name="shift_weekday_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until", None),
                            ("valid_until__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="shift_ends_after_it_begins",
                        violation_error_message="The last day must not be before the first day.",
                    ),
                    models.UniqueConstraint(
                        fields=("person", "weekday", "starts", "valid_from"),
                        name="shift_once",
                        violation_error_message="This person has this shift already.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HandoverAddendum",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "handover",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="addenda",
                        to="handover.handover",
                    ),
                ),
                ("text", models.TextField(max_length=2000)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("written_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name_plural": "handover addenda",
                "ordering": ("id",),
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="HandoverItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "handover",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="handover.handover",
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handover_items",
                        to="incidents.incident",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "severity",
                    models.CharField(
                        choices=[("critical", "Critical"), ("watch", "Watch"), ("stable", "Stable")],
                        default="critical",
                        max_length=10,
                    ),
                ),
                ("situation", models.TextField(max_length=3000)),
                ("background", models.TextField(blank=True, max_length=3000)),
                ("assessment", models.TextField(blank=True, max_length=3000)),
                ("next_steps", models.TextField(blank=True, max_length=3000)),
                ("not_tried", models.TextField(blank=True, max_length=3000)),
                ("promises", models.TextField(blank=True, max_length=3000)),
                (
                    "edited",
                    models.JSONField(
                        blank=True, default=list, help_text="What a person wrote: never drafted over."
                    ),
                ),
                (
                    "state",
                    incidents.fsm.StateField(
                        choices=[
                            ("waiting", "Waits for an answer"),
                            ("accepted", "Accepted"),
                            ("refused", "Refused"),
                            ("lapsed", "Closed meanwhile"),
                        ],
                        default="waiting",
                        max_length=20,
                        protected=True,
                    ),
                ),
                ("read_back", models.TextField(blank=True, max_length=2000)),
                ("refuse_reason", models.TextField(blank=True, max_length=2000)),
                (
                    "outcome",
                    models.CharField(blank=True, help_text="What became of it meanwhile.", max_length=200),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("position", "id"),
                "constraints": [
                    models.UniqueConstraint(fields=("handover", "incident"), name="handover_item_once"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "accepted", "refused", "lapsed"])),
                        name="handover_item_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("severity__in", ["critical", "watch", "stable"])),
                        name="handover_item_severity_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "accepted"), _negated=True),
                            models.Q(
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                                models.Q(("read_back", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="handover_item_accepted_was_read_back",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "refused"), _negated=True),
                            models.Q(
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                                models.Q(("refuse_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="handover_item_refused_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "lapsed"), _negated=True),
                            models.Q(("outcome", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="handover_item_lapsed_says_what",
                    ),
                ],
                "indexes": [],
            },
            bases=(django_fsm.ConcurrentTransitionMixin, models.Model),
        ),
        migrations.CreateModel(
            name="Page",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        help_text="Makes a page of the sweep come only once.", max_length=80, unique=True
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pages",
                        to="incidents.incident",
                    ),
                ),
                (
                    "handover",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pages",
                        to="handover.handover",
                    ),
                ),
                (
                    "call",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pages",
                        to="incidents.phonecall",
                    ),
                ),
                (
                    "due_at",
                    models.DateTimeField(blank=True, help_text="The promise that is late.", null=True),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pages",
                        to="accounts.team",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pages",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("words", models.CharField(help_text="What it is about, in one line.", max_length=200)),
                (
                    "reason",
                    models.TextField(help_text="Why they are paged, and what was tried.", max_length=2000),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("paged_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                (
                    "acknowledged_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("answer", models.TextField(blank=True, max_length=2000)),
                (
                    "proposals",
                    models.ManyToManyField(blank=True, related_name="told_by_pages", to="incidents.proposal"),
                ),
            ],
            options={
                "ordering": ("-paged_at", "-id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("team__isnull", False), ("user", None)),
                            models.Q(("team", None), ("user__isnull", False)),
                            _connector="OR",
                        ),
                        name="page_goes_to_a_team_or_a_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("acknowledged_at", None), ("acknowledged_by", None)),
                            models.Q(("acknowledged_at__isnull", False), ("acknowledged_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="page_answered_says_by_whom",
                    ),
                ],
                "indexes": [],
            },
        ),
    ]
