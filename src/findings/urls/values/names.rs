//! What the name of a variable says of its value.

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
pub(in crate::findings::urls) fn signs_tokens(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    // Not `…OAUTH_SECRET`: that is a client's password.
    ["JWT_SECRET", "JWT_SECRET_KEY", "BETTER_AUTH_SECRET"].iter().any(|end| name.ends_with(end))
        || matches!(&*name, "SECRET_KEY" | "AUTH_SECRET" | "NEXTAUTH_SECRET")
}

/// Whether its reader fills `${NAME}` in by itself, as Spring, Quarkus and Micronaut do with what they take from the
/// environment; or it is a text in which such a place may be meant.
pub(in crate::findings::urls) fn is_template(name: &str, text: &str) -> bool {
    let jvm = ["SPRING_", "QUARKUS_", "MICRONAUT_"].iter().any(|prefix| name.starts_with(prefix));
    // What is to be a template, or has marks of its own.
    let last = name.rsplit('_').next().unwrap_or_default();
    if matches!(last, "TEMPLATE" | "FORMAT" | "PATTERN") {
        return true;
    }
    let text = text.trim();
    let ends = |open: &str, close: &str| {
        text.starts_with(open) && text.find(close).is_some_and(|at| at + close.len() == text.len())
    };
    let whole = ends("${", "}") || ends("{{", "}}");
    let meant = !(whole || text.contains("://") || names_secret(name));
    !text.contains("$(") && (jvm || text.starts_with("jdbc:") || meant)
}

/// Whether a variable of this name is put into what browsers download, though it is a secret.
#[must_use]
pub fn is_public_secret(name: &str, text: &str) -> bool {
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
