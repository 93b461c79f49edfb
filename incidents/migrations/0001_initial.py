import uuid

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import django_fsm
from django.conf import settings
from django.db import migrations, models

import incidents.fsm
import incidents.models.incident
import incidents.models.subscriber


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertFeed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "source",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alert_feed",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("last_heard_at", models.DateTimeField(blank=True, null=True)),
                ("minute_at", models.DateTimeField(blank=True, null=True)),
                ("used", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("refused_since", models.DateTimeField(blank=True, null=True)),
                ("refused_last_at", models.DateTimeField(blank=True, null=True)),
                (
                    "reason",
                    models.CharField(blank=True, help_text="Why the last one was refused.", max_length=500),
                ),
                (
                    "seen_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("refused", 0),
                            models.Q(
                                ("refused_since__isnull", False), models.Q(("reason", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="alert_feed_refused_says_why",
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="CalendarDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("date", models.DateField()),
                (
                    "nation",
                    models.CharField(
                        choices=[
                            ("ENG", "England"),
                            ("WLS", "Wales"),
                            ("SCT", "Scotland"),
                            ("NIR", "Northern Ireland"),
                        ],
                        max_length=3,
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                (
                    "kind",
                    models.CharField(
                        choices=[("added", "Added"), ("withdrawn", "Withdrawn")],
                        default="added",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("is_current", models.BooleanField(default=True)),
                (
                    "entered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("entered_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ("-date",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("date", "nation"),
                        name="calendar_day_once_per_nation",
                        violation_error_message="This date is changed for this nation already. Change that row instead.",
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("beat_at", models.DateTimeField()),
            ],
            options={
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="Incident",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(editable=False, max_length=20, unique=True)),
                (
                    "public_id",
                    models.CharField(
                        default=incidents.models.incident.public_token,
                        editable=False,
                        max_length=8,
                        unique=True,
                    ),
                ),
                (
                    "state",
                    incidents.fsm.StateField(
                        choices=[
                            ("logged", "Logged"),
                            ("triaging", "Triaging"),
                            ("sop", "SOP"),
                            ("escalated", "Escalated"),
                            ("handed_over", "Handed over"),
                            ("resolved", "Resolved"),
                            ("declined", "Declined"),
                        ],
                        default="logged",
                        max_length=20,
                        protected=True,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("phone", "Telephone"),
                            ("api", "Service desk"),
                            ("alert", "Monitoring alert"),
                        ],
                        default="phone",
                        max_length=10,
                    ),
                ),
                ("is_rehearsal", models.BooleanField(default=False)),
                ("caller_name", models.CharField(max_length=120)),
                ("call_back_number", models.CharField(max_length=40)),
                ("is_call_back_read_back", models.BooleanField(default=False)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incidents",
                        to="accounts.customer",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incidents",
                        to="accounts.service",
                    ),
                ),
                (
                    "component",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incidents",
                        to="accounts.component",
                    ),
                ),
                (
                    "failure",
                    models.CharField(
                        choices=[
                            ("cannot_sign_in", "Nobody can sign in"),
                            ("does_not_open", "Does not open"),
                            ("messages_not_processed", "Clinical messages are not processed"),
                            ("slow", "Slow"),
                            ("partial", "Some parts do not work"),
                            ("printing", "Printing"),
                            ("data", "Wrong or missing data"),
                            ("how_to", "How to do something"),
                            ("other", "Something else"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "who_affected",
                    models.CharField(
                        choices=[
                            ("everyone_all_sites", "Everyone, at every site"),
                            ("everyone_one_site", "Everyone at one site"),
                            ("department", "One ward or department"),
                            ("one_person", "One person or one printer"),
                            ("unknown", "Not known"),
                        ],
                        max_length=30,
                    ),
                ),
                ("error_text", models.CharField(blank=True, max_length=500)),
                ("began_at", models.DateTimeField(blank=True, null=True)),
                ("is_began_approximate", models.BooleanField(default=True)),
                ("impact", models.TextField(blank=True, max_length=2000)),
                (
                    "patient_safety",
                    models.CharField(
                        choices=[("yes", "Yes"), ("no", "No"), ("unknown", "Not known")],
                        default="unknown",
                        max_length=10,
                    ),
                ),
                (
                    "continuity",
                    models.CharField(
                        choices=[
                            ("in_use", "In use"),
                            ("not_in_use", "Not in use"),
                            ("unknown", "Not known"),
                        ],
                        default="unknown",
                        max_length=12,
                    ),
                ),
                ("continuity_since_at", models.DateTimeField(blank=True, null=True)),
                ("customer_changes", models.CharField(blank=True, max_length=500)),
                ("customer_reference", models.CharField(blank=True, max_length=60)),
                (
                    "gate_outcome",
                    models.CharField(
                        choices=[
                            ("accept", "Accepted"),
                            ("decline", "Not covered"),
                            ("pass_to_lead", "For the duty lead"),
                            ("ask", "Not known yet"),
                        ],
                        max_length=15,
                    ),
                ),
                ("gate_rule", models.CharField(blank=True, max_length=40)),
                ("gate_verdict", models.JSONField(default=dict)),
                ("override_reason", models.TextField(blank=True, max_length=1000)),
                (
                    "override_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("override_at", models.DateTimeField(blank=True, null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="owned_incidents",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner_side",
                    models.CharField(
                        choices=[("partner", "Service partner"), ("vendor", "Vendor")],
                        default="partner",
                        max_length=10,
                    ),
                ),
                ("next_action", models.CharField(max_length=300)),
                ("next_update_due_at", models.DateTimeField(blank=True, null=True)),
                ("update_warned_for", models.DateTimeField(blank=True, null=True)),
                ("update_late_told_for", models.DateTimeField(blank=True, null=True)),
                ("has_running_sop", models.BooleanField(default=False)),
                ("public_phase", models.CharField(blank=True, max_length=15)),
                ("reported_at", models.DateTimeField(help_text="When the call or the alert began.")),
                ("logged_at", models.DateTimeField()),
                (
                    "logged_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("triaged_at", models.DateTimeField(blank=True, null=True)),
                ("escalated_at", models.DateTimeField(blank=True, null=True)),
                ("escalated_to", models.CharField(blank=True, max_length=80)),
                ("handed_over_at", models.DateTimeField(blank=True, null=True)),
                ("declined_at", models.DateTimeField(blank=True, null=True)),
                ("decline_rule", models.CharField(blank=True, max_length=40)),
                ("told_caller", models.TextField(blank=True, max_length=1000)),
                ("restored_at", models.DateTimeField(blank=True, null=True)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                ("resolution", models.TextField(blank=True, max_length=2000)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ("-logged_at",),
                "permissions": [("share_incident", "Can see one shared incident")],
                "indexes": [
                    models.Index(fields=["state", "next_update_due_at"], name="incidents_i_state_b70890_idx"),
                    models.Index(fields=["changed_at", "id"], name="incidents_i_changed_4f3915_idx"),
                    models.Index(fields=["reported_at"], name="incidents_i_reporte_fa94a0_idx"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "logged",
                                    "triaging",
                                    "sop",
                                    "escalated",
                                    "handed_over",
                                    "resolved",
                                    "declined",
                                ],
                            )
                        ),
                        name="incident_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "resolved"), _negated=True),
                            models.Q(("resolved_at__isnull", False), ("restored_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="incident_resolved_says_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "declined"), _negated=True),
                            models.Q(("decline_rule", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="incident_declined_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("next_action", ""), _negated=True),
                        name="incident_says_what_comes_next",
                    ),
                ],
            },
            bases=(django_fsm.ConcurrentTransitionMixin, models.Model),
        ),
        migrations.CreateModel(
            name="Maintenance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=incidents.models.incident.public_token,
                        editable=False,
                        max_length=8,
                        unique=True,
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "planned_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("planned_at", models.DateTimeField(auto_now_add=True)),
                ("services", models.ManyToManyField(related_name="maintenances", to="accounts.service")),
            ],
            options={
                "ordering": ("starts_at", "id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="maintenance_ends_after",
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="RateBudget",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("total", models.PositiveIntegerField()),
                ("remaining", models.IntegerField()),
                ("resets_at", models.DateTimeField()),
            ],
            options={
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="ReceivedAlerts",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=20)),
                ("alerts", models.JSONField(help_text="As read: our own fields, not the body that came.")),
                (
                    "received_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("received_at", models.DateTimeField(auto_now_add=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name_plural": "received alerts",
                "ordering": ("id",),
                "indexes": [
                    models.Index(condition=models.Q(("done_at", None)), fields=["id"], name="received_undone")
                ],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="ReferenceCounter",
            fields=[
                ("year", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("last", models.PositiveIntegerField(default=0)),
            ],
            options={
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="RemoteIncident",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("place", models.CharField(max_length=12)),
                ("public_id", models.CharField(max_length=8)),
                ("remote_id", models.CharField(max_length=120)),
                ("known_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("place", "public_id"), name="remote_incident_once_a_place"
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="StatusTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("investigating", "Investigating"),
                            ("identified", "Identified"),
                            ("monitoring", "Monitoring"),
                            ("resolved", "Resolved"),
                        ],
                        max_length=15,
                    ),
                ),
                ("words", models.TextField(max_length=1500)),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("written_at", models.DateTimeField(auto_now_add=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("phase", "name"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by", None),
                            models.Q(("approved_by", models.F("written_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="status_template_four_eyes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_at", None), ("approved_by", None)),
                            models.Q(("approved_at__isnull", False), ("approved_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="status_template_approved_by_somebody",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("approved_at__isnull", False), ("withdrawn_at", None)),
                        fields=("name",),
                        name="status_template_name_once_in_force",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Subscriber",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(choices=[("email", "E-mail"), ("webhook", "Webhook")], max_length=8),
                ),
                ("address", models.CharField(max_length=300)),
                (
                    "token",
                    models.CharField(
                        default=incidents.models.subscriber.new_token,
                        editable=False,
                        max_length=60,
                        unique=True,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("ended_reason", models.CharField(blank=True, max_length=300)),
                (
                    "failures",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Deliveries refused for good, in a row."
                    ),
                ),
                ("services", models.ManyToManyField(blank=True, related_name="+", to="accounts.service")),
            ],
            options={
                "ordering": ("id",),
                "indexes": [
                    models.Index(
                        django.db.models.functions.text.Lower("address"),
                        models.F("kind"),
                        models.F("asked_at"),
                        name="subscriber_asked",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("address"),
                        models.F("kind"),
                        condition=models.Q(("confirmed_at__isnull", False), ("ended_at", None)),
                        name="subscriber_address_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at", None), models.Q(("ended_reason", ""), _negated=True), _connector="OR"
                        ),
                        name="subscriber_ended_says_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SyncCursor",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("since", models.DateTimeField()),
                ("ran_at", models.DateTimeField(blank=True, null=True)),
                ("last_error", models.CharField(blank=True, max_length=300)),
                (
                    "is_behind",
                    models.BooleanField(
                        default=False,
                        help_text="The last poll did not reach the end: the next one goes on from `since`.",
                    ),
                ),
            ],
            options={
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachments",
                        to="incidents.incident",
                    ),
                ),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=120)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("png", "PNG picture"),
                            ("jpg", "JPEG picture"),
                            ("pdf", "PDF"),
                            ("txt", "Text"),
                        ],
                        help_text="By its content, not by its name.",
                        max_length=4,
                    ),
                ),
                ("size", models.PositiveIntegerField()),
                (
                    "content_hash",
                    models.CharField(help_text="SHA-256 of the file as it is kept.", max_length=64),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("quarantined", "In quarantine"),
                            ("released", "Released"),
                            ("purged", "Purged"),
                        ],
                        default="quarantined",
                        max_length=12,
                    ),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "released_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("released_at", models.DateTimeField(blank=True, null=True)),
                (
                    "purge_asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("purge_asked_at", models.DateTimeField(blank=True, null=True)),
                ("purge_reason", models.CharField(blank=True, max_length=300)),
                (
                    "purged_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("purged_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("-added_at", "-id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "released"), _negated=True),
                            models.Q(("released_at__isnull", False), ("released_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="attachment_released_says_by_whom",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "purged"), _negated=True),
                            models.Q(
                                ("purge_asked_by__isnull", False),
                                ("purged_at__isnull", False),
                                ("purged_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="attachment_purged_says_by_whom",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("purged_by", None),
                            models.Q(("purged_by", models.F("purge_asked_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="attachment_purged_by_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("purge_asked_by", None),
                            models.Q(
                                ("purge_asked_at__isnull", False),
                                models.Q(("purge_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="attachment_purge_says_why",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="GuardDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="guard_decisions",
                        to="incidents.incident",
                    ),
                ),
                ("field", models.CharField(help_text="Which field, by its name.", max_length=60)),
                (
                    "place",
                    models.CharField(blank=True, help_text="Which page, answer or task.", max_length=120),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("nhs_number", "NHS number"),
                            ("chi_number", "CHI number"),
                            ("hc_number", "H&C number"),
                            ("hospital_number", "Hospital number"),
                            ("insurer_number", "Insurer's number"),
                            ("patient_name", "Patient's name"),
                            ("date_of_birth", "Date of birth"),
                            ("ward_and_bed", "Patient's name with a bed"),
                            ("address", "Patient's address"),
                            ("phone", "Patient's phone number"),
                            ("email", "Patient's e-mail address"),
                            ("hl7_segment", "HL7 patient segment"),
                        ],
                        max_length=20,
                    ),
                ),
                ("count", models.PositiveSmallIntegerField(default=1)),
                ("level", models.CharField(choices=[("block", "Block"), ("warn", "Warn")], max_length=5)),
                (
                    "decision",
                    models.CharField(
                        choices=[
                            ("refused", "Refused"),
                            ("sent", "Sent as it is"),
                            ("masked", "Masked on its way in"),
                            ("passed", "Passed, by the API"),
                        ],
                        max_length=10,
                    ),
                ),
            ],
            options={
                "ordering": ("-at", "-id"),
                "indexes": [models.Index(fields=["at"], name="guard_decision_at")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("level", "block"), _negated=True),
                            ("decision__in", ["refused", "masked"]),
                            _connector="OR",
                        ),
                        name="guard_decision_never_lets_block_pass",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("count__gte", 1)), name="guard_decision_counts"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IncidentGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "permission",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                (
                    "given_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("given_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField()),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "content_object",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "ordering": ("-given_at", "-id"),
                "abstract": False,
                "indexes": [models.Index(fields=["user", "expires_at"], name="incidentgrant_held")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="incidentgrant_says_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("given_at"))),
                        name="incidentgrant_has_an_end",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("withdrawn_at", None), ("withdrawn_by", None)),
                            models.Q(("withdrawn_at__isnull", False), ("withdrawn_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="incidentgrant_withdrawn_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IntakeDraft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="intake_drafts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("fields", models.JSONField(default=dict)),
                ("call_began_at", models.DateTimeField()),
                ("saved_at", models.DateTimeField(auto_now=True)),
                ("discarded_at", models.DateTimeField(blank=True, null=True)),
                (
                    "incident",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="draft",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "ordering": ("-saved_at",),
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="incidents.incident",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="accounts.customer",
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                (
                    "until",
                    models.DateField(
                        blank=True, help_text="The last day. Empty: until it is lifted.", null=True
                    ),
                ),
                (
                    "placed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("placed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "lifted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                ("lifted_reason", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ("-placed_at", "-id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("incident", None), ("customer", None), _connector="OR"),
                        name="hold_of_one_thing_or_of_all",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="hold_says_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lifted_at", None), ("lifted_by", None)),
                            models.Q(
                                ("lifted_at__isnull", False),
                                ("lifted_by__isnull", False),
                                models.Q(("lifted_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="hold_lifted_says_by_whom_and_why",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="MaintenanceUpdate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "maintenance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="updates",
                        to="incidents.maintenance",
                    ),
                ),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("scheduled", "Scheduled"),
                            ("in_progress", "In progress"),
                            ("verifying", "Verifying"),
                            ("completed", "Completed"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=12,
                    ),
                ),
                ("words", models.TextField(max_length=2000)),
                (
                    "posted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("posted_at", models.DateTimeField()),
                ("published_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("-posted_at", "-id"),
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="OutboxRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "destination",
                    models.CharField(
                        choices=[
                            ("freshdesk", "Freshdesk"),
                            ("status", "Service Status"),
                            ("snapshot", "Status snapshot"),
                            ("subscribers", "Status subscribers"),
                            ("statuspage", "Statuspage"),
                            ("freshstatus", "Freshstatus"),
                            ("cachet", "Cachet"),
                            ("instatus", "Instatus"),
                            ("people", "E-mail and pages"),
                        ],
                        max_length=12,
                    ),
                ),
                ("event", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=120, unique=True)),
                (
                    "incident",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="incidents.incident",
                    ),
                ),
                (
                    "lane",
                    models.CharField(
                        blank=True, default="", help_text="Order among rows of no incident.", max_length=60
                    ),
                ),
                (
                    "payload",
                    models.JSONField(
                        default=dict, help_text="Ids only: what is said is read when it is sent."
                    ),
                ),
                ("written_at", models.DateTimeField(auto_now_add=True)),
                ("due_at", models.DateTimeField()),
                ("dispatched_at", models.DateTimeField(blank=True, null=True)),
                ("locked_until", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                (
                    "failures",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Attempts that went wrong with this row itself; a receiver that is away counts none.",
                    ),
                ),
                (
                    "is_unsure",
                    models.BooleanField(
                        default=False, help_text="Sent, and no answer came: ask before sending again."
                    ),
                ),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("parked_at", models.DateTimeField(blank=True, null=True)),
                ("dropped_at", models.DateTimeField(blank=True, null=True)),
                ("last_error", models.CharField(blank=True, max_length=300)),
                (
                    "decision",
                    models.CharField(
                        blank=True, choices=[("retry", "Retry"), ("drop", "Drop")], max_length=5
                    ),
                ),
                ("decision_reason", models.CharField(blank=True, max_length=300)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at", None), ("dropped_at", None)),
                        fields=["due_at"],
                        name="outbox_undone",
                    ),
                    models.Index(
                        condition=models.Q(("done_at", None), ("dropped_at", None)),
                        fields=["incident", "destination", "id"],
                        name="outbox_order",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("done_at", None), ("dropped_at", None), models.Q(("lane", ""), _negated=True)
                        ),
                        fields=["lane", "destination", "id"],
                        name="outbox_lane",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("done_at", None), ("dropped_at", None), _connector="OR"),
                        name="outbox_done_or_dropped",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("dropped_at", None),
                            models.Q(("decision_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="outbox_dropped_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("incident", None), ("lane", ""), _connector="OR"),
                        name="outbox_one_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PatientReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="patient_reports",
                        to="incidents.incident",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("nhs_number", "NHS number"),
                            ("chi_number", "CHI number"),
                            ("hc_number", "H&C number"),
                            ("hospital_number", "Hospital number"),
                            ("insurer_number", "Insurer's number"),
                            ("patient_name", "Patient's name"),
                            ("date_of_birth", "Date of birth"),
                            ("ward_and_bed", "Patient's name with a bed"),
                            ("address", "Patient's address"),
                            ("phone", "Patient's phone number"),
                            ("email", "Patient's e-mail address"),
                            ("hl7_segment", "HL7 patient segment"),
                            ("other", "Something else"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "wall",
                    models.CharField(
                        choices=[
                            ("public", "Public"),
                            ("service", "Both organisations"),
                            ("vendor", "Vendor only"),
                        ],
                        default="service",
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("hidden", "Hidden, waits for a second person"),
                            ("removed", "Taken out for good"),
                            ("restored", "Put back: it was no patient data"),
                        ],
                        default="hidden",
                        max_length=10,
                    ),
                ),
                (
                    "reported_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("reported_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "stood_since",
                    models.DateTimeField(help_text="When the first row that held the words was written."),
                ),
                (
                    "places",
                    models.JSONField(default=dict, help_text="How many rows held them, by what they are."),
                ),
                (
                    "hidden_places",
                    models.PositiveIntegerField(default=0, help_text="Of these, rows of the vendor alone."),
                ),
                ("escrow", models.TextField(blank=True, editable=False)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ("-reported_at", "-id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at", None),
                                ("decided_by", None),
                                ("state", "hidden"),
                                models.Q(("escrow", ""), _negated=True),
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("escrow", ""),
                                ("state__in", ["removed", "restored"]),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="patient_report_keeps_words_only_while_it_waits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by", None),
                            models.Q(("decided_by", models.F("reported_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="patient_report_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "restored"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="patient_report_restored_says_why",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=20)),
                ("dedup_key", models.CharField(max_length=400)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("taken", "Logged as an incident"),
                            ("dismissed", "Dismissed"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("summary", models.TextField(blank=True, max_length=2000)),
                (
                    "pages",
                    models.BooleanField(
                        default=False, help_text="Whether the person on call is told at night."
                    ),
                ),
                (
                    "told_at",
                    models.DateTimeField(
                        blank=True, help_text="When the person on call was told.", null=True
                    ),
                ),
                ("severity", models.CharField(blank=True, max_length=40)),
                ("monitor", models.CharField(blank=True, max_length=200)),
                ("targets", models.JSONField(default=list)),
                ("labels", models.JSONField(default=dict)),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.customer",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.service",
                    ),
                ),
                (
                    "component",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.component",
                    ),
                ),
                ("fired_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("times_seen", models.PositiveIntegerField(default=1)),
                (
                    "cleared_at",
                    models.DateTimeField(
                        blank=True, help_text="When monitoring said that it is over.", null=True
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to="incidents.incident",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "ordering": ("-fired_at",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("source", "dedup_key"),
                        name="proposal_waits_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "dismissed"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="proposal_dismissed_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "taken"), _negated=True),
                            ("incident__isnull", False),
                            _connector="OR",
                        ),
                        name="proposal_taken_has_incident",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Purge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "incident",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="purge",
                        to="incidents.incident",
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("rule", models.CharField(max_length=200)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="RequestKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("key", models.CharField(max_length=100)),
                ("fingerprint", models.CharField(max_length=64)),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="incidents.incident"
                    ),
                ),
                ("made_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("by", "key"), name="request_key_once")],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="StatusUpdate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="status_updates",
                        to="incidents.incident",
                    ),
                ),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("investigating", "Investigating"),
                            ("identified", "Identified"),
                            ("monitoring", "Monitoring"),
                            ("resolved", "Resolved"),
                        ],
                        max_length=15,
                    ),
                ),
                ("words", models.TextField(max_length=2000)),
                (
                    "service_state",
                    models.CharField(
                        choices=[
                            ("major_outage", "Unavailable for some"),
                            ("partial_outage", "Partly available"),
                            ("degraded_performance", "Slow"),
                            ("operational", "Available"),
                            ("under_maintenance", "Under maintenance"),
                        ],
                        default="major_outage",
                        max_length=25,
                        verbose_name="state of the service",
                    ),
                ),
                ("next_update_due_at", models.DateTimeField(blank=True, null=True)),
                (
                    "posted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("posted_at", models.DateTimeField()),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                (
                    "corrects",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="incidents.statusupdate",
                    ),
                ),
            ],
            options={
                "ordering": ("-posted_at", "-id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("phase", "resolved"), ("next_update_due_at__isnull", False), _connector="OR"
                        ),
                        name="status_update_promises_the_next",
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "incident",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ticket",
                        to="incidents.incident",
                    ),
                ),
                ("number", models.PositiveBigIntegerField(unique=True)),
                (
                    "status",
                    models.PositiveSmallIntegerField(
                        default=2, help_text="Freshdesk's number, as we last wrote it."
                    ),
                ),
                ("opened_at", models.DateTimeField(auto_now_add=True)),
                ("read_back_at", models.DateTimeField(blank=True, null=True)),
                (
                    "read_due_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When it is to be read next; empty: nothing says that it changed.",
                        null=True,
                    ),
                ),
                (
                    "read_error",
                    models.CharField(blank=True, help_text="Why the last reading failed.", max_length=300),
                ),
                ("seen_status", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("seen_updated_at", models.DateTimeField(blank=True, null=True)),
                (
                    "merged_into",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="The ticket that took it in: what we write goes there.",
                        null=True,
                    ),
                ),
                ("is_archived", models.BooleanField(default=False)),
                ("reopened_at", models.DateTimeField(blank=True, null=True)),
                ("asked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("resolved_here", "It is resolved here too"),
                            ("still_open", "It goes on here"),
                        ],
                        max_length=15,
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
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
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("read_due_at__isnull", False)),
                        fields=["read_due_at"],
                        name="ticket_to_read",
                    ),
                    models.Index(
                        condition=models.Q(("merged_into__isnull", False)),
                        fields=["merged_into"],
                        name="ticket_merged",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("answered_at", None),
                            models.Q(models.Q(("answer", ""), _negated=True), ("answered_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="ticket_answer_says_what_and_who",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TimelineEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="timeline",
                        to="incidents.incident",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("logged", "Logged"),
                            ("gate", "Gate"),
                            ("state", "State"),
                            ("call", "Call"),
                            ("note", "Note"),
                            ("status", "Status update"),
                            ("sop", "SOP"),
                            ("escalation", "Escalation"),
                            ("handover", "Handover"),
                            ("alert", "Alert"),
                            ("product_note", "Product note"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "wall",
                    models.CharField(
                        choices=[
                            ("public", "Public"),
                            ("service", "Both organisations"),
                            ("vendor", "Vendor only"),
                        ],
                        default="service",
                        max_length=10,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("text", models.TextField(blank=True, max_length=5000)),
                ("data", models.JSONField(blank=True, default=dict)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("happened_at", models.DateTimeField()),
                ("written_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "is_bad",
                    models.BooleanField(
                        default=False, help_text="A finding that something is down, or an act that failed."
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="incidents.timelineentry",
                    ),
                ),
                ("seal", models.CharField(blank=True, editable=False, max_length=90)),
            ],
            options={
                "verbose_name_plural": "timeline entries",
                "ordering": ("-happened_at", "-id"),
                "indexes": [
                    models.Index(fields=["incident", "-happened_at"], name="incidents_t_inciden_543bf4_idx"),
                    models.Index(fields=["written_at", "id"], name="timeline_as_written"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "product_note"), _negated=True),
                            ("wall", "vendor"),
                            _connector="OR",
                        ),
                        name="timeline_product_note_is_vendor_only",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AffectedService",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "update",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="affected",
                        to="incidents.statusupdate",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.service"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("major_outage", "Unavailable for some"),
                            ("partial_outage", "Partly available"),
                            ("degraded_performance", "Slow"),
                            ("operational", "Available"),
                            ("under_maintenance", "Under maintenance"),
                        ],
                        max_length=25,
                    ),
                ),
            ],
            options={
                "ordering": ("service__position", "service__name"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("update", "service"), name="affected_service_once_an_update"
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Conversation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversations",
                        to="incidents.ticket",
                    ),
                ),
                ("number", models.PositiveBigIntegerField()),
                ("is_ours", models.BooleanField(default=False)),
                (
                    "digest",
                    models.CharField(
                        blank=True, help_text="SHA-256 of its text as last read.", max_length=64
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversations",
                        to="incidents.timelineentry",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(blank=True, help_text="By Freshdesk's clock.", null=True),
                ),
                ("read_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ("number",),
                "indexes": [models.Index(fields=["number"], name="conversation_number")],
                "constraints": [
                    models.UniqueConstraint(fields=("ticket", "number"), name="conversation_once_a_ticket")
                ],
            },
        ),
        migrations.CreateModel(
            name="PhoneCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calls",
                        to="incidents.incident",
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="call",
                        to="incidents.timelineentry",
                    ),
                ),
                ("who", models.CharField(max_length=120)),
                ("number", models.CharField(blank=True, max_length=40)),
                (
                    "direction",
                    models.CharField(choices=[("out", "We rang"), ("in", "They rang")], max_length=3),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("report", "Reports the outage"),
                            ("update", "Tell how it goes"),
                            ("question", "Ask something"),
                            ("escalation", "Escalate"),
                            ("confirm", "Confirm that it is back"),
                            ("other", "Something else"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("spoke", "Spoke"),
                            ("voicemail", "Voicemail"),
                            ("busy", "Busy"),
                            ("no_answer", "No answer"),
                            ("refused", "Refused"),
                            ("will_call_back", "Will call back"),
                        ],
                        max_length=15,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "next_call_at",
                    models.DateTimeField(
                        blank=True, help_text="When the next call was promised for.", null=True
                    ),
                ),
                ("next_call_by_us", models.BooleanField(default=True)),
                ("warned_at", models.DateTimeField(blank=True, null=True)),
                ("told_late_at", models.DateTimeField(blank=True, null=True)),
                ("kept_at", models.DateTimeField(blank=True, null=True)),
                (
                    "kept_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="kept_promises",
                        to="incidents.phonecall",
                    ),
                ),
                ("called_off_reason", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ("-at", "-id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kept_at", None),
                            ("kept_by__isnull", False),
                            models.Q(("called_off_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="phone_call_kept_by_a_call_or_called_off",
                    )
                ],
                "indexes": [],
            },
        ),
    ]
