import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    # After all that the libraries bring: each of their changes would draw anew whatever points at people by then,
    # and a new database would take four times as long.
    dependencies = [
        ("accounts", "0001_initial"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auditlog", "0017_add_actor_email"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("guardian", "0003_remove_groupobjectpermission_guardian_gr_content_ae6aec_idx_and_more"),
        ("knox", "0009_extend_authtoken_field"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("signed_in", "Signed in"),
                            ("refused", "Sign-in refused"),
                            ("delayed", "Sign-in delayed"),
                            ("let_in", "Let in again"),
                            ("unlocked", "Unlocked"),
                            ("factor_added", "Second factor added"),
                            ("factor_removed", "Second factor removed"),
                            ("factors_reset", "Second factors reset"),
                            ("codes_made", "Recovery codes made"),
                            ("code_used", "Recovery code used"),
                            ("password_set", "Password set"),
                            ("link_issued", "Joining link issued"),
                            ("joined", "Joined by the provider"),
                            ("roles_changed", "Roles changed"),
                            ("ended", "Access ended"),
                            ("reinstated", "Access given back"),
                            ("sessions_ended", "Sessions ended"),
                            ("glass_broken", "Break-glass used"),
                            ("glass_returned", "Break-glass returned"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty where nobody has that name.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="access_events",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("address", models.CharField(blank=True, max_length=60)),
                ("detail", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ("-at", "-pk"),
                "indexes": [models.Index(fields=["person", "at"], name="access_event_person")],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="AccessReview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quarter", models.CharField(help_text="Such as 2026-Q4.", max_length=7, unique=True)),
                ("begun_at", models.DateTimeField()),
                (
                    "begun_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "finished_by",
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
                "ordering": ("-quarter",),
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="BreakGlass",
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
                        related_name="glasses",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("ooh_engineer", "OOH engineer"),
                            ("ooh_lead", "OOH lead"),
                            ("desk_analyst", "Desk analyst"),
                            ("specialist", "Specialist"),
                            ("sop_author", "SOP author"),
                            ("sop_approver", "SOP approver"),
                            ("service_manager", "Service manager"),
                            ("auditor", "Auditor"),
                            ("integration", "Integration"),
                            ("alert_source", "Alert source"),
                            ("ticket_sync", "Ticket sync"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("taken_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("returned_at", models.DateTimeField(blank=True, null=True)),
                (
                    "returned_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("finding", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "verbose_name_plural": "break-glass uses",
                "ordering": ("-taken_at",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("until__gt", models.F("taken_at"))), name="break_glass_ends"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reviewed_by", None),
                            models.Q(("reviewed_by", models.F("person")), _negated=True),
                            _connector="OR",
                        ),
                        name="break_glass_four_eyes",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="ChainHead",
            fields=[
                ("chain", models.CharField(max_length=10, primary_key=True, serialize=False)),
                ("position", models.PositiveBigIntegerField(default=0)),
                ("hash", models.CharField(blank=True, max_length=64)),
                ("proof", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="ChainLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("chain", models.CharField(max_length=10)),
                ("position", models.PositiveBigIntegerField()),
                ("row_id", models.PositiveBigIntegerField()),
                ("seal", models.CharField(max_length=90)),
                ("hash", models.CharField(max_length=64)),
            ],
            options={
                "ordering": ("chain", "position"),
                "constraints": [
                    models.UniqueConstraint(fields=("chain", "position"), name="chain_link_position_once"),
                    models.UniqueConstraint(fields=("chain", "row_id"), name="chain_link_row_once"),
                    models.UniqueConstraint(fields=("chain", "seal"), name="chain_link_seal_once"),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="ProviderIdentity",
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
                        related_name="identities",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "issuer",
                    models.CharField(help_text="As its tokens name it, letter by letter.", max_length=300),
                ),
                ("subject", models.CharField(max_length=255)),
                ("added_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name_plural": "provider identities",
                "constraints": [
                    models.UniqueConstraint(fields=("issuer", "subject"), name="one_person_a_subject")
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="ReadRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reader",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reads",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        help_text="The reader’s, at that time.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("incident", "Incident"),
                            ("incidents", "Incidents, many at once"),
                            ("product_notes", "Product notes"),
                            ("attachment", "Attachment"),
                            ("redacted", "What was redacted"),
                            ("customer", "Customer’s details"),
                            ("person", "Person’s details"),
                            ("subscribers", "Status subscribers"),
                            ("report", "Report"),
                            ("audit_trail", "Audit trail"),
                            ("export", "Export"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "object_type",
                    models.CharField(blank=True, help_text="Such as incidents.Incident.", max_length=60),
                ),
                ("object_id", models.CharField(blank=True, max_length=60)),
                ("object_name", models.CharField(blank=True, help_text="As people know it.", max_length=120)),
                (
                    "rows",
                    models.PositiveIntegerField(default=1, help_text="How many were shown, the first time."),
                ),
                ("read_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "once",
                    models.CharField(
                        help_text="The hour of a read; of an export a number of its own.", max_length=40
                    ),
                ),
                ("source", models.CharField(max_length=10)),
                ("request_id", models.CharField(blank=True, max_length=40)),
                (
                    "route",
                    models.CharField(blank=True, help_text="Which page, answer or command.", max_length=200),
                ),
                ("seal", models.CharField(editable=False, max_length=90)),
            ],
            options={
                "ordering": ("-read_at", "-id"),
                "indexes": [
                    models.Index(fields=["object_type", "object_id", "read_at"], name="read_of_object"),
                    models.Index(fields=["read_at"], name="read_at"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("reader", "what", "object_type", "object_id", "once"),
                        name="read_once_an_hour",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RecoveryCode",
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
                        related_name="recovery_codes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("used_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("person", "digest"), name="recovery_code_once")
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Redaction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("chain", models.CharField(max_length=10)),
                ("row_id", models.PositiveBigIntegerField()),
                ("reason", models.CharField(max_length=300)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("seal", models.CharField(blank=True, max_length=90)),
                ("proof", models.CharField(blank=True, max_length=64)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at__isnull", True)),
                        fields=["chain", "row_id"],
                        name="redaction_open",
                    )
                ],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="SecondFactor",
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
                        related_name="factors",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("app", "App that shows codes"), ("key", "Security key")], max_length=3
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("sealed", models.TextField()),
                ("counter", models.BigIntegerField(default=0)),
                ("added_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("added_at", "pk"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "app")), fields=("person",), name="one_app_a_person"
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="ServiceGroup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=80, unique=True)),
                ("position", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "ordering": ("position", "name"),
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="SignInDelay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=64, unique=True)),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("failures", models.PositiveIntegerField(default=0)),
                ("last_failed_at", models.DateTimeField()),
                ("until", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="TokenUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token_key", models.CharField(max_length=25, unique=True)),
                ("last_used_at", models.DateTimeField()),
            ],
            options={
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="AccessDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="accounts.accessreview",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("answer", models.CharField(choices=[("keep", "Stays"), ("end", "Ends")], max_length=4)),
                ("held", models.CharField(blank=True, help_text="The roles at that moment.", max_length=300)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ("pk",),
                "constraints": [
                    models.UniqueConstraint(fields=("review", "person"), name="decided_once_a_quarter"),
                    models.CheckConstraint(
                        condition=models.Q(("by", models.F("person")), _negated=True),
                        name="nobody_decides_of_themselves",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Service",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "code",
                    models.SlugField(
                        help_text="The code that the scope rules know, such as compucare8.", unique=True
                    ),
                ),
                ("name", models.CharField(max_length=80, unique=True)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="services",
                        to="accounts.servicegroup",
                    ),
                ),
                ("is_public", models.BooleanField(default=True, verbose_name="on the status page")),
            ],
            options={
                "ordering": ("position", "name"),
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="Customer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, unique=True)),
                (
                    "short_name",
                    models.SlugField(
                        help_text="Typed to confirm a disruptive action.", max_length=30, unique=True
                    ),
                ),
                (
                    "nation",
                    models.CharField(
                        choices=[
                            ("ENG", "England"),
                            ("WLS", "Wales"),
                            ("SCT", "Scotland"),
                            ("NIR", "Northern Ireland"),
                        ],
                        default="ENG",
                        max_length=3,
                    ),
                ),
                (
                    "follows_own_holidays",
                    models.BooleanField(
                        default=False,
                        help_text="The contract counts this nation's bank holidays as out of hours too.",
                    ),
                ),
                (
                    "entitled_from",
                    models.DateField(blank=True, help_text="Empty: has not bought the service.", null=True),
                ),
                (
                    "entitled_until",
                    models.DateField(blank=True, help_text="The last day. Empty: no end agreed.", null=True),
                ),
                (
                    "uses_clinical_features",
                    models.BooleanField(
                        default=False,
                        help_text="Only then is Compucare Clinician covered.",
                        verbose_name="uses Clinician's clinical features",
                    ),
                ),
                ("contact_phone", models.CharField(blank=True, max_length=30, verbose_name="switchboard")),
                (
                    "is_simulated",
                    models.BooleanField(
                        default=False,
                        help_text="Belongs to the simulated estate of the demo. Real customers never do.",
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                (
                    "services",
                    models.ManyToManyField(blank=True, related_name="customers", to="accounts.service"),
                ),
            ],
            options={
                "ordering": ("name",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("entitled_until", None),
                            models.Q(
                                ("entitled_from__isnull", False),
                                ("entitled_until__gte", models.F("entitled_from")),
                            ),
                            _connector="OR",
                        ),
                        name="customer_entitlement_ends_after_it_begins",
                        violation_error_message="The last day of the entitlement must not be before its first day.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("nation__in", ["ENG", "WLS", "SCT", "NIR"])),
                        name="customer_nation_known",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Component",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: the shared platform.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="components",
                        to="accounts.customer",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="components",
                        to="accounts.service",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
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
                (
                    "name",
                    models.CharField(help_text="As the platform names it.", max_length=120, unique=True),
                ),
                (
                    "location",
                    models.CharField(
                        blank=True, help_text="Region and resource group, for people.", max_length=120
                    ),
                ),
                (
                    "resource_id",
                    models.CharField(
                        blank=True, help_text="Azure resource id; compared in any case.", max_length=400
                    ),
                ),
                (
                    "address",
                    models.CharField(
                        blank=True, help_text="Web address or host:port that a probe reads.", max_length=300
                    ),
                ),
                ("is_simulated", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ("name",),
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("resource_id"),
                        condition=models.Q(
                            models.Q(("resource_id", ""), _negated=True),
                            models.Q(("kind", "region"), _negated=True),
                        ),
                        name="component_one_a_resource",
                        violation_error_message="This resource is registered already, under another name.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("resource_id__endswith", "/"), _negated=True),
                            models.Q(("resource_id__endswith", " "), _negated=True),
                        ),
                        name="component_resource_id_ends_in_its_name",
                        violation_error_message="The resource id ends with a slash or a blank. Leave that out.",
                    ),
                ],
                "indexes": [],
            },
        ),
    ]
