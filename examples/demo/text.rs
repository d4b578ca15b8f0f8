//! Text for a terminal.

/// The columns of a small terminal.
const WIDTH: usize = 80;

/// The text in lines that fit, each but the first behind `indent`. A word that is longer than a line stays whole.
pub(crate) fn wrapped(text: &str, indent: &str) -> String {
    let start = text.len() - text.trim_start().len();
    let mut lines = text[..start].to_owned();
    let mut column = start;
    let mut is_first = true;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if !is_first && column + 1 + width > WIDTH {
            lines.push('\n');
            lines.push_str(indent);
            column = indent.len();
        } else if !is_first {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += width;
        is_first = false;
    }
    lines
}
