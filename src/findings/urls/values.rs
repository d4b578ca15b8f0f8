//! What can be wrong with a value whatever it is for: it was pasted, piped, templated or encoded once too often.

mod decode;
mod pem;
mod references;

use decode::decoded;

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
    unexpanded(text).or_else(|| references::mark(text)).or_else(|| references::absent_host(text).map(str::to_owned))
}

/// What editors and chats leave at the ends of a text, and nobody sees.
const INVISIBLE: [char; 4] = ['\u{feff}', '\u{200b}', '\u{200c}', '\u{200d}'];

/// White space at an end of a text of one line; a text of several (a certificate, a key) ends as it likes.
#[must_use]
pub fn white(text: &str) -> Option<&'static str> {
    let inner = text.trim();
    if inner.is_empty() || inner.contains('\n') {
        return None;
    }
    if text.starts_with(INVISIBLE) || text.ends_with(INVISIBLE) {
        return Some("an invisible character (a byte order mark, a zero-width space) at an end");
    }
    match text.strip_prefix(text.trim_end()).unwrap_or_default() {
        _ if text.starts_with(char::is_whitespace) => Some("white space at its start"),
        "" => None,
        "\n" => Some("a newline at its end"),
        tail if tail.contains('\r') => Some("a carriage return (Windows line end) at its end"),
        tail if tail.contains('\n') => Some("newlines at its end"),
        _ => Some("a space at its end"),
    }
}

/// A line that ends within a URL: one of the parts that it was made of ends so.
pub(super) fn broken(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://")?;
    let of_url = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.:-".contains(&byte));
    if !of_url || !rest.contains(['\n', '\r']) {
        return None;
    }
    let end = rest.find(['\n', '\r'])?;
    Some(match (rest[..end].contains('@'), rest[..end].contains(':'), rest[end..].trim_start().starts_with('@')) {
        (false, true, true) => "a newline at the end of its password",
        (false, false, _) if rest.contains('@') => "a newline at the end of its user",
        _ => "a newline inside",
    })
}

pub(super) fn quoted(text: &str) -> bool {
    let text = text.trim();
    ['"', '\''].iter().any(|quote| text.len() >= 2 && text.starts_with(*quote) && text.ends_with(*quote))
}

/// The quotes that word processors, chats and wikis write.
const CURLY: [char; 8] = ['“', '”', '„', '‟', '‘', '’', '‚', '‛'];

/// Whether such a quote is at an end of the value, or anywhere in a URL.
fn curly(text: &str) -> bool {
    let inner = text.trim();
    inner.chars().count() > 1
        && (inner.starts_with(CURLY) || inner.ends_with(CURLY) || inner.contains("://") && inner.contains(CURLY))
}

/// Without quotes, white space and what nobody sees at the ends.
pub(super) fn bare(text: &str) -> &str {
    let text = text.trim_matches(INVISIBLE).trim();
    if quoted(text) { text[1..text.len() - 1].trim() } else { text.trim_matches(CURLY).trim() }
}

/// Whether it is the base64 of plain text, most of it letters and digits: of random bytes of this length hardly ever.
pub(super) fn hides_text(text: &str) -> bool {
    let plain = |text: &str| {
        let text = text.trim_end_matches('\n');
        let marks = text.bytes().filter(|byte| !byte.is_ascii_alphanumeric()).count();
        text.bytes().all(|byte| byte.is_ascii_graphic()) && marks * 4 <= text.len()
    };
    text.len() >= 12 && text.len().is_multiple_of(4) && decoded(text).is_some_and(|text| plain(&text))
}

/// Whether it was encoded twice on the way to this pod, as far as that shows by itself: there is base64 of text in it once
/// more, or a line end as `echo` writes it.
pub(super) fn encoded_twice(text: &str) -> bool {
    let inner = decoded(text).filter(|_| hides_text(text));
    inner.is_some_and(|inner| inner.ends_with('\n') || hides_text(inner.trim_end()))
}

/// Whether it is the base64 of a URL: a value of `data:` that was encoded twice, or three times.
fn hides_url(text: &str) -> bool {
    if text.len() < 12 || text.contains("://") {
        return false;
    }
    let once = decoded(text);
    let again = once.as_deref().and_then(|text| decoded(text.trim_end()));
    is_url_inside(once.as_deref().map(String::as_str)) || is_url_inside(again.as_deref().map(String::as_str))
}

fn is_url_inside(decoded: Option<&str>) -> bool {
    decoded.and_then(|text| text.split_once("://")).is_some_and(|(scheme, rest)| {
        !rest.is_empty()
            && (2..=24).contains(&scheme.len())
            && scheme.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+:".contains(c))
    })
}

/// The first place that something should have filled in, as it may be shown.
pub(super) fn unexpanded(text: &str) -> Option<String> {
    for (open, close) in [("$(", ")"), ("${", "}")] {
        for (at, _) in text.match_indices(open) {
            // Names of variables as people write them: a password may hold `$(` as well.
            let of_name = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
            let rest = &text[at + 2..];
            let inner = &rest[..rest.bytes().take_while(of_name).count()];
            let closed = rest[inner.len()..].starts_with(close);
            if closed && inner.len() >= 2 && inner.starts_with(|c: char| c.is_ascii_uppercase()) {
                // Beside other text it may be a part of a password.
                let whole = is_whole_part(text, at, at + open.len() + inner.len() + close.len());
                return Some(format!("{open}{}{close}", if whole { inner } else { "…" }));
            }
        }
    }
    let (_, rest) = text.split_once("{{")?;
    let (inner, _) = rest.split_once("}}")?;
    let inner = inner.trim().trim_start_matches('-').trim_start();
    (inner.starts_with(['.', '$']) || inner.starts_with("include ")).then(|| "{{ … }}".to_owned())
}

/// Whether this range is the whole text, or in a URL what is between two delimiters.
fn is_whole_part(text: &str, start: usize, end: usize) -> bool {
    const DELIMITERS: [char; 7] = [':', '/', '@', '?', '&', '=', ','];
    let (before, behind) = (text[..start].trim_start(), text[end..].trim_end());
    let is_url = text.contains("://");
    let ends =
        |part: &str, last: Option<char>| part.is_empty() || (is_url && last.is_some_and(|c| DELIMITERS.contains(&c)));
    ends(before, before.chars().next_back()) && ends(behind, behind.chars().next())
}

/// Whether it only keeps the place of a real value.
pub(super) fn is_placeholder(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    let begins = [
        "changeme",
        "change-me",
        "change_me",
        "change-this",
        "changethis",
        "change_this",
        "replaceme",
        "replace-me",
        "replace_me",
        "replace-with-",
        "replace_with_",
        "your-",
        "your_",
    ];
    let framed = |open: char, close: char| {
        let inner = text.strip_prefix(open).and_then(|text| text.strip_suffix(close));
        inner.is_some_and(|inner| {
            inner.len() >= 3
                && inner.starts_with(|c: char| c.is_ascii_alphabetic())
                && inner.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_ ".contains(c))
        })
    };
    // What a template in JavaScript writes of a variable that is not there.
    text == "undefined"
        || matches!(
            &*text,
            "todo" | "fixme" | "tbd" | "placeholder" | "redacted" | "[redacted]" | "<redacted>" | "(hidden)"
        )
        || ["todo:", "todo ", "fixme:", "todo_", "todo-"].iter().any(|begin| text.starts_with(begin))
        || starred(&text)
        || of_manual(&text)
        || begins.iter().any(|begin| text.starts_with(begin))
        || example_url(&text)
        || framed('<', '>')
        || (framed('[', ']') && text.contains("your"))
}

/// A key of a manual, or one that was hidden before it was copied: `sk-...`, `ghp_xxxxxxxx`, `********`.
fn starred(lower: &str) -> bool {
    let (head, tail) = lower.rsplit_once(['-', '_']).unwrap_or(("", lower));
    let of_key = head.is_empty()
        || ["sk", "pk", "rk", "ghp", "gho", "github_pat", "glpat", "xoxb", "xoxp", "hf", "npm"]
            .iter()
            .any(|begin| head == *begin || head.strip_prefix(begin).is_some_and(|rest| rest.starts_with(['-', '_'])));
    // `xxxxxxxx` alone is told as a default that everybody knows.
    let mark = |c: char| matches!(c, '.' | '*' | '…' | '•') || c == 'x' && !head.is_empty();
    of_key && !tail.is_empty() && tail.chars().all(mark) && (tail.chars().count() >= 3 || tail.contains('…'))
}

/// `sk-your-key-here`, `put_your_token_here`.
fn of_manual(lower: &str) -> bool {
    let words: Vec<&str> = lower.split(['-', '_', ' ']).collect();
    let ends = words.last().is_some_and(|word| matches!(*word, "here" | "key" | "token" | "secret" | "password"));
    ends && words.contains(&"your")
}

/// The URL of a manual: `postgres://user:password@host:5432/dbname`.
fn example_url(lower: &str) -> bool {
    let of_host = |end: &str| end.is_empty() || end.starts_with([':', '/', '?']) || end.starts_with("name");
    let user = ["://user:", "://username:", "://johndoe:"];
    let password = ["password@host", "pass@host", "pw@host", "randompassword@localhost"];
    user.iter()
        .filter_map(|user| lower.split_once(user))
        .any(|(_, rest)| password.iter().any(|password| rest.strip_prefix(password).is_some_and(of_host)))
}

/// Whether Kubernetes set it for a Service of that name.
pub(super) fn service_link(name: &str, text: &str) -> bool {
    let Some(rest) = text.strip_prefix("tcp://").or_else(|| text.strip_prefix("udp://")) else { return false };
    name.ends_with("_PORT")
        && crate::url::Endpoint::parse(rest).is_ok_and(|to| matches!(to.host, crate::url::Host::Ip(_)))
}

/// Better Auth's built-in default, which it refuses in production.
const BETTER_AUTH: &str = "better-auth-secret-12345678901234567890";

/// A value that everybody knows, for a variable that holds a secret.
pub(super) fn known_default(text: &str) -> bool {
    const KNOWN: [&str; 17] = [
        "secret",
        "supersecret",
        "super-secret",
        "super-secret-key",
        "mysecret",
        "my-secret",
        "my-secret-key",
        "secretkey",
        "secret-key",
        "secret_key",
        "password",
        "password123",
        "12345678",
        "123456",
        "admin",
        "letmein",
        "test",
    ];
    let lower = text.trim().to_ascii_lowercase();
    let one_letter = lower.len() >= 8 && lower.bytes().all(|byte| Some(&byte) == lower.as_bytes().first());
    text.trim() == BETTER_AUTH || KNOWN.contains(&lower.as_str()) || is_placeholder(text) || one_letter
}

/// Whether a variable of this name holds a secret: its last word says what a value is (`PASSWORD_FIELD`, `TOKEN_SCOPE`
/// and `CACHE_KEY` hold none).
#[must_use]
pub fn names_secret(name: &str) -> bool {
    const HOLDS: [&str; 10] =
        ["SECRET", "PASSWORD", "PASSWD", "PASS", "PWD", "TOKEN", "CREDENTIAL", "CREDENTIALS", "APIKEY", "PGPASSWORD"];
    const KEYS: [&str; 8] = ["SECRET", "API", "PRIVATE", "ENCRYPTION", "SIGNING", "MASTER", "JWT", "HMAC"];
    let upper = name.to_ascii_uppercase();
    let mut words: Vec<&str> = upper.split(['_', '-', '.']).collect();
    // `SECRET_KEY_BASE`, `DB_PASSWORD_2`.
    while words.len() > 1
        && words.last().is_some_and(|word| *word == "BASE" || word.bytes().all(|byte| byte.is_ascii_digit()))
    {
        words.pop();
    }
    let last = words.last().copied().unwrap_or_default();
    !words.contains(&"PUBLIC")
        && (HOLDS.contains(&last) || (last == "KEY" && words.iter().any(|word| KEYS.contains(word))))
}

/// Whether a secret of this name signs tokens with HMAC-SHA-256, which wants 32 bytes (RFC 7518, section 3.2).
pub(super) fn signs_tokens(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    // Not `…OAUTH_SECRET`: that is a client's password.
    ["JWT_SECRET", "JWT_SECRET_KEY", "BETTER_AUTH_SECRET"].iter().any(|end| name.ends_with(end))
        || matches!(&*name, "SECRET_KEY" | "AUTH_SECRET" | "NEXTAUTH_SECRET")
}

/// Whether its reader fills `${NAME}` in by itself, as Spring, Quarkus and Micronaut do with what they take from the
/// environment; or it is a text in which such a place may be meant.
pub(super) fn is_template(name: &str, text: &str) -> bool {
    let jvm = ["SPRING_", "QUARKUS_", "MICRONAUT_"].iter().any(|prefix| name.starts_with(prefix));
    let text = text.trim();
    let ends = |open: &str, close: &str| {
        text.starts_with(open) && text.find(close).is_some_and(|at| at + close.len() == text.len())
    };
    let whole = ends("${", "}") || ends("{{", "}}");
    let meant = !(whole || text.contains("://") || names_secret(name));
    !text.contains("$(") && (jvm || text.starts_with("jdbc:") || meant)
}

/// Whether a variable of this name is put into what browsers download, though it is a secret.
pub(super) fn is_public_secret(name: &str, text: &str) -> bool {
    let prefixes = ["NEXT_PUBLIC_", "VITE_", "REACT_APP_", "NUXT_PUBLIC_", "EXPO_PUBLIC_"];
    let Some(rest) = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)) else { return false };
    let secret =
        ["SECRET", "PASSWORD", "PRIVATE", "TOKEN"].iter().any(|word| rest.split('_').any(|part| part == *word));
    // Publishable keys (`pk_live_…`, `pk.…`) are made for browsers; a flag, a number or a URL is no secret.
    let lower = text.to_ascii_lowercase();
    let harmless = lower.starts_with("pk")
        || lower.contains("://")
        || matches!(lower.as_str(), "" | "true" | "false")
        || lower.bytes().all(|byte| byte.is_ascii_digit());
    secret && !harmless && (names_secret(rest) || rest.split('_').any(|part| part == "PRIVATE"))
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
