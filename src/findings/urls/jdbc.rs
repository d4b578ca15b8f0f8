//! URLs of pgjdbc: user and password are parameters of the query, decoded as a form is (`+` is a space).
//!
//! Source: pgjdbc's `Driver.parseURL` and `URLCoder`.

use super::percent;

/// How pgjdbc misreads a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misread {
    /// What stands before an `@` becomes a part of the host's name, or breaks the URL.
    UserInHost,
    /// A broken escape: no driver takes the URL.
    Escape,
    /// No driver takes the URL, for this.
    Refused(&'static str),
    /// A `+` in the password is read as a space.
    Plus,
    /// An `&` ends the password.
    Cut,
}

/// What is wrong with it; `None` for a URL that is no JDBC one, too.
pub(super) fn misread(text: &str) -> Option<Misread> {
    let Some(rest) = text.strip_prefix("jdbc:postgresql://") else {
        let jdbc = text.get(..13).is_some_and(|start| start.eq_ignore_ascii_case("jdbc:postgres"));
        // `jdbc:postgresql:shop` has no host.
        let wrong = jdbc && !text.starts_with("jdbc:postgresql:");
        return wrong.then_some(Misread::Refused("it does not start with jdbc:postgresql:"));
    };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    if rest.split('&').next()?.contains('@') && (place.contains('@') || !place.contains('/')) {
        return Some(Misread::UserInHost);
    }
    // Without any host it is localhost.
    let whole = if place.is_empty() { "/" } else { place };
    let Some((hosts, database)) = whole.split_once('/').filter(|(_, database)| !database.contains('/')) else {
        return Some(Misread::Refused("exactly one `/` must follow its host"));
    };
    let port =
        |host: &str| host.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map(|(_, port)| port.to_owned());
    if hosts.split(',').filter_map(port).any(|port| !port.parse::<u16>().is_ok_and(|port| port > 0)) {
        return Some(Misread::Refused("its port is invalid"));
    }
    let pairs = || query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    if [database].into_iter().chain(pairs().map(|(_, value)| value)).any(|text| percent::strict(text).is_none()) {
        return Some(Misread::Escape);
    }
    let (_, password) = pairs().rfind(|(name, _)| *name == "password")?;
    if password.contains('+') {
        return Some(Misread::Plus);
    }
    let behind = query.rsplit_once("password=")?.1.split('&').nth(1);
    behind.is_some_and(|pair| !matches!(pair, "" | "ssl") && !pair.contains('=')).then_some(Misread::Cut)
}

#[cfg(test)]
mod tests {
    use super::{Misread, misread};

    /// `.` as meant, H another host, P refused, A another password; what pgjdbc takes, of which tests/it/urls.rs asks it;
    /// and the URL.
    const TABLE: &str = include_str!("jdbc.txt");

    #[test]
    fn what_pgjdbc_makes_of_it() {
        for line in TABLE.lines() {
            let (letter, rest) = line.split_once('\t').unwrap();
            let text = rest.split_once('\t').unwrap().1;
            let expected = match misread(text) {
                None => ".",
                Some(Misread::UserInHost) => "HP",
                Some(Misread::Escape | Misread::Refused(_)) => "P",
                Some(Misread::Plus | Misread::Cut) => "A",
            };
            assert!(expected.contains(letter), "{text}: {:?}", misread(text));
        }
        assert_eq!(misread("postgresql://app:a+b@db/shop"), None);
    }
}
