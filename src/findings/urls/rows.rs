//! The rows of the catalogue for connection URLs, values and secrets.

use crate::cause::Cause;
use crate::finding::Severity;
use crate::findings::entry::Entry;

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
    "the user or password in a connection URL is not percent-encoded, and some clients read another host or password, \
     or reject the URL",
    "percent-encode the user and the password where the URL is built: / as %2F, @ as %40, % as %25",
);
pub(super) const DOUBLED: Entry = entry(
    "url_password_doubled",
    Severity::Error,
    Cause::UrlPasswordDoubled,
    "the user and the password appear twice in a connection URL",
    "set them once: either the URL contains them, or the template that builds the URL adds them",
);
pub(super) const REDIS_DOUBLE: Entry = entry(
    "redis_double_password",
    Severity::Error,
    Cause::UrlPasswordDoubled,
    "the password appears twice in a Redis URL, or (info) in the URL and in REDIS_PASSWORD",
    "set it in only one of them",
);
pub(super) const REDIS_USER: Entry = entry(
    "redis_password_as_user",
    Severity::Warning,
    Cause::UrlMalformed,
    "a Redis URL has no colon before the `@`, so the text there is the user, not the password",
    "write redis://:PASSWORD@host",
);
pub(super) const MISREAD: Entry = entry(
    "url_misread",
    Severity::Info,
    Cause::UrlMalformed,
    "some clients read a connection URL differently, or reject it, although the user and the password are encoded",
    "write the URL so that the app's client reads it, or give that client the parts one by one",
);
pub(super) const HOST_IS_USER: Entry = entry(
    "url_host_is_user",
    Severity::Error,
    Cause::UrlPasswordUnencoded,
    "the host that does not resolve is the name of the database user: clients read a URL like this if its password is \
     not percent-encoded",
    "percent-encode the password in the URL that host and user come from",
);
pub(super) const PARAMETER: Entry = entry(
    "url_parameter_forwarded",
    Severity::Info,
    Cause::UrlMalformed,
    "only one client knows a parameter of the URL: others send it to the server as a setting, or reject the URL",
    "remove it from the URL of those clients",
);
pub(super) const KEYWORDS: Entry = entry(
    "url_keywords_not_read",
    Severity::Warning,
    Cause::UrlMalformed,
    "a connection string of keywords (host=… user=…) is read by libpq, Go's drivers and tokio-postgres, but by no client of \
     a runtime in `clients`",
    "write it as a URL for the app: postgresql://user:password@host:5432/database",
);
pub(super) const SCHEME: Entry = entry(
    "sqlalchemy_postgres_scheme",
    Severity::Info,
    Cause::UrlMalformed,
    "SQLAlchemy does not accept postgres://",
    "write postgresql://",
);
pub(super) const SSLMODE: Entry = entry(
    "sslmode_node_postgres",
    Severity::Info,
    Cause::TlsUntrusted,
    "node-postgres 8 reads sslmode prefer, require and verify-ca as verify-full, and would fail here",
    "set the authority (NODE_EXTRA_CA_CERTS), or add uselibpqcompat=true",
);
pub(super) const NEON_TLS: Entry = entry(
    "neon_needs_tls",
    Severity::Error,
    Cause::TlsUnsupported,
    "Neon accepts no connection without TLS",
    "add sslmode=require",
);
pub(super) const NEON_ENDPOINT: Entry = entry(
    "neon_endpoint_mismatch",
    Severity::Error,
    Cause::UrlMalformed,
    "host and `options` name different Neon endpoints",
    "remove `endpoint=` from `options`",
);
pub(super) const WHITE: Entry = entry(
    "secret_trailing_newline",
    Severity::Error,
    Cause::SecretWhitespace,
    "a secret or a connection URL starts or ends with a space or a newline",
    "recreate it without: use printf %s, not echo; --from-literal, not --from-file; `|-`, not `|` in YAML",
);
pub(super) const QUOTED: Entry = entry(
    "env_quoted",
    Severity::Error,
    Cause::VariableInvalid,
    "the quotes around a value are part of it",
    "remove the quotes: neither --env-file nor kubectl --from-env-file removes them",
);
pub(super) const BASE64: Entry = entry(
    "env_base64_twice",
    Severity::Error,
    Cause::VariableInvalid,
    "a value is still base64: it was encoded twice and decoded once",
    "set the plain text under stringData, or encode it once under data",
);
pub(super) const PLACEHOLDER: Entry = entry(
    "env_placeholder",
    Severity::Error,
    Cause::VariableInvalid,
    "a value is a placeholder: a template that nothing filled in, a reference that nothing resolved, or an example",
    "set the real value; Kubernetes fills in $(NAME) only if NAME is set before it in the same container's env",
);
pub(super) const JSON: Entry = entry(
    "env_json_secret",
    Severity::Error,
    Cause::VariableInvalid,
    "a value is a whole JSON object where one of its values is meant, as a cloud's secret store has them",
    "choose the key where the Secret is made: `property` in an ExternalSecret, `jmesPath` in the CSI driver",
);
pub(super) const PEM: Entry = entry(
    "env_pem_damaged",
    Severity::Warning,
    Cause::VariableInvalid,
    "a certificate or key in PEM has lost its line breaks, or is in quotes or base64",
    "mount it as a file, or set it with its line breaks: a `|` block in YAML",
);
pub(super) const SERVICE_LINK: Entry = entry(
    "env_service_link",
    Severity::Error,
    Cause::VariableInvalid,
    "a variable has the value that Kubernetes sets for a Service of that name",
    "set it in the env of the pod, rename the Service, or set enableServiceLinks: false",
);
pub(super) const DEFAULT: Entry = entry(
    "secret_default",
    Severity::Warning,
    Cause::SecretTooWeak,
    "a secret is an example value that everybody knows",
    "create a new one: openssl rand -base64 32",
);
pub(super) const SHORT: Entry = entry(
    "jwt_secret_short",
    Severity::Warning,
    Cause::SecretTooWeak,
    "a secret that signs tokens has fewer than 32 bytes",
    "create a new one: openssl rand -base64 32",
);
pub(super) const PUBLIC: Entry = entry(
    "secret_public_prefix",
    Severity::Warning,
    Cause::VariableInvalid,
    "a secret is in a variable whose prefix sends it to every browser",
    "remove the prefix, and change the secret",
);
pub(super) const INCONSISTENT: Entry = entry(
    "config_inconsistent",
    Severity::Warning,
    Cause::VariableInvalid,
    "two settings contradict each other, or one can never take effect",
    "correct the setting that is named",
);

/// The codes of this family.
pub(super) const STALE: Entry = entry(
    "secret_stale_env",
    Severity::Error,
    Cause::VariableInvalid,
    "a variable and the mounted file that it must equal differ: variables are read when the container starts, files \
     are updated",
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
    KEYWORDS,
    SCHEME,
    SSLMODE,
    NEON_TLS,
    NEON_ENDPOINT,
    WHITE,
    QUOTED,
    BASE64,
    PLACEHOLDER,
    JSON,
    PEM,
    SERVICE_LINK,
    STALE,
    DEFAULT,
    SHORT,
    PUBLIC,
    INCONSISTENT,
];
