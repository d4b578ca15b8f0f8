//! One rung of the ladder: how a step went, and what was seen of it.

use crate::cli::sheet::Mark;

/// One rung.
pub(super) struct Rung {
    /// How it went.
    pub(super) mark: Mark,
    /// Its word.
    pub(super) name: &'static str,
    /// What is to be said of it, in short.
    pub(super) said: String,
    /// What was seen.
    pub(super) more: Vec<Line>,
}

/// A line below a rung.
pub(super) struct Line {
    /// How it went; `None` for what only adds to the line above.
    pub(super) mark: Option<Mark>,
    /// What was seen.
    pub(super) text: String,
}

impl Rung {
    pub(super) fn new(name: &'static str, mark: Mark, said: impl Into<String>) -> Self {
        Self { mark, name, said: said.into(), more: Vec::new() }
    }

    pub(super) fn add(&mut self, mark: impl Into<Option<Mark>>, text: impl Into<String>) {
        self.more.push(Line { mark: mark.into(), text: text.into() });
    }
}
