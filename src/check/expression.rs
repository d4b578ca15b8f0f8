//! Regular expressions of the configuration. There is one thread, and a search cannot be interrupted: its time is the
//! length of the text times the size of the expression, so both are bounded. What is searched bounds the text.

use regex_lite::{Error, Regex, RegexBuilder};

/// The most memory that a compiled expression may take, in bytes: some 200 states.
const LIMIT: usize = 8 * 1024;

/// Compiles it; an error is a fixed sentence that does not hold the text.
pub(super) fn compile(text: &str) -> Result<Regex, Error> {
    RegexBuilder::new(text).size_limit(LIMIT).build()
}

#[cfg(test)]
mod tests {
    use super::compile;

    #[test]
    fn what_would_search_for_seconds_is_refused() {
        for text in [
            "^application/json",
            r"\b[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\b",
            r"^v?\d{1,3}(\.\d{1,3}){2}",
            "(?i)ok|up",
        ] {
            assert!(compile(text).is_ok(), "{text}");
        }
        for text in ["(a{300}){10}b", "[a-z]{1,400}[0-9]", "(", "(a{1000}){1000}"] {
            let error = compile(text).expect_err(text).to_string();
            assert!(!error.contains('a') || error.contains("size limit") || error.contains("group"), "{error}");
        }
    }
}
