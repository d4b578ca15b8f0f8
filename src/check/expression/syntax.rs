//! What an expression means: letters, digits, white space, word boundaries and case are those of ASCII; `.` and a class
//! take a whole character. There are no `\p{…}`, no set operations in classes and no look-around.

use regex_syntax::ast::{self, Ast};
use regex_syntax::hir::{self, Class, ClassUnicode, ClassUnicodeRange, Dot, Hir, Look};

/// How deep groups and classes may be nested.
const DEPTH: u32 = 50;

/// Reads it; it matches from the start of a text up to the end of the first place that it describes.
///
/// # Errors
/// What is wrong, as a sentence that does not hold the text.
pub(super) fn read(text: &str) -> Result<Hir, String> {
    let mut parser = ast::parse::ParserBuilder::new().nest_limit(DEPTH).build();
    let tree = parser.parse(text).map_err(|error| error.kind().to_string())?;
    let wanted = Flags::default().translate(&tree).map_err(str::to_owned)?;
    if wanted.properties().look_set_prefix().contains(Look::Start) {
        return Ok(wanted);
    }
    let before = hir::Repetition { min: 0, max: None, greedy: false, sub: Box::new(Hir::dot(Dot::AnyChar)) };
    Ok(Hir::concat(vec![Hir::repetition(before), wanted]))
}

/// The flags that are set where the translation is.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    any_case: bool,
    lines: bool,
    dot_takes_lines: bool,
    carriage_returns: bool,
}

impl Flags {
    fn translate(&mut self, tree: &Ast) -> Result<Hir, &'static str> {
        Ok(match tree {
            Ast::Empty(_) => Hir::empty(),
            Ast::Flags(set) => {
                self.set(&set.flags)?;
                Hir::empty()
            }
            Ast::Literal(literal) => self.letter(literal.c),
            Ast::Dot(_) => Hir::dot(match (self.dot_takes_lines, self.carriage_returns) {
                (true, _) => Dot::AnyChar,
                (false, true) => Dot::AnyCharExceptCRLF,
                (false, false) => Dot::AnyCharExceptLF,
            }),
            Ast::Assertion(assertion) => Hir::look(self.look(&assertion.kind)),
            Ast::ClassUnicode(_) => return Err(UNICODE),
            Ast::ClassPerl(class) => class_of(perl(class)),
            Ast::ClassBracketed(class) => class_of(self.class(class)?),
            Ast::Repetition(repetition) => {
                let sub = Box::new(self.translate(&repetition.ast)?);
                let (min, max) = bounds(&repetition.op.kind);
                Hir::repetition(hir::Repetition { min, max, greedy: repetition.greedy, sub })
            }
            Ast::Group(group) => {
                let outside = *self;
                if let ast::GroupKind::NonCapturing(flags) = &group.kind {
                    self.set(flags)?;
                }
                let inner = self.translate(&group.ast)?;
                *self = outside;
                inner
            }
            Ast::Alternation(all) => Hir::alternation(self.all(&all.asts)?),
            Ast::Concat(all) => Hir::concat(self.all(&all.asts)?),
        })
    }

    fn all(&mut self, trees: &[Ast]) -> Result<Vec<Hir>, &'static str> {
        trees.iter().map(|tree| self.translate(tree)).collect()
    }

    fn set(&mut self, flags: &ast::Flags) -> Result<(), &'static str> {
        let mut on = true;
        for item in &flags.items {
            match item.kind {
                ast::FlagsItemKind::Negation => on = false,
                ast::FlagsItemKind::Flag(flag) => match flag {
                    ast::Flag::CaseInsensitive => self.any_case = on,
                    ast::Flag::MultiLine => self.lines = on,
                    ast::Flag::DotMatchesNewLine => self.dot_takes_lines = on,
                    ast::Flag::CRLF => self.carriage_returns = on,
                    // The parser has taken white space out; which match is the longest makes no difference; nothing but ASCII
                    // is known.
                    ast::Flag::IgnoreWhitespace | ast::Flag::SwapGreed | ast::Flag::Unicode => {}
                },
            }
        }
        Ok(())
    }

    fn letter(self, letter: char) -> Hir {
        if self.any_case && letter.is_ascii_alphabetic() {
            return class_of(self.folded(ClassUnicode::new([ClassUnicodeRange::new(letter, letter)])));
        }
        Hir::literal(letter.encode_utf8(&mut [0; 4]).as_bytes().to_vec())
    }

    fn look(self, kind: &ast::AssertionKind) -> Look {
        use ast::AssertionKind as Kind;
        match (kind, self.lines, self.carriage_returns) {
            (Kind::StartText, ..) | (Kind::StartLine, false, _) => Look::Start,
            (Kind::EndText, ..) | (Kind::EndLine, false, _) => Look::End,
            (Kind::StartLine, true, false) => Look::StartLF,
            (Kind::EndLine, true, false) => Look::EndLF,
            (Kind::StartLine, true, true) => Look::StartCRLF,
            (Kind::EndLine, true, true) => Look::EndCRLF,
            (Kind::WordBoundary, ..) => Look::WordAscii,
            (Kind::NotWordBoundary, ..) => Look::WordAsciiNegate,
            (Kind::WordBoundaryStart | Kind::WordBoundaryStartAngle, ..) => Look::WordStartAscii,
            (Kind::WordBoundaryEnd | Kind::WordBoundaryEndAngle, ..) => Look::WordEndAscii,
            (Kind::WordBoundaryStartHalf, ..) => Look::WordStartHalfAscii,
            (Kind::WordBoundaryEndHalf, ..) => Look::WordEndHalfAscii,
        }
    }

    fn class(self, class: &ast::ClassBracketed) -> Result<ClassUnicode, &'static str> {
        let mut found = ClassUnicode::empty();
        match &class.kind {
            ast::ClassSet::Item(item) => self.item(item, &mut found)?,
            ast::ClassSet::BinaryOp(_) => return Err("set operations in a class are not supported"),
        }
        found = self.folded(found);
        if class.negated {
            found.negate();
        }
        Ok(found)
    }

    fn item(self, item: &ast::ClassSetItem, found: &mut ClassUnicode) -> Result<(), &'static str> {
        match item {
            ast::ClassSetItem::Empty(_) => {}
            ast::ClassSetItem::Literal(one) => found.push(ClassUnicodeRange::new(one.c, one.c)),
            ast::ClassSetItem::Range(range) => found.push(ClassUnicodeRange::new(range.start.c, range.end.c)),
            ast::ClassSetItem::Ascii(class) => found.union(&ascii(class)),
            ast::ClassSetItem::Unicode(_) => return Err(UNICODE),
            ast::ClassSetItem::Perl(class) => found.union(&perl(class)),
            ast::ClassSetItem::Bracketed(_) => return Err("a class in a class is not supported"),
            ast::ClassSetItem::Union(union) => {
                for item in &union.items {
                    self.item(item, found)?;
                }
            }
        }
        Ok(())
    }

    /// The class with both cases of its letters, where case is ignored.
    fn folded(self, class: ClassUnicode) -> ClassUnicode {
        if !self.any_case {
            return class;
        }
        let mut both = class.clone();
        for (letters, other) in [(('a', 'z'), 'A'), (('A', 'Z'), 'a')] {
            for range in class.iter() {
                let (first, last) = (range.start().max(letters.0), range.end().min(letters.1));
                if first <= last {
                    let moved = |letter: char| char::from(letter as u8 - letters.0 as u8 + other as u8);
                    both.push(ClassUnicodeRange::new(moved(first), moved(last)));
                }
            }
        }
        both
    }
}

const UNICODE: &str = r"\p{…} is not supported";

fn class_of(class: ClassUnicode) -> Hir {
    Hir::class(Class::Unicode(class))
}

const fn bounds(kind: &ast::RepetitionKind) -> (u32, Option<u32>) {
    match kind {
        ast::RepetitionKind::ZeroOrOne => (0, Some(1)),
        ast::RepetitionKind::ZeroOrMore => (0, None),
        ast::RepetitionKind::OneOrMore => (1, None),
        ast::RepetitionKind::Range(ast::RepetitionRange::Exactly(count)) => (*count, Some(*count)),
        ast::RepetitionKind::Range(ast::RepetitionRange::AtLeast(least)) => (*least, None),
        ast::RepetitionKind::Range(ast::RepetitionRange::Bounded(least, most)) => (*least, Some(*most)),
    }
}

fn ranges(ranges: &[(char, char)], negated: bool) -> ClassUnicode {
    let mut class = ClassUnicode::new(ranges.iter().map(|&(first, last)| ClassUnicodeRange::new(first, last)));
    if negated {
        class.negate();
    }
    class
}

fn perl(class: &ast::ClassPerl) -> ClassUnicode {
    let of: &[(char, char)] = match class.kind {
        ast::ClassPerlKind::Digit => &[('0', '9')],
        ast::ClassPerlKind::Space => &[('\t', '\r'), (' ', ' ')],
        ast::ClassPerlKind::Word => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
    };
    ranges(of, class.negated)
}

fn ascii(class: &ast::ClassAscii) -> ClassUnicode {
    use ast::ClassAsciiKind as Kind;
    let of: &[(char, char)] = match class.kind {
        Kind::Alnum => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        Kind::Alpha => &[('A', 'Z'), ('a', 'z')],
        Kind::Ascii => &[('\0', '\x7f')],
        Kind::Blank => &[('\t', '\t'), (' ', ' ')],
        Kind::Cntrl => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        Kind::Digit => &[('0', '9')],
        Kind::Graph => &[('!', '~')],
        Kind::Lower => &[('a', 'z')],
        Kind::Print => &[(' ', '~')],
        Kind::Punct => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        Kind::Space => &[('\t', '\r'), (' ', ' ')],
        Kind::Upper => &[('A', 'Z')],
        Kind::Word => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        Kind::Xdigit => &[('0', '9'), ('A', 'F'), ('a', 'f')],
    };
    ranges(of, class.negated)
}
