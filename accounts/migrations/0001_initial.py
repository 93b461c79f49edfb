import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Organisation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, unique=True)),
                (
                    "side",
                    models.CharField(
                        choices=[("partner", "Service partner"), ("vendor", "Vendor")], max_length=10
                    ),
                ),
            ],
            options={
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=80)),
                ("email", models.EmailField(max_length=254)),
                ("phone", models.CharField(max_length=30)),
            ],
            options={
                "ordering": ("name",),
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="e-mail address")),
                (
                    "name",
                    models.CharField(
                        help_text="A role and a number, such as OOH engineer 1.",
                        max_length=80,
                        verbose_name="shown as",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="people",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="people",
                        to="accounts.team",
                    ),
                ),
                ("phone", models.CharField(blank=True, max_length=30)),
                (
                    "theme",
                    models.CharField(
                        blank=True,
                        choices=[("", "As the device"), ("light", "Light"), ("dark", "Dark")],
                        default="",
                        max_length=5,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("joined_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "ends_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="From that moment no session, token or second factor of this person opens anything.",
                        null=True,
                        verbose_name="access ends",
                    ),
                ),
                (
                    "sessions_from",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="Sessions that began before are ended.",
                        null=True,
                    ),
                ),
                (
                    "glass_role",
                    models.CharField(
                        blank=True,
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
                        editable=False,
                        max_length=20,
                    ),
                ),
                ("glass_until", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("glass_role", ""), ("glass_until__isnull", False), _connector="OR"
                        ),
                        name="glass_has_an_end",
                    )
                ],
                "indexes": [],
            },
        ),
    ]
