//! The number of a database.

use std::str::FromStr;

/// What the path of a URL and the key `database` contain.
const DATABASE: &str = "the number of a database, 0 or more";

/// The number of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Database(pub(super) u32);

impl FromStr for Database {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        number.map(Self).ok_or_else(|| DATABASE.to_owned())
    }
}
