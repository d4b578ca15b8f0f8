//! From a YAML text to nodes. What makes a configuration hard to read or to point at is refused: anchors and aliases,
//! tags, duplicate keys, keys that are no text, several documents, deep nesting.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, StrInput};

use super::tree::{Node, Problem, Raw, Span, join_key};
use crate::secret::Secret;
use crate::slices::{Slices, at_once};

/// The deepest nesting that is read.
const DEEPEST: usize = 32;
/// The longest check, and the longest of the other keys of the file, in characters: each is read in one step.
const LONGEST: usize = 64 * 1024;
/// The list at the root that is read in steps: one item is one step.
const LONG_LIST: &str = "checks";
/// The most keys beside that list.
const MOST_KEYS: usize = 64;

/// A text that was read, as far as it could be.
#[derive(Debug)]
pub struct Document {
    /// The root; `None` where there is none, or where the text is no YAML.
    pub root: Option<Node>,
    /// All that is wrong with the text as YAML.
    pub problems: Vec<Problem>,
}

/// Reads one YAML document; what is faulty in it is a [`Raw::Faulty`] node or is left out.
pub async fn load(bytes: &[u8], slices: &mut Slices) -> Document {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let (good, _) = bytes.split_at(error.valid_up_to());
            let message = "the file is not UTF-8 text: save it as UTF-8";
            return Document { root: None, problems: vec![Problem::new(end_of(good), "", message)] };
        }
    };
    let mut loader = Loader { parser: Parser::new_from_str(text), problems: Vec::new(), step: 0 };
    let root = match loader.document(slices).await {
        Ok(root) => root,
        Err(Stop::Reported) => None,
        Err(Stop::Scan(error)) => {
            loader.problems.push(explain(&error, text));
            None
        }
    };
    Problem::in_order(&mut loader.problems);
    Document { root, problems: loader.problems }
}

/// Reads one YAML document that is whole and right.
///
/// # Errors
/// All that is wrong with the text as YAML; also where nothing stands in it.
pub fn parse(text: &str) -> Result<Node, Vec<Problem>> {
    match at_once(load(text.as_bytes(), &mut Slices::unlimited())) {
        Document { root: Some(node), problems } if problems.is_empty() => Ok(node),
        Document { problems, .. } if problems.is_empty() => {
            Err(vec![Problem::new(Span { line: 1, column: 1 }, "", "the file is empty")])
        }
        Document { problems, .. } => Err(problems),
    }
}

/// Why reading ends early.
enum Stop {
    /// The fault is recorded.
    Reported,
    /// The text is no YAML.
    Scan(ScanError),
}

struct Loader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    problems: Vec<Problem>,
    /// Where the step began that is read now, in characters.
    step: usize,
}

/// A mapping as far as it was read.
#[derive(Default)]
struct Entries {
    read: Vec<(Node, Node)>,
    seen: BTreeMap<String, Span>,
}

impl<'a> Loader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Stop> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => {
                let place = place(&span.start);
                if span.end.index() > self.step + LONGEST {
                    let message = format!("longer than {} KiB: make it shorter, or write two checks", LONGEST / 1024);
                    self.report(place, "", message);
                    return Err(Stop::Reported);
                }
                Ok((event, place))
            }
            Some(Err(error)) => Err(Stop::Scan(error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn report(&mut self, span: Span, path: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(span, path, message));
    }

    async fn document(&mut self, slices: &mut Slices) -> Result<Option<Node>, Stop> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
                Event::StreamEnd => return Ok(root),
                Event::DocumentStart(_) if root.is_some() => {
                    self.report(span, "", "a second document starts here: keep one, without `---`");
                    return Err(Stop::Reported);
                }
                Event::DocumentStart(_) => {
                    let (event, span) = self.next()?;
                    root = Some(match event {
                        Event::MappingStart(0, None) => self.root(span, slices).await?,
                        event => self.node(event, span, "", 1)?,
                    });
                }
                _ => return Ok(root),
            }
        }
    }

    /// The mapping at the root: its keys and the checks one by one, each of them short enough for one step.
    async fn root(&mut self, span: Span, slices: &mut Slices) -> Result<Node, Stop> {
        let mut entries = Entries::default();
        loop {
            let (event, place) = self.next_step()?;
            if event == Event::MappingEnd {
                return Ok(Node { span, raw: Raw::Mapping(entries.read) });
            }
            let key = self.node(event, place, "", 2)?;
            let (event, value_place) = self.next()?;
            let value = match event {
                Event::SequenceStart(0, None) if key.text() == Some(LONG_LIST) => {
                    Node { span: value_place, raw: self.long_list(slices).await? }
                }
                event => self.value(event, value_place, &key, "", 2)?,
            };
            self.add(&mut entries, key, value, "");
            if entries.read.len() > MOST_KEYS {
                self.report(
                    place,
                    "",
                    format!("more than {MOST_KEYS} keys: put the checks into the list `{LONG_LIST}`"),
                );
                return Err(Stop::Reported);
            }
        }
    }

    async fn long_list(&mut self, slices: &mut Slices) -> Result<Raw, Stop> {
        let mut nodes = Vec::new();
        loop {
            slices.pause().await;
            let (event, span) = self.next_step()?;
            if event == Event::SequenceEnd {
                return Ok(Raw::Sequence(nodes));
            }
            let path = format!("{LONG_LIST}[{}]", nodes.len());
            nodes.push(self.node(event, span, &path, 3)?);
        }
    }

    /// The next event, which begins another step.
    fn next_step(&mut self) -> Result<(Event<'a>, Span), Stop> {
        self.step = self.parser.peek().and_then(Result::ok).map_or(self.step, |(_, span)| span.start.index());
        self.next()
    }

    fn node(&mut self, event: Event<'a>, span: Span, path: &str, depth: usize) -> Result<Node, Stop> {
        if depth > DEEPEST {
            self.report(span, path, format!("nested deeper than {DEEPEST} levels"));
            return Err(Stop::Reported);
        }
        let (anchor, tag, raw) = match event {
            Event::Alias(_) => {
                self.report(span, path, "aliases (`*`) are not supported: write the value itself, or put it in quotes");
                (0, None, Raw::Faulty)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                (anchor, tag, Raw::Scalar { text: Secret::new(text.into_owned()), plain })
            }
            Event::SequenceStart(anchor, tag) => (anchor, tag, self.sequence(path, depth)?),
            Event::MappingStart(anchor, tag) => (anchor, tag, self.mapping(path, depth)?),
            _ => (0, None, Raw::Faulty),
        };
        if anchor > 0 {
            self.report(span, path, "anchors (`&`) are not supported: remove it, or put the value in quotes");
        }
        if tag.is_some() {
            self.report(span, path, "tags (`!`) are not supported: remove it, or put the value in quotes");
        }
        let raw = if anchor > 0 || tag.is_some() { Raw::Faulty } else { raw };
        Ok(Node { span, raw })
    }

    fn sequence(&mut self, path: &str, depth: usize) -> Result<Raw, Stop> {
        let mut nodes = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Raw::Sequence(nodes));
            }
            let path = format!("{path}[{}]", nodes.len());
            nodes.push(self.node(event, span, &path, depth + 1)?);
        }
    }

    fn mapping(&mut self, path: &str, depth: usize) -> Result<Raw, Stop> {
        let mut entries = Entries::default();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Raw::Mapping(entries.read));
            }
            let key = self.node(event, span, path, depth + 1)?;
            let (event, value_span) = self.next()?;
            let value = self.value(event, value_span, &key, path, depth + 1)?;
            self.add(&mut entries, key, value, path);
        }
    }

    fn value(&mut self, event: Event<'a>, span: Span, key: &Node, path: &str, depth: usize) -> Result<Node, Stop> {
        // An empty value's own place is that of whatever comes next.
        let empty = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, ..) if text.is_empty());
        self.node(event, if empty { key.span } else { span }, &join_key(path, key.text()), depth)
    }

    fn add(&mut self, entries: &mut Entries, key: Node, value: Node, path: &str) {
        let span = key.span;
        match key.text() {
            None if matches!(key.raw, Raw::Faulty) => {}
            None => {
                let message = "a key must be a string; check whether this is a template that was not rendered \
                               (`{{ … }}`)";
                self.report(span, path, message);
            }
            Some("<<") => self.report(span, path, "merge keys (`<<`) are not supported: write the keys themselves"),
            Some(text) => match entries.seen.get(text) {
                Some(first) => {
                    let message = format!("duplicate key, already set in line {}", first.line);
                    self.report(span, &join_key(path, Some(text)), message);
                }
                None => {
                    entries.seen.insert(text.to_owned(), span);
                    entries.read.push((key, value));
                }
            },
        }
    }
}

fn place(marker: &Marker) -> Span {
    Span { line: marker.line().max(1), column: marker.col() + 1 }
}

/// The place behind the last character of a text.
fn end_of(bytes: &[u8]) -> Span {
    let text = String::from_utf8_lossy(bytes);
    let last = text.rsplit('\n').next().unwrap_or_default();
    Span { line: text.matches('\n').count() + 1, column: last.chars().count() + 1 }
}

/// The scanner's errors in words that name the remedy. Its own texts can hold a character of the file; they are searched
/// here and not matched, because a [`ScanError`] has a place and a text and no kind.
fn explain(error: &ScanError, text: &str) -> Problem {
    let span = place(error.marker());
    let info = error.info();
    let tabbed = |line: Option<&str>| {
        line.is_some_and(|line| {
            line.chars().take_while(|c| c.is_whitespace() || matches!(c, '-' | ':' | '?')).any(|c| c == '\t')
        })
    };
    let line = || text.split('\n').nth(span.line - 1);
    let message = if info.contains("tab") && !info.contains("tag") || tabbed(line()) {
        "the indentation contains a tab: use spaces"
    } else if info.contains("unexpected character") {
        "a value cannot start with this character: put it in quotes"
    } else if info.contains("mapping values are not allowed") || info.contains("':' may not") {
        "a `:` is not allowed here: indent the line like its neighbours, or put the value in quotes"
    } else if info.contains("unknown anchor") {
        "aliases (`*`) are not supported: write the value itself, or put it in quotes"
    } else if info.contains("escape") {
        "unknown escape sequence: in double quotes write `\\\\` for `\\`, or use single quotes"
    } else if info.contains("quoted scalar") || info.contains("double-quoted") {
        "a quoted string is not closed, or text follows it"
    } else if info.contains("flow") || info.contains("misplaced bracket") || info.contains("unexpected eof") {
        "a `[` or `{` is not closed, or a `,` is missing between its items"
    } else if info.contains("block scalar") {
        "a block text (`|` or `>`) must be indented more than its key"
    } else if info.contains("unprintable") || info.contains("byte order mark") {
        "invisible character: remove it"
    } else if info.contains("recursion limit") {
        "nested too deeply"
    } else if info.contains("TAG") || info.contains("directive") || info.contains("tag") {
        "tags (`!`) and directives (`%`) are not supported: remove it, or put the value in quotes"
    } else if info.contains("anchor") {
        "anchors (`&`) are not supported: remove it, or put the value in quotes"
    } else {
        "invalid YAML: check the indentation, and that `key: value` has a space after the `:`"
    };
    Problem::new(span, "", message)
}
