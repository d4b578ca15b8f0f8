//! SQLSTATE: the five characters with which an SQL server names an error.

/// A SQLSTATE; empty where the server sent none or something that is none.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct SqlState([u8; 5]);

impl SqlState {
    /// Reads five letters and digits; anything else is the empty one.
    #[must_use]
    pub fn new(text: &str) -> Self {
        match <[u8; 5]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_alphanumeric) => Self(code),
            Ok(_) | Err(_) => Self::default(),
        }
    }

    /// The five characters, or an empty text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let text = std::str::from_utf8(&self.0).unwrap_or_default();
        text.trim_end_matches('\0')
    }
}

impl std::fmt::Debug for SqlState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SqlState({})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::SqlState;

    #[test]
    fn five_characters_or_nothing() {
        for (text, expected) in
            [("28P01", "28P01"), ("", ""), ("28P0", ""), ("28P012", ""), ("28P0\n", ""), ("28Pä", "")]
        {
            assert_eq!(SqlState::new(text).as_str(), expected, "{text}");
        }
    }
}
