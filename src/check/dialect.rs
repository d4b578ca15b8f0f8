//! Connection strings that are no URL and that no kind reads: who does.

/// Whose form a connection string has, where it has one; `None` for any other text.
#[must_use]
pub fn dialect(text: &str) -> Option<&'static str> {
    if is_key_value_list(text) {
        return Some("a connection string of ADO.NET (Key=Value;…)");
    }
    let (login, address) = text.split_once('@')?;
    let of_go = ["tcp(", "unix("].iter().any(|form| address.starts_with(form)) && address.contains(")/");
    (of_go && login.contains(':')).then_some("a DSN of Go's MySQL driver")
}

/// `Server=db;Database=app;User Id=app;…`, of which one key names a server.
fn is_key_value_list(text: &str) -> bool {
    const SERVERS: [&str; 6] = ["server", "host", "data source", "datasource", "address", "addr"];
    let pairs = || text.split(';').filter(|pair| !pair.trim().is_empty());
    let key = |pair: &str| pair.split_once('=').map(|(key, _)| key.trim().to_ascii_lowercase());
    let is_word =
        |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_'));
    pairs().count() > 1
        && pairs().all(|pair| key(pair).is_some_and(|key| is_word(&key)))
        && pairs().filter_map(key).any(|key| SERVERS.contains(&key.as_str()))
}

#[cfg(test)]
mod tests {
    use super::dialect;

    #[test]
    fn forms_of_other_clients_are_known_and_any_other_text_is_not() {
        for (text, expected) in [
            ("Server=db;Database=app;User Id=app;Password=s3cret;", Some("a connection string of ADO.NET")),
            ("Host=db;Username=app;Password=a=b;Database=app", Some("a connection string of ADO.NET")),
            (
                "Data Source=db,1433;Initial Catalog=app;Integrated Security=true",
                Some("a connection string of ADO.NET"),
            ),
            ("app:s3cret@tcp(db:3306)/app?parseTime=true", Some("a DSN of Go's MySQL driver")),
            ("app:s3@cret@tcp(db:3306)/app", None),
            ("s3cret", None),
            ("a=b;c=d", None),
            ("Server=db", None),
            ("db:5432", None),
            ("app:s3cret@db/app", None),
            ("", None),
        ] {
            let found = dialect(text);
            assert_eq!(found.map(|found| found.split(" (").next().unwrap()), expected, "{text}");
        }
    }
}
