//! What the catalog of a database says of its tables, and how names go into SQL.

use std::fmt;
use std::str::FromStr;

/// The longest name that PostgreSQL keeps, in bytes.
const LONGEST: usize = 63;

/// Kinds of relations that can be read like a table: tables, partitioned and foreign ones, views, materialized views.
pub(super) const READABLE: &str = "('r','p','v','m','f')";

/// A table, as the configuration names it: `orders`, `shop.orders`, `"Shop"."Order"`. Names are compared as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableName {
    /// The first one of the search path that has the table, if none is given.
    pub(super) schema: Option<String>,
    pub(super) name: String,
}

impl FromStr for TableName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "a table: NAME or SCHEMA.NAME".to_owned();
        let (first, rest) = part(text.trim()).ok_or_else(expected)?;
        let names = match rest.strip_prefix('.') {
            None if rest.is_empty() => (None, first),
            Some(rest) => match part(rest) {
                Some((name, "")) => (Some(first), name),
                _ => return Err(expected()),
            },
            None => return Err(expected()),
        };
        let (schema, name) = names;
        let fits = |name: &String| !name.is_empty() && name.len() <= LONGEST && !name.chars().any(char::is_control);
        match fits(&name) && schema.as_ref().is_none_or(fits) {
            true => Ok(Self { schema, name }),
            false => Err(format!("a table: each name has 1 to {LONGEST} bytes")),
        }
    }
}

/// As it was written, without quotes.
impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The first name of a text, which may be in double quotes, and what follows it.
fn part(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find('.').unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        return (!name.contains('"')).then(|| (name.to_owned(), rest));
    };
    let mut name = String::new();
    loop {
        let end = rest.find('"')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => rest = more,
            None => return Some((name, rest)),
        }
        name.push('"');
    }
}

/// A text as a constant of SQL, whatever `standard_conforming_strings` is.
pub(crate) fn constant(text: &str) -> String {
    let escape = if text.contains('\\') { "E" } else { "" };
    format!("{escape}'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// A name as an identifier of SQL.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::{TableName, constant, identifier};

    #[test]
    fn tables_are_read_as_they_are_written() {
        for (text, schema, name) in [
            ("orders", None, "orders"),
            ("shop.orders", Some("shop"), "orders"),
            ("Order", None, "Order"),
            ("\"shop.eu\".\"Order\"", Some("shop.eu"), "Order"),
            ("shop.\"a\"\"b\"", Some("shop"), "a\"b"),
            (" orders ", None, "orders"),
        ] {
            let read: TableName = text.parse().unwrap();
            assert_eq!((read.schema.as_deref(), read.name.as_str()), (schema, name), "{text}");
        }
        for text in ["", ".", "a.", ".b", "a.b.c", "\"open", "\"a\"b", "a\"b", "a\nb", &"x".repeat(64)] {
            assert!(text.parse::<TableName>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn no_text_ends_its_constant() {
        assert_eq!(constant("it's"), "'it''s'");
        assert_eq!(constant(r"\' OR true --"), r"E'\\'' OR true --'");
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
    }
}
