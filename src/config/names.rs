//! The names of checks and labels: what is allowed, and names made from targets and variables.

use std::collections::BTreeSet;

/// The longest name of a check, in bytes.
const LONGEST: usize = 63;

/// Whether a check may have this name.
///
/// # Errors
/// What a name is.
pub(super) fn is_check_name(text: &str) -> Result<(), &'static str> {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let inner = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if matches!(text, "startup" | "ready" | "live") {
        return Err("startup, ready and live are the names of the gates: use another name");
    }
    if text.len() > LONGEST || !inner || !edge(text.chars().next()) || !edge(text.chars().last()) {
        return Err("expected 1 to 63 lower-case letters, digits and dashes, no dash first or last");
    }
    Ok(())
}

/// Whether a check's own label may have this name: <https://prometheus.io/docs/concepts/data_model/>.
///
/// # Errors
/// What a label's name is.
pub(super) fn is_label_name(text: &str) -> Result<(), &'static str> {
    if text.starts_with("__") || matches!(text, "check" | "gates" | "kind" | "le" | "quantile") {
        return Err("this label is reserved, like check, gates, kind, le, quantile and every name that starts with __");
    }
    let first = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !first || !text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err("expected a label name: letters, digits and _, no digit first");
    }
    Ok(())
}

/// Whether it is the name of a variable.
pub(super) fn is_variable_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The names that are taken, and new ones beside them.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// A name for what a variable holds: `DATABASE_URL` is `database`.
    pub(super) fn of_variable(&mut self, variable: &str) -> String {
        let stem = variable.to_ascii_lowercase();
        let stem = ["_url", "_uri", "_dsn"].iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(&stem);
        self.make(&[stem, variable])
    }

    /// A free and valid name made of the first of these texts that gives one; numbered where all are taken.
    pub(super) fn make(&mut self, wishes: &[&str]) -> String {
        let mut wishes: Vec<String> = wishes.iter().map(|wish| worn(wish)).collect();
        wishes.retain(|name| is_check_name(name).is_ok());
        let free = |name: &String| !self.0.contains(name);
        let name = wishes.iter().find(|name| free(name)).cloned().unwrap_or_else(|| {
            let stem: String = wishes.first().map_or("check", String::as_str).chars().take(LONGEST - 11).collect();
            let numbered = |number: u32| format!("{}-{number}", stem.trim_end_matches('-'));
            (1..).map(numbered).skip(usize::from(!wishes.is_empty())).find(|name| free(name)).unwrap_or(stem.clone())
        });
        self.0.insert(name.clone());
        name
    }
}

/// A text with every other character turned into a dash, as a name would have it.
fn worn(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars().map(|c| c.to_ascii_lowercase()) {
        match c {
            'a'..='z' | '0'..='9' => name.push(c),
            _ if name.ends_with('-') || name.is_empty() => {}
            _ => name.push('-'),
        }
    }
    name.truncate(LONGEST);
    name.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Names, is_check_name, is_label_name};

    #[test]
    fn names_are_judged() {
        let long = "a".repeat(63);
        for name in ["a", "db-1", "0", "a--b", long.as_str()] {
            assert!(is_check_name(name).is_ok(), "{name}");
        }
        let longer = "a".repeat(64);
        for name in ["", "-a", "a-", "A", "a.b", "a_b", "ready", "startup", "live", longer.as_str(), "ä"] {
            assert!(is_check_name(name).is_err(), "{name}");
        }
        assert!(is_label_name("team").is_ok());
        for name in ["check", "gates", "le", "__x", "1a", "a-b", ""] {
            assert!(is_label_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn made_names_are_valid_and_unique() {
        let mut names = Names::default();
        assert_eq!(names.make(&["database", "database-url"]), "database");
        assert_eq!(names.make(&["database", "database-url"]), "database-url");
        assert_eq!(names.make(&["database", "database-url"]), "database-2");
        assert_eq!(names.of_variable("DATABASE_URI"), "database-uri");
        assert_eq!(names.of_variable("READY_URL"), "ready-url");
        assert_eq!(names.make(&["postgres-[fd00::1]"]), "postgres-fd00-1");
        assert_eq!(names.make(&["ä"]), "check-1");
        assert_eq!(names.make(&["live"]), "check-2");
        let long = "x".repeat(80);
        assert_eq!(names.make(&[&long]).len(), 63);
        for _ in 0..3 {
            let name = names.make(&[&long]);
            assert!(is_check_name(&name).is_ok(), "{name}");
        }
    }
}
