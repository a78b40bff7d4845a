"""Settings from the environment.  Every variable has an embedded default under var/.

| variable        | meaning                                             | default                  |
|-----------------|-----------------------------------------------------|--------------------------|
| HPKI_VAR        | folder for data, keys, virtual cards                | var/ beside the project  |
| DATABASE_URL    | sqlite:////path or postgres://user:pw@host/name     | sqlite in HPKI_VAR       |
| HPKI_ORIGIN     | the address people type                             | http://localhost:8000    |
| HPKI_SECRET_KEY_FILE | file with Django's signing key                 | made in HPKI_VAR         |
| HPKI_CARD_READER | `virtual`, or `pcsc:NAME` for a reader at this machine | virtual              |
| HPKI_TIME_SOURCE | "" this machine's clock alone, `chrony`, or `file:/path` with chronyc's tracking line | "" |
| HPKI_AUDIT_TSA_URL | second authority that time-stamps the audit's tree heads | ""                 |
| HPKI_TRUSTED_PROXIES | front servers on other hosts: addresses or networks | "" (this machine's own)     |
| HPKI_SMTP       | mail server: smtp://host:25 or smtps://user:pw@host:465 | "" (letters wait in HPKI_VAR/mail) |
| HPKI_MAIL_FROM  | the sender of mail                                  | noreply@ the host of HPKI_ORIGIN |
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from hpki_server.config.choices import one_of
from hpki_server.config.database import database
from hpki_server.config.mail import mail_server
from hpki_server.config.origin import origin
from hpki_server.config.proxies import trusted_proxies
from hpki_server.config.secret_files import signing_key

PROJECT = Path(__file__).resolve().parents[3]
VAR = Path(os.environ.get("HPKI_VAR", PROJECT / "var"))
ORIGIN = origin(os.environ.get("HPKI_ORIGIN", ""))
CARD_READER = one_of("HPKI_CARD_READER", "virtual", "virtual", "pcsc:NAME")
TIME_SOURCE = one_of("HPKI_TIME_SOURCE", "", "chrony", "file:PATH")
AUDIT_TSA_URL = os.environ.get("HPKI_AUDIT_TSA_URL", "")

SECRET_KEY = signing_key(Path(os.environ.get("HPKI_SECRET_KEY_FILE", VAR / "secrets" / "django.key")))
DEBUG = False
ALLOWED_HOSTS = [urlsplit(ORIGIN).hostname or "localhost", "127.0.0.1", "localhost"]
CSRF_TRUSTED_ORIGINS = [ORIGIN]
TRUSTED_PROXIES = trusted_proxies(os.environ.get("HPKI_TRUSTED_PROXIES", ""))

INSTALLED_APPS = [
    "hpki_server.people",
    "hpki_server.registry",
    "hpki_server.authority",
    "hpki_server.fees",
    "hpki_server.enrollment",
    "hpki_server.lifecycle",
    "hpki_server.statistics",
    "hpki_server.signing",
    "hpki_server.portal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "csp",
]
AUTH_USER_MODEL = "people.Account"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
]
ROOT_URLCONF = "hpki_server.config.urls"
WSGI_APPLICATION = "hpki_server.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": database(VAR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", _("日本語")), ("en", _("英語"))]
USE_TZ = True
TIME_ZONE = "Asia/Tokyo"

# Without a mail server every message is a file under HPKI_VAR/mail, for an officer to look at.
MAIL_SERVER = mail_server(os.environ.get("HPKI_SMTP", ""))
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if MAIL_SERVER else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = VAR / "mail"
EMAIL_HOST, EMAIL_PORT = (MAIL_SERVER.host, MAIL_SERVER.port) if MAIL_SERVER else ("localhost", 25)
EMAIL_HOST_USER = MAIL_SERVER.user if MAIL_SERVER else ""
EMAIL_HOST_PASSWORD = MAIL_SERVER.password.reveal() if MAIL_SERVER else ""
EMAIL_USE_SSL = MAIL_SERVER.sealed if MAIL_SERVER else False
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("HPKI_MAIL_FROM") or f"noreply@{urlsplit(ORIGIN).hostname or 'localhost'}"

STATIC_URL = "/static/"
STATICFILES_DIRS = [Path(__file__).resolve().parents[1] / "static"]
WHITENOISE_USE_FINDERS = True

SESSION_ENGINE = "hpki_server.people.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ORIGIN.startswith("https:")
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "hpki_server.portal.views.csrf_failed"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

# Everything goes to standard error, which the service manager keeps.  The loggers have their handler themselves: the web
# server takes the root's away.  What strangers do wrong (4xx, unknown hosts) stands in the front server's log.
_TO_STDERR = {"handlers": ["stderr"], "level": "WARNING"}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "hpki_server.people.log_lines.LogLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "loggers": {
        "hpki": _TO_STDERR,
        "hpki_server": _TO_STDERR,
        "django": _TO_STDERR,
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "CRITICAL"},
    },
}

# One upload is a photo or a scanned page; more is an error of the sender.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# Whatever an applicant hands in (8 MiB) stays in memory until it is sealed.
FILE_UPLOAD_MAX_MEMORY_SIZE = 9 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
# The page that judges documents takes most: one, 20 that it is over, 16 evidence records.
DATA_UPLOAD_MAX_NUMBER_FILES = 40
# The first one refuses what is too large before a byte of it reaches memory or disk; the last one leaves no name there.
FILE_UPLOAD_HANDLERS = [
    "hpki_server.people.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "hpki_server.people.uploads.NamelessUpload",
]
