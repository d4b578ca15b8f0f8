//! A file of variables: lines of `NAME=value`, or a process's environment.
//!
//! Whatever it holds, reading it takes time that grows with its length, and its variables take no more memory than a file may
//! have.

use std::collections::{BTreeMap, BTreeSet};

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

/// The variables of a file. `/proc/PID/environ` ends each with a NUL; a .env file has lines. Of an environment only those with
/// these names: those of a .env file may refer to each other.
pub(super) fn read(text: &str, names: &BTreeSet<&str>) -> Result<BTreeMap<String, Secret>, Excess> {
    if text.contains('\0') {
        let pairs = text.split('\0').filter_map(|pair| pair.split_once('=')).filter(|(name, _)| names.contains(name));
        return Ok(pairs.map(|(name, value)| (name.to_owned(), Secret::new(value.to_owned()))).collect());
    }
    let mut reader =
        Reader { known: BTreeMap::new(), left: usize::try_from(FILE_LIMIT).unwrap_or(usize::MAX), references: 0 };
    let mut rest = text;
    let mut lines = 0;
    while !rest.is_empty() {
        let line = rest.split('\n').next().unwrap_or_default();
        let at = text.len() - rest.len();
        let excess = |what: &'static str| Excess { line: text[..at].matches('\n').count() + 1, what };
        lines += 1;
        if lines > LINES {
            return Err(excess("it has more lines than the 16384 that are read"));
        }
        let mut end = at + line.len();
        let trimmed = line.trim_start();
        let pair = trimmed.strip_prefix("export ").unwrap_or(trimmed).split_once('=');
        if let Some((name, value)) = pair.filter(|(name, _)| !name.starts_with('#')) {
            // A value in quotes may go over several lines.
            let start = at + line.len() - value.len();
            let (value, length) = reader.value_at(&text[start..]).map_err(excess)?;
            reader.known.insert(name.trim().to_owned(), value);
            end = end.max(start + length);
        }
        rest = text[end..].strip_prefix('\n').unwrap_or(&text[end..]);
    }
    Ok(reader.known)
}

struct Reader {
    /// What stands further up.
    known: BTreeMap<String, Secret>,
    /// How many bytes the values may still have.
    left: usize,
    references: usize,
}

impl Reader {
    /// The value at the start of a text, and where it ends. In double quotes `\n` and `\"` are undone; `${NAME}` is filled in
    /// where NAME stands further up, but not in single quotes.
    fn value_at(&mut self, text: &str) -> Result<(Secret, usize), &'static str> {
        let blank = text.len() - text.trim_start_matches([' ', '\t']).len();
        let inner = &text[blank..];
        let quote = inner.chars().next().filter(|c| matches!(c, '"' | '\''));
        if let Some(quote) = quote
            && let Some(end) = closing(&inner[1..], quote)
        {
            let raw = &inner[1..1 + end];
            let value = match quote {
                '"' => self.fill_in(&raw.replace("\\n", "\n").replace("\\\"", "\"")),
                _ => self.join(&[raw]),
            };
            return Ok((value?, blank + 2 + end));
        }
        let line = text.split('\n').next().unwrap_or_default();
        let plain = line.split(" #").next().unwrap_or_default();
        Ok((self.fill_in(plain.trim())?, line.len()))
    }

    /// The text with its references filled in. What they lead to is taken as it is; one that leads nowhere stays.
    fn fill_in(&mut self, text: &str) -> Result<Secret, &'static str> {
        let known = std::mem::take(&mut self.known);
        let mut pieces = Vec::new();
        let mut rest = text;
        let mut plain = 0;
        while let Some(found) = rest[plain..].find("${") {
            let at = plain + found;
            // No name holds these, so that no part of the text is looked through twice.
            let end =
                rest[at + 2..].find(['}', '$']).map(|end| at + 2 + end).filter(|end| rest[*end..].starts_with('}'));
            let value = end.and_then(|end| Some((end, known.get(&rest[at + 2..end])?)));
            let Some((end, value)) = value else {
                plain = at + 2;
                continue;
            };
            self.references += 1;
            if self.references > REFERENCES {
                return Err("more references (${…}) than the 16384 that are filled in");
            }
            pieces.extend([&rest[..at], value.expose()]);
            rest = &rest[end + 1..];
            plain = 0;
        }
        pieces.push(rest);
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
