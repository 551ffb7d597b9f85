"""Settings. Everything a site changes comes from the environment; every default is the safe one.

Source: Django 5.2 deployment checklist; settings shown to work in docs/adr/0001.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONCE, NONE, SELF

from callwarden.protection.signin.profiles import PROFILES
from callwarden.site import logs
from callwarden.site.layout import Layout
from callwarden.site.neighbours import syslog_listening
from callwarden.site.outside import (
    BadSetting,
    finding_days,
    gateway,
    ledger_sinks,
    scanner,
    scim_groups,
    sign_in_profile,
    smtp,
    webhooks,
)
from callwarden.site.places import places_from
from callwarden.site.postgres import EmbeddedPostgres
from callwarden.site.providers import identity_providers
from callwarden.site.siem import receivers

PACKAGE = Path(__file__).resolve().parent.parent


def env(name: str, default: str = "") -> str:
    return os.environ.get(f"CALLWARDEN_{name}", default)


def env_flag(name: str) -> bool:
    return env(name).lower() in {"1", "true", "yes", "on"}


def env_days_by_jurisdiction(name: str, default: str) -> dict[str, int]:
    """Days, for everywhere and for some jurisdictions: "90" or "90,eu=30". Everywhere else is "*".

    Raises:
        BadSetting: it reads otherwise.
    """
    everywhere, *others = (env(name) or default).replace(" ", "").split(",")
    try:
        return {"*": int(everywhere)} | {where: int(days) for where, _, days in (one.partition("=") for one in others)}
    except ValueError:
        raise BadSetting(f"CALLWARDEN_{name} must be a number of days, then others as place=days.") from None


def env_number(name: str, default: float) -> float:
    """A threshold; a value that is no number stops the start rather than meaning something else.

    Raises:
        BadSetting: not a number, or negative.
    """
    text = env(name)
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise BadSetting(f"CALLWARDEN_{name} must be a number of at least 0.")
    return value


DATA_DIR = Path(
    env("DATA_DIR", "/var/lib/callwarden" if os.geteuid() == 0 else "~/.local/share/callwarden")
).expanduser()
LAYOUT = Layout(DATA_DIR.absolute())
os.environ.setdefault("CALLWARDEN_KEEPER_SOCKET", str(LAYOUT.run / "keeper.sock"))
DEMO = env_flag("DEMO")
DEBUG = False


def _secret_key() -> str:
    """The signing key of sessions: from the environment, else from the data folder, where `callwarden up` puts it."""
    if value := env("SECRET_KEY"):
        return value
    path = DATA_DIR / "keys" / "django-secret"
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        # Without a data folder nothing can be served; commands that need no server still run.
        return os.urandom(32).hex()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = [host for host in env("HOSTS", "127.0.0.1,localhost,[::1]").split(",") if host]
CSRF_TRUSTED_ORIGINS = [origin for origin in env("ORIGINS").split(",") if origin]


DATABASE_ROLES = ("cw_app", "cw_keeper", "cw_sequencer")


def database(url: str, role: str = "") -> dict[str, object]:
    """A DATABASES entry from `postgresql://user:password@host:port/name`; `?host=/folder` names a socket folder.

    With `role` every connection takes that role as it opens, so that row security and grants bind the process.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise BadSetting(
            "CALLWARDEN_DATABASE_URL must start with postgresql://; Callwarden keeps its data in PostgreSQL."
        )
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    options = {key: unquote(value) for key, value in query.items() if key != "host"}
    if role:
        options["options"] = f"{options.get('options', '')} -c role={role}".strip()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 60,
        "OPTIONS": options,
    }


def _database_of_this_process() -> dict[str, object]:
    """The owner's connection, or the one of the role this process was started for.

    A site may give a role a login of its own (CALLWARDEN_APP_DATABASE_URL, CALLWARDEN_KEEPER_DATABASE_URL,
    CALLWARDEN_SEQUENCER_DATABASE_URL), which keeps the owner's password from that process altogether.
    """
    url, role = env("DATABASE_URL") or EmbeddedPostgres(LAYOUT.database).url, env("DATABASE_ROLE")
    if not role:
        return database(url)
    if role not in DATABASE_ROLES:
        raise BadSetting(f"CALLWARDEN_DATABASE_ROLE must be one of {', '.join(DATABASE_ROLES)}.")
    if own := env(f"{role.removeprefix('cw_').upper()}_DATABASE_URL"):
        return database(own)
    return database(url, role)


DATABASES = {"default": _database_of_this_process()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "kernel.User"

INSTALLED_APPS = [
    "callwarden.doors.console",
    "callwarden.doors.api",
    "callwarden.doors.spool",
    "callwarden.flows",
    "callwarden.lawful",
    "callwarden.protection",
    "callwarden.control",
    "callwarden.partners",
    "callwarden.custody",
    "callwarden.kernel",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "axes",
    "csp",
    "django_htmx",
    "procrastinate.contrib.django",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "callwarden.site.middleware.RequestRecord",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "callwarden.doors.console.guard.SessionGuard",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "callwarden.site.closed.ClosedUntilSigned",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "callwarden.doors.console.middleware.ConsolePages",
]

ROOT_URLCONF = "callwarden.site.urls"
WSGI_APPLICATION = "callwarden.site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    }
]

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "callwarden.doors.console.accounts.PasswordBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "callwarden.protection.signin.passwords.LengthAndClasses"},
    {"NAME": "callwarden.protection.signin.passwords.NotGuessable"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "callwarden.protection.signin.passwords.NotUsedBefore"},
]
# What is asked of passwords, guesses and sessions: nist or mlps3 (protection/signin/profiles.py).
CALLWARDEN_SIGN_IN_PROFILE = sign_in_profile(env("SIGN_IN_PROFILE"))
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "callwarden.doors.console.accounts.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "callwarden.doors.console.password_forms.PasswordForm",
    "change_password": "callwarden.doors.console.password_forms.NewPasswordForm",
}
ACCOUNT_SESSION_REMEMBER = False
# Many people sign in from one address at the start of a shift. How often one account may be tried is counted by the
# lock-out, which lets its person in from where they are known; a limit by name here would let anybody shut them out.
ACCOUNT_RATE_LIMITS = {"login": "240/m/ip", "login_failed": "60/m/ip"}
# Identity providers come from one file; whoever is not registered here stays out (doors/console/sso).
SOCIALACCOUNT_ADAPTER = "callwarden.doors.console.sso.entering.SocialAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_AUTO_SIGNUP = False
CALLWARDEN_IDENTITY_PROVIDERS = identity_providers(env("IDENTITY_PROVIDERS_FILE"))
# Which networks are which place; sign-ins name theirs, and the watch sees somebody in two places at once.
CALLWARDEN_PLACES = places_from(env("PLACES_FILE"))
MFA_ADAPTER = "callwarden.doors.console.accounts.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Callwarden"
# When it closes and for how long is the profile's (doors/console/lockout.py). What was typed is not kept.
AXES_HANDLER = "callwarden.doors.console.lockout.CountingHandler"
AXES_FAILURE_LIMIT = "callwarden.doors.console.lockout.limit"
AXES_COOLOFF_TIME = "callwarden.doors.console.lockout.closed_for"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "callwarden.doors.console.lockout.page"
AXES_USERNAME_CALLABLE = "callwarden.doors.console.lockout.account_token"
AXES_CLIENT_IP_CALLABLE = "callwarden.doors.console.lockout.address"
AXES_SENSITIVE_PARAMETERS = ["username", "login", "email", "ip_address", "next", "code", "credential"]
AXES_DISABLE_ACCESS_LOG = True

# Limits of attempts and used one-time codes must hold for all web processes and over restarts. Keys are hashed.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "site_cache",
        "KEY_FUNCTION": "callwarden.kernel.tokens.cache_key",
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env("TIME_ZONE", "UTC")

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(env_number("SESSION_LIFE_SECONDS", 12 * 3600))
CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
# Cookies are marked secure wherever TLS ends in front of us; plain HTTP exists on loopback only.
TLS = env_flag("TLS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TLS else None
SECURE_HSTS_SECONDS = 31536000 if TLS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Source: PCI DSS 4.0.1 requirement 8.2.8 for the idle limit; see kernel/sessions.py.
CALLWARDEN_SESSION_IDLE = env_number("SESSION_IDLE_SECONDS", 900)
if longest_idle := PROFILES[CALLWARDEN_SIGN_IN_PROFILE].longest_idle:
    CALLWARDEN_SESSION_IDLE = min(CALLWARDEN_SESSION_IDLE, longest_idle)
CALLWARDEN_SESSION_LIFE = env_number("SESSION_LIFE_SECONDS", 12 * 3600)
# How fresh the proof of the second factor is for dangerous acts (doors/console/stepup.py).
CALLWARDEN_STEP_UP = env_number("STEP_UP_SECONDS", 900)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, NONCE],
        "connect-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF, "blob:"],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}

LOGGING = logs.at_level(env("LOG_LEVEL", "INFO"))
logs.configure_structlog()
METRICS_TOKEN = env("METRICS_TOKEN")

# Where sealed objects lie (a folder, or s3://bucket/prefix), and where checkpoints of the ledger go: folders that
# are mounts of other hosts, syslog, mail, locked objects, witnesses (custody/ledger/sinks), separated by spaces.
OBJECTS_URL = env("OBJECTS")
LEDGER_TILES_URL = env("LEDGER_TILES")
LEDGER_RETENTION_DAYS = env_number("LEDGER_RETENTION_DAYS", 1830)
# Where none is named, a folder beside the data folder: acts of two people go on, and that heads stay here is told.
LEDGER_SINKS = ledger_sinks(env("LEDGER_SINKS")) or [LAYOUT.heads_address(demo=DEMO)]
LEDGER_ORIGIN = env("LEDGER_ORIGIN")
SEALED_TMP_DIR = env("SEALED_TMP_DIR") or None

# What a site may change about taking in, and the thresholds of what happens when things break (DESIGN section 7):
# settings, so that each can be provoked.
QUARANTINE_HOURS = int(env_number("QUARANTINE_HOURS", 72))
# Days in which somebody who refused is not asked again, by jurisdiction: "90" or "90,eu=30,cn=180". NDSR (China) art.
# 22(5) forbids frequent asking and names no number, so the number is the centre's own.
CONSENT_COOL_DOWN_DAYS = env_days_by_jurisdiction("CONSENT_COOL_DOWN_DAYS", "90")
# No anonymous release may ask for smaller groups than this; below 2 there is no group.
ANONYMITY_LEAST_K = max(2, int(env_number("ANONYMITY_LEAST_K", 10)))
# People or calls one look from the console counts at most; the command line counts any number.
ANONYMITY_AT_ONCE = int(env_number("ANONYMITY_AT_ONCE", 5000))
# For how long the proof of a consent is kept after it was made, where a line's retention rules say nothing else.
CONSENT_PROOF_DAYS = int(env_number("CONSENT_PROOF_DAYS", 1095))
REQUEST_STATEMENT_DAYS = int(env_number("REQUEST_STATEMENT_DAYS", 1095))
WORDS_GRACE_SECONDS = env_number("WORDS_GRACE_SECONDS", 120)
MATCH_GRACE_SECONDS = env_number("MATCH_GRACE_SECONDS", 900)
LIST_GRACE_SECONDS = env_number("LIST_GRACE_SECONDS", 30)
INTAKE_MAX_BYTES = int(env_number("INTAKE_MAX_BYTES", 2 * 1024**3))
INTAKE_MAX_SECONDS = env_number("INTAKE_MAX_SECONDS", 6 * 3600)
SPOOL_MAX_BYTES = int(env_number("SPOOL_MAX_BYTES", 50 * 1024**3))
DISK_RESERVE = env_number("DISK_RESERVE", 0.05)
# Of a line's calls in the last hour: refused by more than this share, and at least so many, its deletion timers stop.
REFUSAL_SHARE = env_number("REFUSAL_SHARE", 0.5)
REFUSALS_AT_LEAST = max(1, int(env_number("REFUSALS_AT_LEAST", 10)))
INTAKE_HOURS = int(env_number("INTAKE_HOURS", 168))
SPOOL_INCOMING = Path(env("SPOOL_INCOMING") or DATA_DIR / "incoming")
SPOOL_STABLE_SECONDS = env_number("SPOOL_STABLE_SECONDS", 5)
# Erased everywhere within the sum of these days: see protection.keys.promise. The keeper reads OVERLAP_DAYS itself.
EPOCH_DAYS = env_number("EPOCH_DAYS", 14)
OVERLAP_DAYS = env_number("OVERLAP_DAYS", 2)
# How long an object that was sealed anew under another name stays for those who read it.
OBJECT_GRACE_SECONDS = env_number("OBJECT_GRACE_SECONDS", 60)
KEY_BACKUP_DAYS = env_number("KEY_BACKUP_DAYS", 14)
REDACTION_PROFILE = env("REDACTION_PROFILE", "all")
LEDGER_TIMEOUT_MS = int(env_number("LEDGER_TIMEOUT_MS", 2000))
CALLWARDEN_LEDGER_DEADLINE = LEDGER_TIMEOUT_MS / 1000
LEDGER_LAG_SECONDS = env_number("LEDGER_LAG_SECONDS", 60)
# For how long no signed head may have left this host before acts of two people are refused.
LEDGER_SINK_SILENCE_SECONDS = env_number("LEDGER_SINK_SILENCE_SECONDS", 900)

# Copies: where data goes and, apart from it, key files; how many days copies of data live; what is copied along.
BACKUP_TARGET = env("BACKUP_TARGET")
KEY_BACKUP_TARGET = env("KEY_BACKUP_TARGET")
BACKUP_KEY = Path(env("BACKUP_KEY") or LAYOUT.keys / "backup.key")
BACKUP_DAYS = env_number("BACKUP_DAYS", 30)
# The embedded server reads it as well: see site.postgres.
BACKUP_LOG_MB = env_number("BACKUP_LOG_MB", 4096)
CLOSED = env_flag("CLOSED")
BACKUP_FILES = [Path(path) for path in env("BACKUP_FILES").split(":") if path]

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
# Nothing that is uploaded ever waits on a disk in clear, whichever page or address takes it.
FILE_UPLOAD_HANDLERS = ["callwarden.doors.api.uploads.SealedUploadHandler"]
# Networks of reverse proxies whose X-Forwarded-For is believed, separated by commas.
TRUSTED_PROXIES = [block for block in env("TRUSTED_PROXIES").split(",") if block]
# Look-ups of people by number, address or the like: more than so many a minute are refused, an hour are a finding.
LOOKUPS_PER_MINUTE = int(env_number("LOOKUPS_PER_MINUTE", 30))
LOOKUPS_PER_HOUR = int(env_number("LOOKUPS_PER_HOUR", 200))
SERVICE_LOOKUPS_PER_MINUTE = int(env_number("SERVICE_LOOKUPS_PER_MINUTE", 600))
SERVICE_LOOKUPS_PER_HOUR = int(env_number("SERVICE_LOOKUPS_PER_HOUR", 20000))
# Tries on the public pages for data subjects, from one address or about one number.
STRANGERS_PER_MINUTE = int(env_number("STRANGERS_PER_MINUTE", 10))
STRANGERS_PER_HOUR = int(env_number("STRANGERS_PER_HOUR", 40))
# Codes sent to one number or address, so that nobody is flooded by what somebody else types in.
CODES_PER_HOUR = int(env_number("CODES_PER_HOUR", 3))
# Rows one act on many may take (kernel/bulk).
BULK_LIMIT = int(env_number("BULK_LIMIT", 50_000))
# For how many months one person may hold a sensitive role before somebody else should; 0 sets no limit.
TENURE_MONTHS = int(env_number("TENURE_MONTHS", 24))
# For how many months training in security counts at most; 0: sensitive roles rest on none.
TRAINING_MONTHS = int(env_number("TRAINING_MONTHS", 12))
# How often rights are reviewed, in days; 0: nobody is reminded. So many days late, it goes to a second person.
REVIEW_DAYS = int(env_number("REVIEW_DAYS", 182))
REVIEW_ESCALATE_DAYS = int(env_number("REVIEW_ESCALATE_DAYS", 7))
# Groups of a directory and the roles they give: "Call agents=agent,Team leads=team_leader" (doors/scim).
SCIM_GROUPS = scim_groups(env("SCIM_GROUPS"))
SCIM_SENSITIVE = env_flag("SCIM_SENSITIVE")
# How often two people may approve for each other in one calendar month (rotation of duties).
APPROVALS_PER_PAIR = int(env_number("APPROVALS_PER_PAIR", 20))
# For how long nobody approves for whom they gave a role to, or got one from.
ROLE_GIVER_HOURS = env_number("ROLE_GIVER_HOURS", 24)
DEPUTY_DAYS = env_number("DEPUTY_DAYS", 31)
# The most that one grant of access may be for (control/grants), and of how many people without two approvers.
GRANT_MINUTES = int(env_number("GRANT_MINUTES", 480))
GRANT_USES = int(env_number("GRANT_USES", 200))
GRANT_RECORDS = int(env_number("GRANT_RECORDS", 2000))
GRANT_MANY_SUBJECTS = int(env_number("GRANT_MANY_SUBJECTS", 20))
# Emergency access (control/emergency): who may take it, for how long and how much, and until when it is reviewed.
EMERGENCY_ROLES = tuple(
    role
    for role in env("EMERGENCY_ROLES", "team_leader,data_protection_officer,security_administrator").split(",")
    if role
)
EMERGENCY_MINUTES = env_number("EMERGENCY_MINUTES", 30)
EMERGENCY_SUBJECTS = int(env_number("EMERGENCY_SUBJECTS", 5))
EMERGENCY_ROWS = int(env_number("EMERGENCY_ROWS", 20))
EMERGENCY_REVIEW_HOURS = env_number("EMERGENCY_REVIEW_HOURS", 24)
UNREDACTED_HOURS = int(env_number("UNREDACTED_HOURS", 24))
# Where the centre's day begins for counts of the watch (flows/watching), in seconds east of UTC.
WATCH_UTC_OFFSET_S = env_number("WATCH_UTC_OFFSET_S", 0)
# A demonstration has no scanner and says so; a site decides for itself (kernel/malware.py).
CALLWARDEN_MALWARE_SCANNER = scanner(env("MALWARE_SCANNER"), demo=DEMO)

# Telling people and systems that something waits for them (kernel/notify).
CALLWARDEN_PUBLIC_URL = env("PUBLIC_URL")
CALLWARDEN_WEBHOOKS = webhooks(env("WEBHOOKS_FILE"))
# The one of them that sends texts to people gets nothing else (kernel/notify/gateway.py).
CALLWARDEN_MESSAGE_GATEWAY = gateway(env("MESSAGE_GATEWAY"), CALLWARDEN_WEBHOOKS)
# Security systems that get every entry of the operation log (control/siem).
CALLWARDEN_SIEM = receivers(env("SIEM_FILE"))
# Logs of neighbouring systems (control/neighbours): where syslog is taken in, how long an act waits for its calls, and
# how many days what they told is kept (183 at least: MLPS, Cybersecurity Law art. 23).
NEIGHBOUR_SYSLOG = syslog_listening(
    env("NEIGHBOURS_SYSLOG"), env("NEIGHBOURS_TLS_CERT"), env("NEIGHBOURS_TLS_KEY"), env("NEIGHBOURS_TLS_CA")
)
NEIGHBOUR_GRACE_MINUTES = env_number("NEIGHBOUR_GRACE_MINUTES", 120)
NEIGHBOUR_LOG_DAYS = int(env_number("NEIGHBOUR_LOG_DAYS", 400))
CALLWARDEN_FINDING_DAYS = finding_days(env("FINDING_DAYS"))
globals().update(smtp(env))
