//! A file of variables: lines of `NAME=value`, or a process's environment.
//!
//! Whatever it holds, reading it takes time that grows with its length, and its variables take no more memory than a file may
//! have.

use std::collections::{HashMap, HashSet};

use crate::env::FILE_LIMIT;
use crate::secret::Secret;

/// How many lines are read.
const LINES: usize = 16 * 1024;
/// How many references (`${NAME}`) are filled in.
const REFERENCES: usize = 16 * 1024;

/// What a file has too much of, and where: a sentence without a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excess {
    pub(super) line: usize,
    pub(super) what: &'static str,
}

/// The variables of a file that have these names. `/proc/PID/environ` ends each with a NUL; a .env file has lines, and those
/// may refer to lines above them.
pub(super) fn read(text: &str, names: &HashSet<&str>) -> Result<HashMap<String, Secret>, Excess> {
    if text.contains('\0') {
        let pairs = text.split('\0').filter_map(|pair| pair.split_once('=')).filter(|(name, _)| names.contains(name));
        return Ok(pairs.map(|(name, value)| (name.to_owned(), Secret::new(value.to_owned()))).collect());
    }
    let lines = lines(text)?;
    let mut reader =
        Reader { known: HashMap::new(), left: usize::try_from(FILE_LIMIT).unwrap_or(usize::MAX), references: 0 };
    for line in needed(&lines, names) {
        let value = reader.value(line).map_err(|what| Excess { line: number_of(text, line.start), what })?;
        reader.known.insert(line.name, value);
    }
    let found = reader.known.into_iter().filter(|(name, _)| names.contains(name));
    Ok(found.map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A line that sets a variable; a value in quotes may go over several.
struct Line<'a> {
    /// Where it starts in the file, in bytes.
    start: usize,
    name: &'a str,
    /// The value as it is written, without its quotes.
    raw: &'a str,
    quote: Option<char>,
}

/// Every line that sets a variable, without a copy of anything: most of a long file is nobody's concern.
fn lines(text: &str) -> Result<Vec<Line<'_>>, Excess> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut count = 0;
    while start < text.len() {
        count += 1;
        if count > LINES {
            let what = "it has more lines than the 16384 that are read";
            return Err(Excess { line: number_of(text, start), what });
        }
        let line = text[start..].split('\n').next().unwrap_or_default();
        let mut end = start + line.len();
        let trimmed = line.trim_start();
        let pair = trimmed.strip_prefix("export ").unwrap_or(trimmed).split_once('=');
        if let Some((name, value)) = pair.filter(|(name, _)| !name.starts_with('#')) {
            let at = end - value.len();
            let (raw, quote, length) = value_at(&text[at..], value);
            found.push(Line { start, name: name.trim(), raw, quote });
            end = end.max(at + length);
        }
        start = end + usize::from(text[end..].starts_with('\n'));
    }
    Ok(found)
}

/// The number of the line that starts there.
fn number_of(text: &str, start: usize) -> usize {
    text[..start].matches('\n').count() + 1
}

/// The value at the start of a text as it is written, its quotes, and how long it is with them; `line` is the rest of its
/// first line.
fn value_at<'a>(text: &'a str, line: &'a str) -> (&'a str, Option<char>, usize) {
    let blank = text.len() - text.trim_start_matches([' ', '\t']).len();
    let inner = &text[blank..];
    let quote = inner.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote
        && let Some(end) = closing(&inner[1..], quote)
    {
        return (&inner[1..1 + end], Some(quote), blank + 2 + end);
    }
    (line.split(" #").next().unwrap_or_default().trim(), None, line.len())
}

/// The lines whose values are asked for or referred to by such a line further down, in their order.
fn needed<'a, 'b>(lines: &'b [Line<'a>], names: &HashSet<&'a str>) -> Vec<&'b Line<'a>> {
    let mut wanted: HashSet<&str> = names.iter().copied().collect();
    let mut needed = Vec::new();
    for line in lines.iter().rev() {
        // A reference leads to the nearest line above, and so does a name that is asked for.
        if wanted.remove(line.name) {
            if line.quote != Some('\'') {
                wanted.extend(references(line.raw).map(|(_, name)| name));
            }
            needed.push(line);
        }
    }
    needed.reverse();
    needed
}

/// Where a text has `${NAME}`, in bytes, and the names.
fn references(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices("${").filter_map(|(at, _)| {
        let inner = &text[at + 2..];
        // No name holds these, so that no part of the text is looked through twice.
        let end = inner.find(['}', '$']).filter(|end| inner[*end..].starts_with('}'))?;
        Some((at, &inner[..end]))
    })
}

struct Reader<'a> {
    /// What stands further up.
    known: HashMap<&'a str, Secret>,
    /// How many bytes the values may still have.
    left: usize,
    references: usize,
}

impl Reader<'_> {
    /// The value of a line. In double quotes `\n` and `\"` are undone; `${NAME}` is filled in where NAME stands further up, but
    /// not in single quotes.
    fn value(&mut self, line: &Line<'_>) -> Result<Secret, &'static str> {
        match line.quote {
            Some('"') => self.fill_in(&line.raw.replace("\\n", "\n").replace("\\\"", "\"")),
            Some(_) => self.join(&[line.raw]),
            None => self.fill_in(line.raw),
        }
    }

    /// The text with its references filled in. What they lead to is taken as it is; one that leads nowhere stays.
    fn fill_in(&mut self, text: &str) -> Result<Secret, &'static str> {
        let known = std::mem::take(&mut self.known);
        let mut pieces = Vec::new();
        let mut done = 0;
        for (at, name) in references(text) {
            let Some(value) = known.get(name) else { continue };
            self.references += 1;
            if self.references > REFERENCES {
                return Err("more references (${…}) than the 16384 that are filled in");
            }
            pieces.extend([&text[done..at], value.expose()]);
            done = at + name.len() + "${}".len();
        }
        pieces.push(&text[done..]);
        let filled = self.join(&pieces);
        self.known = known;
        filled
    }

    fn join(&mut self, pieces: &[&str]) -> Result<Secret, &'static str> {
        let length = pieces.iter().map(|piece| piece.len()).sum();
        self.left = self
            .left
            .checked_sub(length)
            .ok_or("with this value, and with references (${…}) filled in, the variables have more than 1 MiB")?;
        Ok(Secret::new(pieces.concat()))
    }
}

/// Where the quotes are closed; behind a backslash they are not.
fn closing(text: &str, quote: char) -> Option<usize> {
    let escapes = quote == '"';
    text.match_indices(quote).map(|(at, _)| at).find(|at| !(escapes && text[..*at].ends_with('\\')))
}

#[cfg(test)]
mod tests;
