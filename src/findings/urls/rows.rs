//! The rows of the catalogue for connection URLs, values and secrets.

use crate::cause::Cause;
use crate::finding::Severity;
use crate::findings::Entry;

const fn entry(
    code: &'static str,
    severity: Severity,
    cause: Cause,
    meaning: &'static str,
    remedy: &'static str,
) -> Entry {
    Entry { code, severity, cause, meaning, remedy }
}

pub(super) const UNENCODED: Entry = entry(
    "url_password_unencoded",
    Severity::Error,
    Cause::UrlPasswordUnencoded,
    "user or password of a connection URL are not percent-encoded, and some clients read another host or password, or refuse it",
    "percent-encode user and password where the URL is built: / as %2F, @ as %40, % as %25",
);
pub(super) const DOUBLED: Entry = entry(
    "url_password_doubled",
    Severity::Error,
    Cause::UrlPasswordDoubled,
    "user and password stand in a connection URL twice",
    "put them in once: either the URL has them, or what builds the URL adds them",
);
pub(super) const REDIS_DOUBLE: Entry = entry(
    "redis_double_password",
    Severity::Error,
    Cause::UrlPasswordDoubled,
    "the password stands in a Redis URL twice, or (info) in the URL and in REDIS_PASSWORD",
    "keep it in one of them",
);
pub(super) const REDIS_USER: Entry = entry(
    "redis_password_as_user",
    Severity::Warning,
    Cause::UrlMalformed,
    "a Redis URL has no colon before the `@`: what stands there is the user, not the password",
    "write redis://:PASSWORD@host",
);
pub(super) const MISREAD: Entry = entry(
    "url_misread",
    Severity::Info,
    Cause::UrlMalformed,
    "some clients read a connection URL differently, or refuse it, though user and password are encoded",
    "write it so that the app's client reads it, or give that client the parts one by one",
);
pub(super) const HOST_IS_USER: Entry = entry(
    "url_host_is_user",
    Severity::Error,
    Cause::UrlPasswordUnencoded,
    "the host that does not resolve is the database user's name: so is a URL read whose password is not percent-encoded",
    "percent-encode the password in the URL that host and user were taken from",
);
pub(super) const PARAMETER: Entry = entry(
    "url_parameter_forwarded",
    Severity::Info,
    Cause::UrlMalformed,
    "a parameter of the URL is one client's own: others send it to the server as a setting, or refuse the URL",
    "leave it out of the URL of those clients",
);
pub(super) const SCHEME: Entry = entry(
    "sqlalchemy_postgres_scheme",
    Severity::Info,
    Cause::UrlMalformed,
    "SQLAlchemy does not load postgres://",
    "write postgresql://",
);
pub(super) const SSLMODE: Entry = entry(
    "sslmode_node_postgres",
    Severity::Info,
    Cause::TlsUntrusted,
    "node-postgres 8 reads sslmode prefer, require and verify-ca as verify-full, and would fail here",
    "name the authority (NODE_EXTRA_CA_CERTS), or add uselibpqcompat=true",
);
pub(super) const NEON_TLS: Entry = entry(
    "neon_needs_tls",
    Severity::Error,
    Cause::TlsUnsupported,
    "Neon takes no connection without TLS",
    "add sslmode=require",
);
pub(super) const NEON_ENDPOINT: Entry = entry(
    "neon_endpoint_mismatch",
    Severity::Error,
    Cause::UrlMalformed,
    "host and `options` name different Neon endpoints",
    "take `endpoint=` out of `options`",
);
pub(super) const WHITE: Entry = entry(
    "secret_trailing_newline",
    Severity::Error,
    Cause::SecretWhitespace,
    "a newline or a space at an end of a secret or a connection URL",
    "write it anew without: printf %s, not echo; --from-literal, not --from-file; `|-`, not `|` in YAML",
);
pub(super) const QUOTED: Entry = entry(
    "env_quoted",
    Severity::Error,
    Cause::VariableInvalid,
    "quotes around a value are a part of it",
    "take them away: neither --env-file nor kubectl --from-env-file removes quotes",
);
pub(super) const BASE64: Entry = entry(
    "env_base64_twice",
    Severity::Error,
    Cause::VariableInvalid,
    "a value is still base64: it was encoded once more than it is decoded",
    "put the plain text under stringData, or encode it once under data",
);
pub(super) const PLACEHOLDER: Entry = entry(
    "env_placeholder",
    Severity::Error,
    Cause::VariableInvalid,
    "a value keeps the place of the real one: a template that nothing filled in, or an example",
    "put the real value in; $(NAME) is filled in by Kubernetes only where NAME stands before it in the same container's env",
);
pub(super) const SERVICE_LINK: Entry = entry(
    "env_service_link",
    Severity::Error,
    Cause::VariableInvalid,
    "a variable holds what Kubernetes sets for a Service of that name",
    "set it in the pod's env, rename the Service, or set enableServiceLinks: false",
);
pub(super) const DEFAULT: Entry = entry(
    "secret_default",
    Severity::Warning,
    Cause::SecretTooWeak,
    "a secret is an example that everybody knows",
    "make one: openssl rand -base64 32",
);
pub(super) const SHORT: Entry = entry(
    "jwt_secret_short",
    Severity::Warning,
    Cause::SecretTooWeak,
    "a secret that signs tokens has less than 32 bytes",
    "make one: openssl rand -base64 32",
);
pub(super) const PUBLIC: Entry = entry(
    "secret_public_prefix",
    Severity::Warning,
    Cause::VariableInvalid,
    "a secret stands in a variable whose prefix ships it to every browser",
    "take the prefix away, and change the secret",
);
pub(super) const INCONSISTENT: Entry = entry(
    "config_inconsistent",
    Severity::Warning,
    Cause::VariableInvalid,
    "two settings contradict each other, or one can never take effect",
    "correct the one that is named",
);

/// The codes of this family.
pub(super) const STALE: Entry = entry(
    "secret_stale_env",
    Severity::Error,
    Cause::VariableInvalid,
    "a variable and the mounted file that it must equal differ: variables are read when the container starts, files are kept up to date",
    "restart the pod: kubectl rollout restart",
);

pub(in crate::findings) const CODES: &[Entry] = &[
    UNENCODED,
    DOUBLED,
    REDIS_DOUBLE,
    REDIS_USER,
    MISREAD,
    HOST_IS_USER,
    PARAMETER,
    SCHEME,
    SSLMODE,
    NEON_TLS,
    NEON_ENDPOINT,
    WHITE,
    QUOTED,
    BASE64,
    PLACEHOLDER,
    SERVICE_LINK,
    STALE,
    DEFAULT,
    SHORT,
    PUBLIC,
    INCONSISTENT,
];
