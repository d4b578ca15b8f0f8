//! libpq's other form of a connection string: `host=db user=app password='a b'`.
//!
//! Read as `conninfo_parse` of libpq does (fe-connect.c). Keywords that only some clients have, such as `TimeZone` of
//! Go's drivers, are read too: what they mean is not judged here.
//! <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE>

use crate::secret::Secret;

/// Keywords of libpq by which such a string is known.
const KEYWORDS: &[&str] = &[
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "gssencmode",
    "host",
    "hostaddr",
    "options",
    "passfile",
    "password",
    "port",
    "service",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "target_session_attrs",
    "user",
];

/// The keywords and their values, in their order.
pub(super) type Pairs = Vec<(String, Secret)>;

/// Reads a text; `None` where it is no such string.
pub(super) fn read(text: &str) -> Option<Result<Pairs, &'static str>> {
    let known = |name: &str| KEYWORDS.contains(&name);
    // A URL may have `=` in it, and a password here `://`.
    let (first, _) = text.split_once('=')?;
    if first.contains("://") {
        return None;
    }
    match pairs(text) {
        Ok(pairs) => pairs.iter().any(|(name, _)| known(name)).then_some(Ok(pairs)),
        Err(problem) => known(first.trim()).then_some(Err(problem)),
    }
}

/// Whether a text that stands anywhere is such a string: it names a server, and what to do there.
pub(super) fn is_one(text: &str) -> bool {
    let Some(Ok(pairs)) = read(text) else { return false };
    let has = |names: &[&str]| pairs.iter().any(|(name, _)| names.contains(&name.as_str()));
    has(&["host", "hostaddr"]) && has(&["dbname", "password", "port", "sslmode", "user"])
}

fn pairs(text: &str) -> Result<Pairs, &'static str> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || is_space(c)).unwrap_or(rest.len());
        let name = &rest[..end];
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        if name.is_empty() || !name.chars().all(is_word) {
            return Err("other text is where a keyword belongs");
        }
        let value =
            rest[end..].trim_start_matches(is_space).strip_prefix('=').ok_or("a keyword has no `=` after it")?;
        let (value, after) = value_of(value.trim_start_matches(is_space))?;
        pairs.push((name.to_owned(), value));
        rest = after.trim_start_matches(is_space);
    }
    Ok(pairs)
}

/// The value at the start of a text, and what follows it. A backslash stands before any character that is meant as it is.
fn value_of(text: &str) -> Result<(Secret, &str), &'static str> {
    let quoted = text.strip_prefix('\'');
    let text = quoted.unwrap_or(text);
    let mut value = zeroize::Zeroizing::new(String::new());
    let mut chars = text.char_indices();
    let end = loop {
        match chars.next() {
            None if quoted.is_some() => return Err("a quote is not closed"),
            None => break text.len(),
            Some((_, '\\')) => value.extend(chars.next().map(|(_, escaped)| escaped)),
            Some((at, '\'')) if quoted.is_some() => break at + 1,
            Some((at, c)) if quoted.is_none() && is_space(c) => break at,
            Some((_, c)) => value.push(c),
        }
    };
    Ok((Secret::new(value.to_string()), &text[end..]))
}

/// As C has it.
const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

#[cfg(test)]
mod tests {
    use super::{is_one, read};

    fn shown(text: &str) -> String {
        match read(text) {
            None => "none".to_owned(),
            Some(Err(problem)) => problem.to_owned(),
            Some(Ok(pairs)) => pairs.iter().map(|(name, value)| format!("[{name}:{}]", value.expose())).collect(),
        }
    }

    #[test]
    fn strings_are_read_as_libpq_reads_them() {
        for (text, expected) in [
            ("host=db user=app", "[host:db][user:app]"),
            (" host = db\n user\t=\tapp\n", "[host:db][user:app]"),
            ("host=db password='a b'user=app", "[host:db][password:a b][user:app]"),
            (r"host=db password='it\'s \\ ok'", r"[host:db][password:it's \ ok]"),
            (r"host=db password=it\'s\ \\ok", r"[host:db][password:it's \ok]"),
            ("host=db password=a'b", "[host:db][password:a'b]"),
            (r"host=db password=a\", "[host:db][password:a]"),
            ("host=db password=''", "[host:db][password:]"),
            ("host=db password= user=app", "[host:db][password:user=app]"),
            ("host=db password=p=w://x@y", "[host:db][password:p=w://x@y]"),
            ("host=a host=b", "[host:a][host:b]"),
            (
                "host=localhost user=gorm password=gorm dbname=gorm port=9920 sslmode=disable TimeZone=Asia/Shanghai",
                "[host:localhost][user:gorm][password:gorm][dbname:gorm][port:9920][sslmode:disable][TimeZone:Asia/Shanghai]",
            ),
            ("search_path=a,b host=db", "[search_path:a,b][host:db]"),
            ("host=db password='open", "a quote is not closed"),
            ("host=db user", "a keyword has no `=` after it"),
            ("host=db user app=1", "a keyword has no `=` after it"),
            ("host=db; user=app", "[host:db;][user:app]"),
            ("host=db =x", "other text is where a keyword belongs"),
            ("postgres://app@db/x?host=y user=1", "none"),
            ("Server=db;User Id=app;Password=x", "none"),
            ("a=b", "none"),
            ("s3cret", "none"),
            ("", "none"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn anywhere_it_must_name_a_server_and_more() {
        for (text, expected) in [
            ("host=db user=app", true),
            ("hostaddr=10.0.0.1 dbname=shop", true),
            ("host=db", false),
            ("user=app dbname=shop", false),
            ("host=db -e user=app", false),
            ("--host=db --user=app", false),
            ("Host=db;Username=app", false),
            ("key=value other=value", false),
            ("postgres://app@db", false),
        ] {
            assert_eq!(is_one(text), expected, "{text}");
        }
    }
}
