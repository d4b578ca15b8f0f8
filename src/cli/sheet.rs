//! A page of text: marks, hanging indents, and lines that end at a width.

/// The widest line where there is no terminal to ask.
pub(super) const WIDTH: usize = 80;
/// A narrower terminal breaks the lines itself.
const NARROWEST: usize = 40;

/// Colours, or none.
#[derive(Clone, Copy)]
pub(super) struct Paint(pub(super) bool);

impl Paint {
    pub(super) fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.with("31", text)
    }

    pub(super) fn warn(self, text: &str) -> String {
        self.with("33", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// What stands in front of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// `✓`
    Good,
    /// `~`: it works, and yet.
    Warn,
    /// `✗`
    Bad,
    /// `·`: not reached, or not needed.
    Idle,
}

impl Mark {
    /// The sign, in its colour.
    pub(super) fn painted(self, paint: Paint) -> String {
        match self {
            Self::Good => paint.good("✓"),
            Self::Warn => paint.warn("~"),
            Self::Bad => paint.bad("✗"),
            Self::Idle => paint.dim("·"),
        }
    }
}

/// The page as it grows.
pub(super) struct Sheet {
    /// What stands on it.
    pub(super) text: String,
    /// Its colours.
    pub(super) paint: Paint,
    /// The widest line; what cannot be broken may stand out.
    width: usize,
}

impl Sheet {
    /// An empty one, with lines of at most this width.
    pub(super) fn new(paint: Paint, width: usize) -> Self {
        Self { text: String::new(), paint, width: width.max(NARROWEST) }
    }

    /// A line as it is.
    pub(super) fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    /// Text from this column on; on its first line `lead` stands before it, whose visible width is `column`.
    pub(super) fn hang(&mut self, lead: &str, column: usize, text: &str) {
        let mut lead = lead.to_owned();
        for line in wrapped(text, self.width.saturating_sub(column)) {
            self.line(&format!("{lead}{line}"));
            lead = " ".repeat(column);
        }
    }

    /// A mark at `indent`, and text behind it.
    pub(super) fn marked(&mut self, indent: usize, mark: Mark, text: &str) {
        let lead = format!("{:indent$}{} ", "", mark.painted(self.paint));
        self.hang(&lead, indent + 2, text);
    }

    /// A mark, a word padded to `width`, and text behind it.
    pub(super) fn rung(&mut self, indent: usize, mark: Mark, name: &str, width: usize, text: &str) {
        let lead = format!("{:indent$}{} {name:width$} ", "", mark.painted(self.paint));
        self.hang(&lead, indent + width + 3, text);
    }
}

/// The text in lines of at most `width` characters. What stands between backticks is meant to be copied, so it is not
/// broken where a line can hold it.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    if text.chars().count() <= width {
        return vec![text.to_owned()];
    }
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in words(text, width) {
        let wide = word.chars().count();
        if length > 0 && length + 1 + wide > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += wide;
    }
    lines.push(line);
    lines
}

/// The pieces between which a line may be broken.
fn words(text: &str, width: usize) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let space = rest.find(' ').unwrap_or(rest.len());
        let quoted = rest.find('`').filter(|at| *at < space).and_then(|at| {
            let close = at + 1 + rest[at + 1..].find('`')?;
            let end = close + rest[close..].find(' ').unwrap_or(rest.len() - close);
            (rest[..end].chars().count() <= width).then_some(end)
        });
        let (word, after) = rest.split_at(quoted.unwrap_or(space));
        words.push(word);
        rest = after.trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{Mark, Paint, Sheet, WIDTH, wrapped};
    #[test]
    fn lines_end_at_the_width_and_commands_stay_whole() {
        assert_eq!(wrapped("a bc def ghij", 6), ["a bc", "def", "ghij"]);
        assert_eq!(wrapped("run `a b c` now", 10), ["run", "`a b c`", "now"]);
        assert_eq!(wrapped("see `a b`, then `c d e f g h i j`", 12), ["see `a b`,", "then `c d e", "f g h i j`"]);
        assert_eq!(wrapped("", 10), [""]);
        assert_eq!(wrapped("ohne`Ende", 3), ["ohne`Ende"]);
        assert_eq!(wrapped("äöü ß", 5), ["äöü ß"], "characters, not bytes");
    }

    #[test]
    fn what_follows_hangs_below_the_text() {
        let mut sheet = Sheet::new(Paint(false), WIDTH);
        sheet.rung(2, Mark::Bad, "login", 10, &"word ".repeat(20));
        let lines: Vec<&str> = sheet.text.lines().collect();
        assert!(
            lines[0].starts_with("  ✗ login      word") && lines[1].starts_with("               word"),
            "{lines:?}"
        );
        let mut colour = Sheet::new(Paint(true), WIDTH);
        colour.marked(0, Mark::Good, "x");
        assert_eq!(colour.text, "\x1b[32m✓\x1b[0m x\n");
    }
}
