"""Django's settings. With ``main.py`` the only reader of environment variables."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from xuefen.bedrock import disk

PACKAGE = Path(__file__).resolve().parents[1]
HOME = Path(os.environ.get("XUEFEN_HOME") or "var").resolve()
_SCHEMA = re.compile(r"(?!pg_|public$|information_schema$)[a-z_][a-z0-9_]{0,62}")
# The value itself is not repeated: it may hold a password.
_URL_WRONG = (
    "database_url: DATABASE_URL 应为 postgresql://用户:口令@主机:端口/库名?schema=节点。\n"
    "        DATABASE_URL must be postgresql://user:password@host:port/name?schema=NODE."
)
_SCHEMA_WRONG = (
    "database_schema: DATABASE_URL 中的 schema “{schema}”不行：用小写字母、数字和下划线，不用 public 或 pg_ 开头的名字。\n"
    "        DATABASE_URL: schema “{schema}” will not do: lower-case letters, digits and underscores, never public or pg_…."
)


def database_from_url(url: str) -> dict[str, object]:
    """``postgresql://user:password@host:port/name?schema=NODE&host=/socket`` as Django wants it.

    A node lives in one schema named by ``schema`` (default ``xuefen``) and never touches ``public``. Raises
    ``ImproperlyConfigured``.
    """
    try:
        parts = urlsplit(url)
        port = str(parts.port or "")
    except ValueError as error:
        raise ImproperlyConfigured(_URL_WRONG) from error
    if parts.scheme not in ("postgresql", "postgres"):
        raise ImproperlyConfigured(_URL_WRONG)
    query = {k: v[0] for k, v in parse_qs(parts.query).items()}
    schema = query.pop("schema", "xuefen")
    if not _SCHEMA.fullmatch(schema):  # capitals would be folded in the search path and not in CREATE SCHEMA
        raise ImproperlyConfigured(_SCHEMA_WRONG.format(schema=schema))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": query.pop("port", port),
        "OPTIONS": {"options": f"-c search_path={schema}", **query},
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


_EVIDENCE_WRONG = (
    "evidence_place: XUEFEN_EVIDENCE 应为一个文件夹，或 s3://桶/前缀?endpoint_url=…&region_name=…。\n"
    "        XUEFEN_EVIDENCE must be a folder, or s3://bucket/prefix?endpoint_url=…&region_name=…"
)
_S3_OPTIONS = frozenset({"endpoint_url", "region_name", "addressing_style", "signature_version"})


def evidence_storage(place: str) -> dict[str, object]:
    """Where sealed evidence lies, as Django wants it: a folder, or an S3-compatible bucket (extra ``s3``).

    Access keys are never written here: boto3 finds them as everywhere (environment, profile, the machine's role). Raises
    ``ImproperlyConfigured``.
    """
    scheme, split, _ = place.partition("://")
    if not split:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                "location": place,
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }
    parts = urlsplit(place)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if scheme != "s3" or not parts.netloc or "@" in parts.netloc or asked.keys() - _S3_OPTIONS:
        raise ImproperlyConfigured(_EVIDENCE_WRONG)
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": parts.netloc,
            "location": parts.path.strip("/"),
            "default_acl": None,
            "file_overwrite": False,
            **asked,
        },
    }


def _log_algorithm(hash: str) -> Literal["sm2sm3", "ed25519"]:
    """The log key's algorithm that goes with a hash. Raises ``ImproperlyConfigured``."""
    algorithms: dict[str, Literal["sm2sm3", "ed25519"]] = {"sm3": "sm2sm3", "sha256": "ed25519"}
    if hash not in algorithms:
        raise ImproperlyConfigured(
            f"log_hash: XUEFEN_LOG_HASH 应为 sm3 或 sha256，而不是“{hash}”。\n"
            f"        XUEFEN_LOG_HASH must be sm3 or sha256, not “{hash}”."
        )
    return algorithms[hash]


def _kept_secret(name: str) -> str:
    """A secret that is made once and kept in the bank's folder, readable by its owner alone."""
    path = HOME / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Whole from the first moment: a second process, a full disk or a power cut must never leave an empty secret.
        with contextlib.suppress(FileExistsError):
            disk.create(path, secrets.token_urlsafe(48).encode("ascii"))
    return path.read_text().strip()


DEBUG = os.environ.get("XUEFEN_DEBUG") == "1"
SECRET_KEY = os.environ.get("XUEFEN_SECRET_KEY") or _kept_secret("django")
ALLOWED_HOSTS = os.environ.get("XUEFEN_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
PUBLIC_URL = os.environ.get("XUEFEN_PUBLIC_URL", "http://127.0.0.1:8000")  # what QR codes and links say
XUEFEN_PDF_P12 = os.environ.get("XUEFEN_PDF_P12", "")  # an institution's own PKCS#12, to sign PDFs with
XUEFEN_PDF_P12_PASSPHRASE = os.environ.get("XUEFEN_PDF_P12_PASSPHRASE", "")
DATABASES = {"default": database_from_url(os.environ.get("DATABASE_URL", "postgresql:///postgres"))}

XUEFEN_HOME = HOME
XUEFEN_KEYS = HOME / "keys"
XUEFEN_TOKEN = os.environ.get("XUEFEN_KEYS", "")  # a PKCS#11 URI; without one, files and a passphrase keep the keys
XUEFEN_TOKEN_PIN = os.environ.get("XUEFEN_PKCS11_PIN", "")
XUEFEN_KEY_MIRRORS = [Path(p) for p in os.environ.get("XUEFEN_KEY_MIRRORS", "").split(os.pathsep) if p]
XUEFEN_PASSPHRASE = os.environ.get("XUEFEN_PASSPHRASE") or _kept_secret("passphrase")
XUEFEN_LOG_ALGORITHM = _log_algorithm(os.environ.get("XUEFEN_LOG_HASH") or "sm3")  # of a log that is still to be made
XUEFEN_ANCHOR = os.environ.get("XUEFEN_ANCHOR", "")  # url,contract of an EVM chain; empty: checkpoints stay off chains
XUEFEN_ANCHOR_KEY = os.environ.get("XUEFEN_ANCHOR_KEY", "")  # the account that writes there; empty: secrets/anchor
XUEFEN_LOG = HOME / "log"  # tiles, entry bundles, checkpoint: static files anybody may copy
XUEFEN_UPLOADS = HOME / "uploads"
with contextlib.suppress(OSError):  # who may not write there receives no files
    XUEFEN_UPLOADS.mkdir(parents=True, exist_ok=True, mode=0o700)
STORAGES = {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "evidence": evidence_storage(os.environ.get("XUEFEN_EVIDENCE") or str(HOME / "evidence")),
}
XUEFEN_REAL_DATA = Path(os.environ.get("XUEFEN_SHARED_DATA", "../shared/data"))  # for the demo, when it is there
XUEFEN_PUBLIC = HOME / "public"  # trust.json, status list: what a verifier needs offline

# For outside conformance suites: the VC API signs for anybody on this machine, with a key of its own nobody believes.
XUEFEN_VC_TEST = os.environ.get("XUEFEN_VC_TEST") == "1"
XUEFEN_VC_TEST_SECRET = _kept_secret("vc-test") if XUEFEN_VC_TEST else ""


def _site() -> dict[str, object]:
    """What pages call this bank (place, name, office, phone), written by ``xuefen init``; pairs are (Chinese, English)."""
    path = HOME / "site.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


XUEFEN_SITE = _site()

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "ninja",  # its Swagger page, served by us instead of a CDN
    "procrastinate.contrib.django",
    "xuefen.bank",
]
AUTH_USER_MODEL = "bank.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIDDLEWARE = [
    "xuefen.faces.shared.middleware.DoorMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "xuefen.faces.shared.middleware.ActorMiddleware",
]
ROOT_URLCONF = "xuefen.config.urls"
WSGI_APPLICATION = "xuefen.config.wsgi.application"
FACES = PACKAGE / "faces"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [FACES / name / "templates" for name in ("shared", "hall", "desk", "verify")],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "xuefen.faces.shared.context.look",
            ],
            "libraries": {"xf": "xuefen.faces.shared.templatetags.xf"},
            "builtins": ["xuefen.faces.shared.templatetags.xf", "django.templatetags.static"],
        },
    }
]

# In files, so that all web processes count failed sign-ins together. When there are more, a third of them is forgotten
# at random: the default of 300 would let anybody who tries 300 names start over with the one they are after.
CACHES = {
    "default": {
        "BACKEND": "xuefen.config.cache.CountingFileCache",
        "LOCATION": str(HOME / "cache"),
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [FACES / "static"]
STATIC_ROOT = None  # nothing is collected: whitenoise serves the package's own files
WHITENOISE_USE_FINDERS = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = XUEFEN_UPLOADS  # what a killed server was receiving is swept there, and never lies about in /tmp
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]

SESSION_COOKIE_AGE = 12 * 3600  # seconds, as long as a token of the API: one working day
SESSION_EXPIRE_AT_BROWSER_CLOSE = True  # counters and libraries are shared machines
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
LOGIN_URL = "signin"
CSRF_FAILURE_VIEW = "xuefen.faces.shared.views.csrf_failure"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "xuefen.config.logs.Discreet",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # A wrong Host is answered with 400; a stack trace for each would let anybody fill the disk.
    "loggers": {"django.security.DisallowedHost": {"level": "CRITICAL"}},
}
