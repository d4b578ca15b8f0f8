//! The faults of a configuration as text: one line each, with file, line and column; none holds a value.

use std::fmt;
use std::path::Path;

use crate::config::node::Problem;
use crate::outcome::clean_text;

/// Every fault is printed, up to so many bytes; the rest is counted, so that no file can ask for endless memory.
const SHOWN: usize = 1 << 20;
const LONGEST_LINE: usize = 2048;

/// Why there is no plan: exit 2, nothing is probed. Its text is whole lines, ready to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    lines: Vec<String>,
}

impl Refused {
    /// One sentence.
    #[must_use]
    pub fn because(text: impl AsRef<str>) -> Self {
        Self { lines: vec![clean_text(text.as_ref(), LONGEST_LINE)] }
    }

    /// Several sentences, one line each.
    #[must_use]
    pub fn lines(lines: Vec<String>) -> Self {
        let all = lines.len();
        let mut bytes = 0;
        let room = |line: &String| {
            bytes += line.len();
            bytes <= SHOWN
        };
        let cleaned = lines.into_iter().map(|line| clean_text(&line, LONGEST_LINE));
        let mut shown: Vec<String> = cleaned.take_while(room).collect();
        if shown.len() < all {
            shown.push(format!("and {} more", all - shown.len()));
        }
        Self { lines: shown }
    }

    /// The faults of a file, in the order of their places.
    #[must_use]
    pub fn faults(file: &Path, mut problems: Vec<Problem>) -> Self {
        Problem::in_order(&mut problems);
        problems.dedup();
        Self::lines(problems.iter().map(|problem| line(file, problem)).collect())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("\n"))
    }
}

impl std::error::Error for Refused {}

fn line(file: &Path, problem: &Problem) -> String {
    let Problem { span, path, message } = problem;
    let place = format!("{}:{}:{}", file.display(), span.line, span.column);
    match path.is_empty() {
        true => format!("{place}: {message}"),
        false => format!("{place}: {path}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Refused;
    use crate::config::node::{Problem, Span};

    #[test]
    fn faults_stand_in_order_and_are_bounded() {
        let problem = |line| Problem::new(Span { line, column: 3 }, "checks[0].ulr", "unknown key, did you mean url?");
        let text = Refused::faults("a.yaml".as_ref(), (1..=60).rev().map(problem).collect()).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "a.yaml:1:3: checks[0].ulr: unknown key, did you mean url?");
        assert_eq!(lines.len(), 60);
        let text = Refused::lines(vec!["x".repeat(1024); 1030]).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), lines[1024]), (1025, "and 6 more"));
    }
}
