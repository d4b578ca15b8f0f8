//! What can be wrong with a value whatever it is for: it was pasted, piped, templated or encoded once too often.

mod decode;
mod encoded;
mod names;
mod pem;
mod placeholder;
mod quotes;
mod references;
mod template;
mod white;

use encoded::hides_url;
use quotes::curly;

pub(super) use encoded::{encoded_twice, hides_text};
pub use names::is_public_secret;
pub use names::names_secret;
pub(super) use names::{is_template, signs_tokens};
pub(super) use placeholder::is_placeholder;
pub use placeholder::known_default;
pub(super) use quotes::{bare, quoted};
pub(super) use references::is_for_sdk;
pub(super) use template::unexpanded;
pub(super) use white::broken;
pub use white::white;

/// A flaw of a value as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Flaw {
    /// White space at an end: which, in words.
    White(&'static str),
    /// In quotes.
    Quoted,
    /// In the quotes of a word processor, or with one inside.
    Curly,
    /// Base64 of a URL.
    Base64,
    /// `$(NAME)`, `${NAME}` or `{{ … }}` stands there as it is; in words.
    Unexpanded(String),
    /// A reference to a secret store, which nothing resolved: which store.
    Unresolved(&'static str),
    /// `changeme`, `your-…`, `<…>`.
    Placeholder,
    /// What a program writes of a value that is not there (`null`), where a value belongs.
    Absent,
    /// A JSON object where one of its values is meant.
    Json,
    /// PEM without its line breaks, or in quotes or base64: which, in words.
    Pem(&'static str),
    /// What Kubernetes sets for a Service: `tcp://10.0.0.1:6379`.
    ServiceLink,
}

/// The first flaw of a value that hides the rest of it; `name` is its variable's.
pub(super) fn flaw(text: &str, name: Option<&str>) -> Option<Flaw> {
    if let Some(white) = white(text).or_else(|| broken(text)) {
        return Some(Flaw::White(white));
    }
    if let Some(what) = pem::damaged(text, name) {
        return Some(Flaw::Pem(what));
    }
    if quoted(text) {
        return Some(Flaw::Quoted);
    }
    if curly(text) {
        return Some(Flaw::Curly);
    }
    if hides_url(text) {
        return Some(Flaw::Base64);
    }
    if let Some(store) = references::store(text, name) {
        return Some(Flaw::Unresolved(store));
    }
    if let Some(shown) = unfilled(text) {
        return Some(Flaw::Unexpanded(shown));
    }
    if is_placeholder(text) {
        return Some(Flaw::Placeholder);
    }
    name.is_some_and(|name| service_link(name, text)).then_some(Flaw::ServiceLink)
}

/// What is wrong with the value of one secret, or of one part of a login, beyond [`flaw`].
pub(super) fn flaw_of_one(text: &str) -> Option<Flaw> {
    if references::absent(text) {
        return Some(Flaw::Absent);
    }
    let text = text.trim();
    is_credential(text).then_some(Flaw::Json)
}

/// Whether it is a JSON object as secret stores keep a login: keys of Hasura, PostgREST and the like are objects, too.
fn is_credential(text: &str) -> bool {
    const KEYS: [&str; 7] = ["username", "user", "password", "host", "hostname", "engine", "dbname"];
    let json = text.starts_with('{').then(|| serde_json::from_str::<serde_json::Value>(text).ok()).flatten();
    json.as_ref().and_then(serde_json::Value::as_object).is_some_and(|object| {
        object.keys().any(|key| KEYS.iter().any(|known| key.eq_ignore_ascii_case(known)))
            || (object.len() == 1 && object.values().all(serde_json::Value::is_string))
    })
}

/// The first place that something should have filled in, of any tool, as it may be shown.
pub(super) fn unfilled(text: &str) -> Option<String> {
    // Every value is asked at every run, and nearly none has one of the characters that each mark has.
    let may_have_mark =
        text.bytes().any(|byte| matches!(byte, b'$' | b'%' | b'<' | b'{' | b'(')) || text.contains("__");
    let mark = || unexpanded(text).or_else(|| references::mark(text));
    may_have_mark.then(mark).flatten().or_else(|| references::absent_host(text).map(str::to_owned))
}

/// Whether Kubernetes set it for a Service of that name.
pub(super) fn service_link(name: &str, text: &str) -> bool {
    let Some(rest) = text.strip_prefix("tcp://").or_else(|| text.strip_prefix("udp://")) else { return false };
    name.ends_with("_PORT")
        && crate::url::Endpoint::parse(rest).is_ok_and(|to| matches!(to.host, crate::url::Host::Ip(_)))
}

#[cfg(test)]
mod tests {
    use super::{Flaw, bare, flaw, is_placeholder, is_public_secret, known_default, names_secret, signs_tokens};

    #[test]
    fn flaws() {
        let unexpanded = |text: &str| Some(Flaw::Unexpanded(text.to_owned()));
        for (text, expected) in [
            ("postgres://app:pw@db/x\n", Some(Flaw::White("a newline at its end"))),
            ("postgres://app:pw@db/x\r\n", Some(Flaw::White("a carriage return (Windows line end) at its end"))),
            ("pw ", Some(Flaw::White("a space at its end"))),
            (" pw", Some(Flaw::White("white space at its start"))),
            ("-----BEGIN KEY-----\nx\n-----END KEY-----\n", None),
            ("\"postgres://db\"", Some(Flaw::Quoted)),
            ("'pw'", Some(Flaw::Quoted)),
            ("'", None),
            ("cG9zdGdyZXM6Ly9hcHA6cHdAZGIvc2hvcA==", Some(Flaw::Base64)),
            ("cG9zdGdyZXM6Ly9hcHA6cHdAZGIvc2hvcA", Some(Flaw::Base64)),
            ("czNjcmV0czNjcmV0czNjcmV0", None),
            ("postgres://app:$(DB_PASSWORD)@db/x", unexpanded("$(DB_PASSWORD)")),
            ("${DB_URL}", unexpanded("${DB_URL}")),
            ("{{ .Values.url }}", unexpanded("{{ … }}")),
            ("a$(b)c{{x}}$(", None),
            ("${", None),
            ("changeme", Some(Flaw::Placeholder)),
            ("your-api-key-here", Some(Flaw::Placeholder)),
            ("<your password>", Some(Flaw::Placeholder)),
            ("[YOUR-PASSWORD]", Some(Flaw::Placeholder)),
            ("undefined", Some(Flaw::Placeholder)),
            ("<a>", None),
            ("[1,2]", None),
            ("tcp://10.96.0.7:6379", None),
            ("postgres://app:pw\n@db/x", Some(Flaw::White("a newline at the end of its password"))),
            ("postgres://app\n:pw@db/x", Some(Flaw::White("a newline at the end of its user"))),
            ("postgres://app:pw@db\n:5432/x", Some(Flaw::White("a newline inside"))),
            ("see https\nand http://x\ny", None),
            (
                "\u{feff}postgres://app:pw@db/x",
                Some(Flaw::White("an invisible character (a byte order mark, a zero-width space) at an end")),
            ),
            ("postgres://user:password@host:5432/dbname", Some(Flaw::Placeholder)),
            ("postgresql://USER:PASSWORD@HOST:PORT/DATABASE", Some(Flaw::Placeholder)),
            ("postgresql://johndoe:randompassword@localhost:5432/mydb?schema=public", Some(Flaw::Placeholder)),
            ("postgres://user:password@host-1.db:5432/x", None),
            ("postgres://user:password@db/x", None),
        ] {
            assert_eq!(flaw(text, None), expected, "{text:?}");
        }
        assert_eq!(flaw("tcp://10.96.0.7:6379", Some("REDIS_PORT")), Some(Flaw::ServiceLink));
        assert_eq!(flaw("tcp://cache:6379", Some("REDIS_PORT")), None);
        assert_eq!(flaw("tcp://10.96.0.7:6379", Some("REDIS_URL")), None);
        assert_eq!(bare(" 'a b' \n"), "a b");
        assert_eq!(bare("\u{feff}a"), "a");
    }

    #[test]
    fn names_and_known_values() {
        for name in [
            "BETTER_AUTH_SECRET",
            "DB_PASSWORD",
            "API_KEY",
            "SMTP_PASS",
            "GITHUB_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "SECRET_KEY_BASE",
            "DB_PASSWORD_2",
            "JWT_SECRET_KEY",
        ] {
            assert!(names_secret(name), "{name}");
        }
        for name in [
            "DATABASE_URL",
            "SECRET_NAME",
            "PASSWORD_FILE",
            "TOKEN_TTL",
            "PUBLIC_KEY",
            "COMPASS",
            "KEYCLOAK_URL",
            "CACHE_KEY",
            "PARTITION_KEY",
            "KEY",
            "PASSWORD_FIELD",
            "TOKEN_SCOPE",
            "SECRET_STORE",
            "VAULT_SECRET_ENGINE",
            "OAUTH_TOKEN_AUDIENCE",
            "S3_ACCESS_KEY",
            "LOGIN_PASSWORD_SELECTOR",
        ] {
            assert!(!names_secret(name), "{name}");
        }
        assert!(signs_tokens("BETTER_AUTH_SECRET") && signs_tokens("SECRET_KEY") && !signs_tokens("AWS_SECRET_KEY"));
        assert!(
            signs_tokens("NEXTAUTH_SECRET") && signs_tokens("APP_JWT_SECRET") && !signs_tokens("GITHUB_OAUTH_SECRET")
        );
        assert!(known_default("better-auth-secret-12345678901234567890") && known_default("aaaaaaaa"));
        assert!(!known_default("Tr0ub4dor&3") && !is_placeholder("yours truly"));
        for (name, text, public) in [
            ("NEXT_PUBLIC_BETTER_AUTH_SECRET", "hunter2", true),
            ("VITE_DB_PASSWORD", "hunter2", true),
            ("NEXT_PUBLIC_MAPBOX_TOKEN", "pk.abc", false),
            ("NEXT_PUBLIC_TOKEN_URL", "https://x/token", false),
            ("NEXT_PUBLIC_API_URL", "https://x", false),
            ("BETTER_AUTH_SECRET", "hunter2", false),
            ("NEXT_PUBLIC_PASSWORD_LOGIN", "true", false),
        ] {
            assert_eq!(is_public_secret(name, text), public, "{name}");
        }
    }
}
