//! URLs of pgjdbc: user and password are parameters of the query, decoded as a form is (`+` is a space).
//!
//! Source: pgjdbc's `Driver.parseURL` and `URLCoder`.

use super::percent;

/// How pgjdbc misreads a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misread {
    /// What stands before an `@` becomes a part of the host's name.
    UserInHost,
    /// A broken escape: no driver takes the URL.
    Refused,
    /// A `+` in the password is read as a space.
    Plus,
}

/// What is wrong with it; `None` for a URL that is no JDBC one, too.
pub(super) fn misread(text: &str) -> Option<Misread> {
    let rest = text.strip_prefix("jdbc:postgresql://")?;
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    if place.contains('@') {
        return Some(Misread::UserInHost);
    }
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    };
    let (user, password) = (value("user"), value("password"));
    if [user, password].iter().any(|text| percent::strict(text).is_none()) {
        return Some(Misread::Refused);
    }
    password.contains('+').then_some(Misread::Plus)
}

#[cfg(test)]
mod tests {
    use super::{Misread, misread};

    #[test]
    fn what_pgjdbc_makes_of_it() {
        for (text, expected) in [
            ("jdbc:postgresql://db:5432/shop?user=app&password=a%2Fb", None),
            ("jdbc:postgresql://app:pw@db:5432/shop", Some(Misread::UserInHost)),
            ("jdbc:postgresql://db/shop?user=app&password=a%zz", Some(Misread::Refused)),
            ("jdbc:postgresql://db/shop?user=app&password=a+b", Some(Misread::Plus)),
            ("postgresql://app:a+b@db/shop", None),
        ] {
            assert_eq!(misread(text), expected, "{text}");
        }
    }
}
