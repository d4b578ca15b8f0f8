//! A number of days for which certificates must still be valid.

use std::str::FromStr;

/// A number of days, 0 to 3650.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(pub u32);

/// For [`crate::value::Setting`]: the error says what was expected.
impl FromStr for Days {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let days = text.parse().ok().filter(|days| *days <= 3650);
        days.map(Self).ok_or_else(|| "a number of days from 0 to 3650".to_owned())
    }
}
