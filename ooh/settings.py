"""One settings file for the embedded default and for production; the environment decides.

Nothing set: SQLite, Celery over a folder, everything under `var/`. With `DATABASE_URL` the desk is in
production, needs `REDIS_URL`, `SECRET_KEY` and `ALLOWED_HOSTS` too, and `ooh.checks` refuses unsafe mixtures.
"""

import secrets
from pathlib import Path
from typing import Any

import environ
from celery.schedules import crontab

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("OOH_VAR_DIR", default=str(BASE_DIR / "var")))

# ---------- Which of the two ----------

DATABASE_URL = env.str("DATABASE_URL", default="")
REDIS_URL = env.str("REDIS_URL", default="")
MODE = env.str("OOH_MODE", default="production" if DATABASE_URL else "embedded")
PRODUCTION = MODE == "production"
DEBUG = env.bool("DEBUG", default=False)


def _embedded_secret() -> str:
    """A secret of this installation's own, made once and kept beside its database."""
    VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = VAR_DIR / "secret_key"
    try:
        with kept.open("x") as new:
            kept.chmod(0o600)
            new.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return kept.read_text()


# Earlier ones, so that what was sealed with them can still be read.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SECRET_KEY = env.str("SECRET_KEY", default="") or ("" if PRODUCTION else _embedded_secret())
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")

# ---------- Apps, middleware, templates ----------

INSTALLED_APPS = [
    "ooh",
    "handover",
    "sops",
    "incidents",
    "accounts",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "accounts.auditlog_app.AuditlogConfig",
    "csp",
    "django_fsm",
    "django_htmx",
    "drf_spectacular",
    "guardian",
    "knox",
    "rest_framework",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "incidents.status.middleware.StatusPagesMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.middleware.RequestIdMiddleware",
    "accounts.middleware.ReadsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.wall.middleware.WallMiddleware",
    "accounts.sign_in.middleware.SessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "auditlog.middleware.AuditlogMiddleware",
    "incidents.middleware.CalendarMiddleware",
    "incidents.middleware.GuardMiddleware",
    "ooh.middleware.PlainWordsMiddleware",
]

ROOT_URLCONF = "ooh.urls"
WSGI_APPLICATION = "ooh.wsgi.application"
CSRF_FAILURE_VIEW = "ooh.views.csrf_failure"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ooh.context.desk",
            ],
        },
    },
]

# ---------- Database ----------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASE_URL:
    DATABASES = {"default": env.db_url("DATABASE_URL")}
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    if DATABASES["default"]["ENGINE"].endswith("postgresql"):
        DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": 8, "timeout": 10}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VAR_DIR / "desk.sqlite3",
            # Opening it takes as long as ten queries, and the last to close it writes everything out.
            "CONN_MAX_AGE": 600,
            "OPTIONS": {
                "timeout": 20,
                # A writer queues at BEGIN, not in the middle: no "database is locked" between two people.
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
            },
        }
    }

# ---------- People ----------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.RoleBackend", "accounts.backends.GrantBackend"]
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # it looks for its own backend, and ours stands on that one
ANONYMOUS_USER_NAME = None  # guardian: nobody signed in has no row and no grant
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "board"
LOGOUT_REDIRECT_URL = "sign_in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Everybody has a second factor in production; elsewhere one may be set up, and is asked for from then on.
SECOND_FACTOR = env.str("SECOND_FACTOR", default="required" if PRODUCTION else "offered")
# The organisations whose people sign in at their own provider, as JSON: see docs/production.md.
OIDC_PROVIDERS = env.json("OIDC_PROVIDERS", default={})
IDLE_LOCK_MINUTES = env.int("IDLE_LOCK_MINUTES", default=30)
BREAK_GLASS_HOURS = env.int("BREAK_GLASS_HOURS", default=4)
PASSWORD_RESET_TIMEOUT = 24 * 3600  # of a joining link

# ---------- Language, time, files ----------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
# The embedded default serves straight from the source folders; production collects and fingerprints.
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_HANDLERS = ["incidents.attachments.uploading.LimitedUploadHandler"]
# The files of incidents: a folder that every web process shares and no web server shows.
ATTACHMENTS_DIR = env.str("ATTACHMENTS_DIR", default=str(VAR_DIR / "attachments"))

# ---------- Safety on the wire ----------

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=PRODUCTION)
BEHIND_PROXY: bool = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
# By this prefix a browser takes them from this very host alone, and over TLS.
COOKIE_PREFIX = "__Host-" if PRODUCTION else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 12 * 3600  # a shift
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# ---------- Celery: the broker only hurries what the database already holds ----------

if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "visibility_timeout": 600,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "max_retries": 2,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.2,
    }
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    _queue, _control = VAR_DIR / "queue", VAR_DIR / "queue-control"
    for _folder in (_queue, _control):
        _folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    CELERY_BROKER_URL = "filesystem://localhost"  # a host keeps kombu from warning that it made one up
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue),
        "data_folder_out": str(_queue),
        "control_folder": str(_control),
        "polling_interval": 0.05,
    }
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# Public pages are kept in the memory of each web process: they are to be shown with Redis away, too.
CACHES["status"] = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "LOCATION": "status",
    "TIMEOUT": None,
    "OPTIONS": {"MAX_ENTRIES": 500},
}

# Which reads of this hour are recorded already, so that a page which reads itself again asks nothing.
CACHES["reads"] = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "LOCATION": "reads",
    "OPTIONS": {"MAX_ENTRIES": 5000},
}

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
# What is due lies in rows; these only look for it. `expires` keeps a backlog from piling up.
CELERY_BEAT_SCHEDULE = {
    "outbox-sweep": {"task": "incidents.outbox.tasks.sweep", "schedule": 5.0, "options": {"expires": 5}},
    "freshdesk-look": {
        "task": "incidents.freshdesk.tasks.look",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "runs-recover": {"task": "sops.tasks.recover", "schedule": 5.0, "options": {"expires": 5}},
    "alerts-sweep": {"task": "incidents.inbound.tasks.sweep", "schedule": 5.0, "options": {"expires": 5}},
    "promises-sweep": {"task": "handover.tasks.remind", "schedule": 10.0, "options": {"expires": 10}},
    "handover-sweep": {"task": "handover.tasks.sweep", "schedule": 20.0, "options": {"expires": 20}},
    "status-snapshot": {
        "task": "incidents.status.tasks.renew_snapshot",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    # An interval counts from the start of beat: short enough for a desk that is often started again.
    "sop-reviews": {"task": "sops.tasks.remind", "schedule": 600.0, "options": {"expires": 600}},
    "subscribers-sweep": {
        "task": "incidents.status.subscribers.tasks.sweep",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "attachments-sweep": {
        "task": "incidents.attachments.tasks.sweep",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "audit-link": {"task": "ooh.tasks.link_chains", "schedule": 5.0, "options": {"expires": 5}},
    "retention-purge": {
        "task": "ooh.tasks.purge_what_is_over",
        "schedule": crontab(hour="2", minute="43"),
        "options": {"expires": 3600},
    },
    "audit-verify": {
        "task": "ooh.tasks.verify_chains",
        "schedule": crontab(hour="3", minute="23"),
        "options": {"expires": 3600},
    },
}

# ---------- API ----------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.DeskTokenAuthentication",
        "accounts.api.DeskSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.HasNamedPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.api_parsing.DeskJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "accounts.api_errors.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": env.str("API_RATE", default="600/min")},
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Token",
    "TOKEN_TTL": None,  # each token is issued with its own expiry, see `manage.py token`
    "TOKEN_PREFIX": "ooh_",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Out-of-hours desk",
    "DESCRIPTION": "Incidents, SOPs, runs, handovers, status and coverage of the out-of-hours service.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["accounts.api.IsSignedIn"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "accounts.api_schema.tell_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "IncidentState": "incidents.models.incident.State",
        "ProposalState": "incidents.models.proposal.Proposal.State",
        "CallDirection": "incidents.models.call.PhoneCall.Direction",
        "CallOutcome": "incidents.models.call.PhoneCall.Outcome",
        "GateOutcome": "incidents.models.incident.Incident.Gate",
        "HandoverDirection": "handover.models.handover.Direction",
        "HandoverState": "handover.models.handover.HandoverState",
        "HandoverItemState": "handover.models.item.ItemState",
        "ServiceStateSaid": "incidents.status.services.SAID_OF_SERVICES",
        "Side": "accounts.roles.Side",
        "TimelineKind": "incidents.models.timeline.Kind",
    },
}

# ---------- Audit ----------

# Makes the seals of the audit trail and the timeline. Who keeps the database must not be able to read it.
# Never change it: with another key all that was written before reads as changed.
AUDIT_KEY = env.str("AUDIT_KEY", default="") or SECRET_KEY
AUDITLOG_INCLUDE_ALL_MODELS = True
AUDITLOG_EXCLUDE_TRACKING_MODELS = ("sessions", "contenttypes", "auth.permission")
# The address of an operation at Azure may bear a signature, and what is audited stays.
AUDITLOG_INCLUDE_TRACKING_MODELS = (
    {"model": "sops.StepRun", "exclude_fields": ["operation"]},
    # What proves somebody is of no use to the trail, and a code that was taken is told by an event.
    {"model": "accounts.SecondFactor", "exclude_fields": ["sealed", "counter", "last_used_at"]},
    {"model": "accounts.RecoveryCode", "exclude_fields": ["digest"]},
    # What a report hides lies there until a second person has decided, and the audit trail forgets nothing.
    {"model": "incidents.PatientReport", "exclude_fields": ["escrow"]},
    # An address must be forgotten when it is not confirmed; a token is as good as a key.
    {"model": "incidents.Subscriber", "exclude_fields": ["address", "token"]},
)
AUDITLOG_MASK_TRACKING_FIELDS = ("password", "digest", "token")
AUDITLOG_EXCLUDE_TRACKING_FIELDS = ("last_login",)
AUDITLOG_STORE_JSON_CHANGES = True
AUDITLOG_USE_BASE_MANAGER = True
AUDITLOG_CID_GETTER = "accounts.audit.request_id"
# A forged X-Forwarded-For turns each audited write into an error on PostgreSQL (see docs/adr).
AUDITLOG_DISABLE_REMOTE_ADDR = True

# How many days each kind is kept, where it is not as in `ooh.retention.kinds`, as JSON: {"reads": 365}
RETENTION_DAYS = env.json("RETENTION_DAYS", default={})

# ---------- The service ----------

DESK_NATION = env.str("DESK_NATION", default="ENG")
ALERTS_PER_MINUTE = env.int("ALERTS_PER_MINUTE", default=120)  # requests of one source
STATUS_UPDATE_EVERY_MINUTES = env.int("STATUS_UPDATE_EVERY_MINUTES", default=30)
STATUS_CHECK_EVERY = env.float("STATUS_CHECK_EVERY", default=2.0)  # seconds; 0 keeps no public page
STATUS_SNAPSHOT_DIR = env.str("STATUS_SNAPSHOT_DIR", default="")  # a folder that a plain web server shows
SOP_DISRUPTIONS_PER_HOUR = env.int("SOP_DISRUPTIONS_PER_HOUR", default=2)  # of one target

# Hosts of webhooks that may be private, for tests on one machine: never in production.
STATUS_WEBHOOK_TEST_HOSTS = env.list("STATUS_WEBHOOK_TEST_HOSTS", default=[])

# Hosted status pages: a key, and as JSON which page and which component is which service of ours.
STATUSPAGE_KEY = env.str("STATUSPAGE_KEY", default="")
STATUSPAGE_SETTINGS = env.json("STATUSPAGE_SETTINGS", default={})
FRESHSTATUS_KEY = env.str("FRESHSTATUS_KEY", default="")
FRESHSTATUS_SETTINGS = env.json("FRESHSTATUS_SETTINGS", default={})
CACHET_KEY = env.str("CACHET_KEY", default="")
CACHET_SETTINGS = env.json("CACHET_SETTINGS", default={})
INSTATUS_KEY = env.str("INSTATUS_KEY", default="")
INSTATUS_SETTINGS = env.json("INSTATUS_SETTINGS", default={})

# Whoever sends it as `Authorization: Bearer …` may read /metrics. Empty: only people who see deliveries.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# How long the sync waits for what is being written elsewhere, in seconds: no row slips in behind its cursor.
SYNC_SETTLES_AFTER = env.float("SYNC_SETTLES_AFTER", default=2.0)

FRESHDESK_URL = env.str("FRESHDESK_URL", default="").rstrip("/")
FRESHDESK_API_KEY = env.str("FRESHDESK_API_KEY", default="")
FRESHDESK_REQUESTER_EMAIL = env.str("FRESHDESK_REQUESTER_EMAIL", default="ooh-desk@example.org")
# Our own key in a ticket: a text field of the account. Empty where it has none; the tag is there always.
FRESHDESK_REFERENCE_FIELD = env.str("FRESHDESK_REFERENCE_FIELD", default="cf_ooh_incident_ref")
# What the account wants of a new ticket and of one that is closed, as JSON with blanks that the incident
# fills in: {"type": "Incident", "group_id": 17, "custom_fields": {"cf_hospital": "{customer}"}}
FRESHDESK_TICKET_FIELDS = env.json("FRESHDESK_TICKET_FIELDS", default={})
FRESHDESK_CLOSING_FIELDS = env.json("FRESHDESK_CLOSING_FIELDS", default={})
# What the account calls a value of ours, field by field: {"cf_hospital": {"Wexcombe Park Hospital": "Wex"}}
FRESHDESK_CHOICES = env.json("FRESHDESK_CHOICES", default={})
FRESHDESK_STATUSES = {"open": 2, "handed_over": 2, "resolved": 4, "declined": 5} | env.json(
    "FRESHDESK_STATUSES", default={}
)
# How the account calls its statuses, for people: {"8": "With development"} adds one.
FRESHDESK_STATUS_NAMES = {
    "2": "Open", "3": "Pending", "4": "Resolved", "5": "Closed", "6": "Waiting on customer",
    "7": "Waiting on third party",
} | env.json("FRESHDESK_STATUS_NAMES", default={})  # fmt: skip
# What the webhook of Freshdesk must send in the header X-Desk-Secret. Empty: no webhook is taken.
FRESHDESK_WEBHOOK_SECRET = env.str("FRESHDESK_WEBHOOK_SECRET", default="")
FRESHDESK_POLL_SECONDS = env.int("FRESHDESK_POLL_SECONDS", default=60)
# With this word in it, a private note of the vendor's agents is read by the partner too. Empty: none ever is.
FRESHDESK_SHARED_TAG = env.str("FRESHDESK_SHARED_TAG", default="#ooh")
# What stands before the number in the note that Freshdesk writes into a ticket that was merged into another.
FRESHDESK_MERGED_WORDS = env.str("FRESHDESK_MERGED_WORDS", default="closed and merged into ticket")
FRESHDESK_TIMEOUT = env.float("FRESHDESK_TIMEOUT", default=10.0)  # seconds for one answer
# What the plan allows in a minute, as JSON. `all` only until an answer tells; no answer tells of the others.
FRESHDESK_PER_MINUTE = {"all": 50, "create": 80, "update": 80, "list": 20} | env.json(
    "FRESHDESK_PER_MINUTE", default={}
)
# Percent of it that the desk leaves to the agents and other programs.
FRESHDESK_AGENTS_SHARE = env.int("FRESHDESK_AGENTS_SHARE", default=50)
# Who the desk is to Azure: managed_identity, workload_identity or certificate. Empty: it has no way in.
AZURE_CREDENTIAL = env.str("AZURE_CREDENTIAL", default="")
AZURE_CLIENT_ID = env.str("AZURE_CLIENT_ID", default="")
AZURE_TENANT_ID = env.str("AZURE_TENANT_ID", default="")
AZURE_CERTIFICATE_PATH = env.str("AZURE_CERTIFICATE_PATH", default="")
AZURE_FEDERATED_TOKEN_FILE = env.str("AZURE_FEDERATED_TOKEN_FILE", default="")
# The cloud follows from its address; only one that Microsoft does not run needs the place of its sign-in.
AZURE_MANAGEMENT_URL = env.str("AZURE_MANAGEMENT_URL", default="https://management.azure.com").rstrip("/")
AZURE_AUTHORITY_HOST = env.str("AZURE_AUTHORITY_HOST", default="")
AZURE_TIMEOUT = env.float("AZURE_TIMEOUT", default=20.0)  # seconds for one answer
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(env.email_url("EMAIL_URL"))
# Who keeps the register of breaches: told by e-mail of each report of patient data, beside the managers.
PATIENT_DATA_CONTACT = env.str("PATIENT_DATA_CONTACT", default="")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="ooh-desk@example.org")

# ---------- Logging: to standard error, each line with its request ----------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "accounts.audit.RequestIdFilter"},
        "tokens": {"()": "accounts.masking.TokenFilter"},
    },
    "formatters": {
        "plain": {
            "()": "accounts.logs.PlainFormatter",
            "format": "%(asctime)s %(levelname)s [%(request_id)s] %(name)s: %(message)s",
        },
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "filters": ["request_id", "tokens"],
        },
    },
    # These write addresses, headers or the text of errors, where tokens are, and more of them at DEBUG.
    "loggers": {name: {"level": "CRITICAL"} for name in ("azure", "httpcore2", "httpx2", "msal", "urllib3")},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
