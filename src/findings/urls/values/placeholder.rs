//! Values that only keep the place of a real one, and those that everybody knows.

/// Whether it only keeps the place of a real value.
pub(in crate::findings::urls) fn is_placeholder(text: &str) -> bool {
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

/// Better Auth's built-in default, which it refuses in production.
const BETTER_AUTH: &str = "better-auth-secret-12345678901234567890";

/// A value that everybody knows, for a variable that holds a secret.
#[must_use]
pub fn known_default(text: &str) -> bool {
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
