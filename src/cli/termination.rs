//! The termination message: what `kubectl describe pod` shows of a container that ended.
//!
//! The containers of a pod share 12 KiB, so it is short: check, cause and fix stand within the first 512 bytes.

use std::path::Path;

use crate::outcome::{Failure, clean_text};

/// Where Kubernetes reads it.
pub const DEFAULT_PATH: &str = "/dev/termination-log";
/// The first check's share, in bytes.
const HEAD: usize = 512;
/// All of it, in bytes.
const LIMIT: usize = 4096;

/// The text for these failures, the one that matters most first: at most 4096 bytes, the first line at most 512.
#[must_use]
pub fn text(reason: &str, failures: &[(&str, &Failure)]) -> String {
    let mut out = String::new();
    for (index, (name, failure)) in failures.iter().enumerate() {
        let limit = if index == 0 { HEAD - 1 } else { HEAD };
        // The fix must not be pushed out by a long message: it stands before it.
        let line = format!(
            "{name}: {}: {} ({}: {})",
            failure.cause.slug(),
            failure.hint,
            failure.phase.as_str(),
            failure.message
        );
        let line = clean_text(&line, limit);
        if out.len() + line.len() + 1 + reason.len() + 1 > LIMIT {
            break;
        }
        out.push_str(&line);
        out.push('\n');
    }
    out.push_str(&clean_text(reason, LIMIT - out.len() - 1));
    out.push('\n');
    out
}

/// Writes it: to the path asked for, else to the default if it exists. A path that cannot be written is no reason to
/// end otherwise than we would; what went wrong is returned for the log.
///
/// # Errors
/// Those of writing the file.
pub fn write(path: Option<&str>, text: &str) -> std::io::Result<()> {
    match path {
        Some(path) => std::fs::write(path, text),
        None if Path::new(DEFAULT_PATH).exists() => std::fs::write(DEFAULT_PATH, text),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::cause::Cause;
    use crate::outcome::{Failure, Phase};

    fn failure(message: &str) -> Failure {
        let hint = "compare the Secret with what the server has stored".to_owned();
        Failure { phase: Phase::Login, cause: Cause::PasswordRejected, message: message.to_owned(), hint }
    }

    #[test]
    fn cause_and_fix_stand_in_the_first_512_bytes() {
        let long = failure(&"x".repeat(1000));
        let all: Vec<_> = (0..50).map(|_| ("database", &long)).collect();
        let text = text("stopped early", &all);
        assert!(text.len() <= 4096, "{}", text.len());
        assert!(
            text[..512]
                .starts_with("database: password_rejected: compare the Secret with what the server has stored (")
        );
        assert_eq!(text.find('\n').map(|end| end < 512), Some(true));
        assert!(text.ends_with("stopped early\n"));
    }
}
