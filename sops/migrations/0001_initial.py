import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import django_fsm
from django.conf import settings
from django.db import migrations, models

import incidents.fsm


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("incidents", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SimulatedState",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "component",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="simulated_states",
                        to="accounts.component",
                    ),
                ),
                ("key", models.CharField(max_length=30)),
                ("value", models.JSONField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("component", "key"), name="simulated_state_once")
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Sop",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        help_text="Such as SOP-03.",
                        max_length=10,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^SOP-[0-9]{2,3}$",
                                "Write it as SOP-03: the letters, a hyphen, two or three digits.",
                            )
                        ],
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                (
                    "owner",
                    models.ForeignKey(
                        help_text="Of the vendor. Hears of its review.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="owned_sops",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "situations",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Which failures it is for, as in the call; none: any of them.",
                    ),
                ),
                ("services", models.ManyToManyField(related_name="sops", to="accounts.service")),
                (
                    "customers",
                    models.ManyToManyField(
                        blank=True,
                        help_text="None chosen: all customers.",
                        related_name="sops",
                        to="accounts.customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "SOP",
                "ordering": ("code",),
                "permissions": [("own_sop", "Can write drafts of one SOP")],
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="SopGap",
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
                        related_name="sop_gap",
                        to="incidents.incident",
                    ),
                ),
                ("reason", models.CharField(help_text="What an SOP would have had to do.", max_length=500)),
                (
                    "stated_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("stated_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "SOP gap",
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="sop_gap_says_what"
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="SopGrant",
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="grants", to="sops.sop"
                    ),
                ),
            ],
            options={
                "verbose_name": "ownership of an SOP",
                "verbose_name_plural": "ownerships of SOPs",
                "ordering": ("-given_at", "-id"),
                "abstract": False,
                "indexes": [models.Index(fields=["user", "expires_at"], name="sopgrant_held")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="sopgrant_says_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("given_at"))),
                        name="sopgrant_has_an_end",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("withdrawn_at", None), ("withdrawn_by", None)),
                            models.Q(("withdrawn_at__isnull", False), ("withdrawn_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="sopgrant_withdrawn_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SopVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "sop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="sops.sop",
                        verbose_name="SOP",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "state",
                    incidents.fsm.StateField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "Waiting for approval"),
                            ("approved", "Approved"),
                            ("sent_back", "Sent back"),
                            ("superseded", "Superseded"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="draft",
                        max_length=20,
                        protected=True,
                    ),
                ),
                (
                    "summary",
                    models.TextField(
                        help_text="For the approver.", max_length=1000, verbose_name="why it changes"
                    ),
                ),
                ("use_when", models.TextField(help_text="The situation it is for.", max_length=1000)),
                (
                    "stop_when",
                    models.TextField(
                        help_text="What must make the engineer stop, and do instead.", max_length=1000
                    ),
                ),
                (
                    "way_back",
                    models.TextField(
                        help_text="How its changes are undone, or why none are needed.", max_length=1000
                    ),
                ),
                (
                    "preconditions",
                    models.TextField(
                        blank=True, help_text="What must be true before it starts.", max_length=1000
                    ),
                ),
                ("touches_product_data", models.BooleanField(default=False, editable=False)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="written_versions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("author_side", models.CharField(default="vendor", editable=False, max_length=10)),
                ("submitted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("decision_reason", models.TextField(blank=True, editable=False, max_length=1000)),
                (
                    "approver",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="approved_versions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("approver_side", models.CharField(blank=True, editable=False, max_length=10)),
                ("approved_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "review_on",
                    models.DateField(blank=True, editable=False, null=True, verbose_name="review by"),
                ),
                (
                    "content_hash",
                    models.CharField(blank=True, editable=False, max_length=64, verbose_name="fingerprint"),
                ),
            ],
            options={
                "verbose_name": "SOP version",
                "ordering": ("sop", "-number"),
                "constraints": [
                    models.UniqueConstraint(fields=("sop", "number"), name="sop_version_number_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "approved")),
                        fields=("sop",),
                        name="sop_one_approved_version",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["draft", "submitted", "approved", "sent_back", "superseded", "withdrawn"],
                            )
                        ),
                        name="sop_version_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approver", None),
                            models.Q(("approver", models.F("author")), _negated=True),
                            _connector="OR",
                        ),
                        name="sop_version_four_eyes",
                        violation_error_message="Its author cannot approve it.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("author_side", "vendor"),
                            models.Q(("approver", None), ("approver_side", "vendor"), _connector="OR"),
                        ),
                        name="sop_version_vendor_writes_and_approves",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["approved", "superseded"]), _negated=True),
                            models.Q(
                                ("approved_at__isnull", False),
                                ("approver__isnull", False),
                                ("review_on__isnull", False),
                                models.Q(("content_hash", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="sop_version_approved_says_who_when_until",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("touches_product_data", False)),
                        name="sop_version_touches_no_product_data",
                        violation_error_message="The service never touches product data.",
                    ),
                ],
                "indexes": [],
            },
            bases=(django_fsm.ConcurrentTransitionMixin, models.Model),
        ),
        migrations.CreateModel(
            name="Suspension",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("automation", "All automation"),
                            ("action", "One action"),
                            ("sop", "One SOP"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "sop",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suspensions",
                        to="sops.sop",
                        verbose_name="SOP",
                    ),
                ),
                ("action", models.CharField(blank=True, help_text="Of the catalogue.", max_length=40)),
                ("reason", models.CharField(max_length=300)),
                (
                    "suspended_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("suspended_at", models.DateTimeField()),
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
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("action", ""), ("scope", "automation"), ("sop", None)),
                            models.Q(
                                ("scope", "action"), ("sop", None), models.Q(("action", ""), _negated=True)
                            ),
                            models.Q(("action", ""), ("scope", "sop"), ("sop__isnull", False)),
                            _connector="OR",
                        ),
                        name="suspension_names_its_scope",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="suspension_says_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lifted_at", None), ("lifted_by", None)),
                            models.Q(("lifted_at__isnull", False), ("lifted_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="suspension_lifted_says_by_whom",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None), ("scope", "automation")),
                        fields=("scope",),
                        name="suspension_one_of_automation",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None), ("scope", "action")),
                        fields=("action",),
                        name="suspension_one_an_action",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None), ("scope", "sop")),
                        fields=("sop",),
                        name="suspension_one_an_sop",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="sops.sopversion"
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: a rehearsal.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="incidents.incident",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="accounts.customer",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="accounts.service",
                    ),
                ),
                ("is_rehearsal", models.BooleanField(default=False)),
                (
                    "content_hash",
                    models.CharField(
                        blank=True,
                        help_text="Of the version, as it was when the run began.",
                        max_length=64,
                        verbose_name="fingerprint",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("waiting", "Waits for a person"),
                            ("stopped", "Stopped"),
                            ("finished", "Finished"),
                        ],
                        default="running",
                        max_length=10,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("restored", "Service restored"),
                            ("not_restored", "Service not restored"),
                            ("worked", "Worked as written"),
                            ("did_not_work", "Did not work as written"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("is_stop_requested", models.BooleanField(default=False)),
                (
                    "stopped_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("stop_reason", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["running", "waiting"])),
                        fields=("incident",),
                        name="run_one_active_per_incident",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["running", "waiting", "stopped", "finished"])),
                        name="run_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_rehearsal", True), ("incident__isnull", False), _connector="OR"
                        ),
                        name="run_without_incident_is_a_rehearsal",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome", ""),
                            models.Q(("is_rehearsal", True), ("outcome__in", ("worked", "did_not_work"))),
                            models.Q(("is_rehearsal", False), ("outcome__in", ("restored", "not_restored"))),
                            _connector="OR",
                        ),
                        name="run_outcome_fits_its_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("state__in", ["running", "waiting"])),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("state", "finished"),
                                models.Q(("outcome", ""), _negated=True),
                            ),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("state", "stopped"),
                                ("stopped_by__isnull", False),
                                models.Q(("stop_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="run_ended_says_how",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="sops.sopversion",
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        validators=[django.core.validators.MinValueValidator(1)]
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("check", "Check"),
                            ("action", "Action"),
                            ("manual", "Manual"),
                            ("decision", "Decision"),
                            ("communicate", "Status update"),
                            ("escalate", "Escalate"),
                        ],
                        max_length=15,
                    ),
                ),
                ("title", models.CharField(help_text="What is done, in one line.", max_length=120)),
                ("instructions", models.TextField(blank=True, max_length=2000)),
                (
                    "action",
                    models.CharField(
                        blank=True, help_text="Of the catalogue; for checks and actions.", max_length=40
                    ),
                ),
                (
                    "target_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("app_service", "Application service"),
                            ("virtual_machine", "Virtual machine"),
                            ("scale_set", "Scale set"),
                            ("scale_set_instance", "Scale-set instance"),
                            ("sql_database", "SQL database"),
                            ("failover_group", "SQL failover group"),
                            ("service_bus", "Message queue"),
                            ("host_pool", "Host pool"),
                            ("session_host", "Session host"),
                            ("application_gateway", "Application gateway"),
                            ("vpn_gateway", "VPN gateway"),
                            ("key_vault", "Key vault"),
                            ("endpoint", "Web address"),
                            ("certificate", "Certificate or secret"),
                            ("region", "Azure region"),
                        ],
                        max_length=20,
                    ),
                ),
                ("parameters", models.JSONField(blank=True, default=dict)),
                (
                    "options",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text='Of a decision: [{"answer": "Yes", "then": 8, "outcome": "restored"}]; or "then": "end".',
                    ),
                ),
                (
                    "words",
                    models.TextField(
                        blank=True,
                        help_text="Of a status update. {service} and {next} are filled in.",
                        max_length=2000,
                    ),
                ),
                (
                    "stop_when_failed",
                    models.BooleanField(default=False, help_text="A bad finding here stops the run."),
                ),
            ],
            options={
                "ordering": ("version_id", "position"),
                "constraints": [
                    models.UniqueConstraint(fields=("version", "position"), name="step_position_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["check", "action", "manual", "decision", "communicate", "escalate"])
                        ),
                        name="step_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind__in", ["check", "action"]),
                                models.Q(("action", ""), _negated=True),
                                models.Q(("target_kind", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("kind__in", ["check", "action"]), _negated=True),
                                ("action", ""),
                                ("target_kind", ""),
                            ),
                            _connector="OR",
                        ),
                        name="step_names_its_action_and_target",
                        violation_error_message="Checks and actions name their action and target; others do not.",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="StepRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="step_runs", to="sops.run"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "content",
                    models.JSONField(default=dict, help_text="The step as it was when the run began."),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Not yet"),
                            ("waiting", "Waits for a person"),
                            ("claimed", "Running"),
                            ("underway", "Under way"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("unknown", "Not known"),
                            ("skipped", "Left out"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                (
                    "attempt",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="How often a worker has claimed it."
                    ),
                ),
                (
                    "component",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="step_runs",
                        to="accounts.component",
                    ),
                ),
                ("action", models.CharField(blank=True, max_length=40)),
                (
                    "risk",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "By a person"),
                            ("read", "Reads only"),
                            ("change", "Changes"),
                            ("disruptive", "Disruptive"),
                        ],
                        max_length=10,
                    ),
                ),
                ("is_disruptive", models.BooleanField(default=False)),
                (
                    "is_elevated",
                    models.BooleanField(default=False, help_text="Needs a second person, of the vendor."),
                ),
                ("parameters", models.JSONField(blank=True, default=dict)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "resource_id",
                    models.CharField(
                        blank=True,
                        help_text="Of the target, as it was registered when it was confirmed.",
                        max_length=400,
                    ),
                ),
                (
                    "agreed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "agreed_at",
                    models.DateTimeField(
                        blank=True, help_text="By the vendor, to an elevated action.", null=True
                    ),
                ),
                ("agreed_side", models.CharField(blank=True, editable=False, max_length=10)),
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
                ("answer", models.CharField(blank=True, max_length=120)),
                ("evidence", models.TextField(blank=True, max_length=2000)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "claimed_by",
                    models.CharField(blank=True, help_text="The task that holds it.", max_length=120),
                ),
                ("claim_expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "losses",
                    models.PositiveSmallIntegerField(default=0, help_text="How often a worker died with it."),
                ),
                (
                    "sent_at",
                    models.DateTimeField(blank=True, help_text="When the last attempt was sent.", null=True),
                ),
                (
                    "turned_away",
                    models.PositiveSmallIntegerField(default=0, help_text="How often it was asked to wait."),
                ),
                (
                    "operation",
                    models.JSONField(blank=True, default=dict, help_text="What goes on at the other side."),
                ),
                (
                    "due_at",
                    models.DateTimeField(blank=True, help_text="When it is looked at again.", null=True),
                ),
                (
                    "gives_up_at",
                    models.DateTimeField(
                        blank=True, help_text="Until when it is looked at again.", null=True
                    ),
                ),
                ("look_asked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "look_asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                ("look_words", models.CharField(blank=True, max_length=300)),
                ("look_is_bad", models.BooleanField(default=False)),
                ("summary", models.CharField(blank=True, max_length=300)),
                ("is_bad", models.BooleanField(default=False)),
                ("result", models.JSONField(blank=True, default=dict)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("run_id", "position"),
                "indexes": [
                    models.Index(fields=["state", "claim_expires_at"], name="sops_stepru_state_cc4541_idx")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "position"), name="step_run_once_a_run"),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("is_disruptive", True), ("state__in", ("claimed", "underway", "unknown"))
                        ),
                        fields=("component",),
                        name="step_run_one_disruptive_per_target",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "pending",
                                    "waiting",
                                    "claimed",
                                    "underway",
                                    "done",
                                    "failed",
                                    "unknown",
                                    "skipped",
                                ],
                            )
                        ),
                        name="step_run_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "claimed"), _negated=True),
                            models.Q(
                                ("claim_expires_at__isnull", False),
                                ("claimed_at__isnull", False),
                                models.Q(("claimed_by", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="step_run_claimed_says_by_whom",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_disruptive", False), ("risk", "disruptive"), _connector="OR"),
                        name="step_run_disruptive_is_a_risk",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_disruptive", False),
                            models.Q(
                                ("state__in", ["claimed", "underway", "unknown", "done"]), _negated=True
                            ),
                            models.Q(
                                ("component__isnull", False),
                                ("confirmed_at__isnull", False),
                                ("confirmed_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="step_run_disruptive_was_confirmed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("agreed_by", None),
                            models.Q(
                                ("agreed_at__isnull", False),
                                ("agreed_side", "vendor"),
                                models.Q(("agreed_by", models.F("confirmed_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="step_run_agreed_by_another_of_the_vendor",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_elevated", False),
                            models.Q(
                                ("state__in", ["claimed", "underway", "unknown", "done"]), _negated=True
                            ),
                            models.Q(("agreed_by__isnull", False), ("confirmed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="step_run_elevated_was_agreed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "underway"), _negated=True),
                            models.Q(("due_at__isnull", False), ("gives_up_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="step_run_underway_is_looked_at_again",
                    ),
                ],
            },
        ),
    ]
