//! Connection URLs whose pieces are joined in a wrong way, whatever is in them.

use super::clients::Family;
use super::intent::PARAMETERS;
use super::rows::MISREAD;
use crate::cause::Cause;
use crate::finding::{Finding, Severity};
use crate::findings::context::Reading;
use crate::outcome::Fault;
use crate::scheme::Schemes;

/// How a URL is joined wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One part of the URL is itself a whole URL.
    Nested,
    /// Several URLs with a comma or a space between them.
    Several,
    /// The first parameter stands behind `&`: which one.
    NoQuestionMark(&'static str),
    /// A space stands before the parameters.
    Space,
}

impl Shape {
    /// What is wrong with the text; `None` for any other.
    pub(super) fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://")?;
        if !is_scheme(scheme) {
            return None;
        }
        let plain = rest.split(['?', '#']).next().unwrap_or_default();
        if let Some((before, _)) = plain.split_once("://") {
            let joint = before.rfind([',', ';', ' ', '|']);
            if joint.is_some_and(|at| is_scheme(before[at + 1..].trim_start())) {
                return Some(Self::Several);
            }
        }
        if has_another(scheme, plain) {
            return Some(Self::Nested);
        }
        // Behind the last `@` stands no password.
        let tail = rest.rsplit_once('@').map_or(rest, |(_, tail)| tail);
        let named = |text: &str| {
            PARAMETERS.into_iter().find(|name| text.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')))
        };
        if !tail.contains('?')
            && let Some((_, behind)) = tail.split_once('/').and_then(|(_, path)| path.split_once('&'))
            && let Some(name) = named(behind)
        {
            return Some(Self::NoQuestionMark(name));
        }
        let spaced = tail.match_indices(' ').any(|(at, _)| {
            let behind = tail[at..].trim_start_matches([' ', '?', '&']);
            named(behind).is_some()
        });
        spaced.then_some(Self::Space)
    }

    /// What is wrong, in words, and what to write.
    pub(super) fn words(self) -> (String, &'static str) {
        match self {
            Self::Nested => (
                "contains another whole URL, where a part of one belongs".to_owned(),
                "write it once: set the whole URL, or let the template build it from its parts, not both",
            ),
            Self::Several => (
                "holds several URLs, where one is expected".to_owned(),
                "give each URL a variable of its own; PostgreSQL's clients take several hosts in one URL: …@a:5432,b:5432/database",
            ),
            Self::NoQuestionMark(name) => (
                format!("has no `?` before `{name}`, so that clients take it for a part of the database's name"),
                "write `?` before the first parameter and `&` between the others: …/database?sslmode=require&…",
            ),
            Self::Space => {
                ("has a space before its parameters".to_owned(), "remove the space: …/database?sslmode=require")
            }
        }
    }
}

/// What is wrong with a text that contains another whole URL, and what to write; `None` for any other.
#[must_use]
pub fn nested(text: &str) -> Option<String> {
    let (what, fix) = Shape::of(text).filter(|shape| *shape == Shape::Nested)?.words();
    Some(format!("it {what}; {fix}"))
}

/// The finding of a value that is such a URL.
pub(super) fn judge(reading: &Reading, fault: Option<&Fault>, schemes: Schemes) -> Option<Finding> {
    let text = super::values::bare(reading.text.expose());
    let shape = Shape::of(text)?;
    // Lists of URLs are usual in variables; of a connection string no client takes one.
    let is_refused = fault.is_some_and(|fault| fault.cause == Cause::UrlMalformed);
    if reading.key != "url" && !is_refused && Family::of(text, schemes).is_none() {
        return None;
    }
    let (what, fix) = shape.words();
    let finding = MISREAD.found(format!("{} {what}", reading.origin), fix);
    Some(Finding { severity: Severity::Error, ..finding })
}

/// Whether a URL stands at the start of what follows a scheme, or the same scheme again where a password, a host or a path
/// begins. In the path of a web address it may stand.
fn has_another(scheme: &str, rest: &str) -> bool {
    let is_web = scheme.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("http"));
    rest.match_indices("://").any(|(at, _)| {
        let start = rest[..at].rfind(['@', ':', '/', ',']).map_or(0, |before| before + 1);
        let word = &rest[start..at];
        let before = &rest[..start];
        let begins = (start == 0 || before.ends_with('@') && !before.contains('/')) && is_scheme(word);
        begins || (!is_web && word.eq_ignore_ascii_case(scheme) && !before.ends_with(','))
    })
}

fn is_scheme(text: &str) -> bool {
    (2..=24).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-:".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::Shape;

    #[test]
    fn pieces_that_are_joined_wrongly() {
        for (text, expected) in [
            ("http://a:8000,http://b:8000", Some(Shape::Several)),
            ("http://a:8000, http://b:8000", Some(Shape::Several)),
            ("redis://a:6379;redis://b:6379", Some(Shape::Several)),
            ("postgres://app:pw@a/x,postgres://app:pw@b/x", Some(Shape::Several)),
            ("http://a:8000 http://b:8000", Some(Shape::Several)),
            ("postgres://app:pw@db/shop&sslmode=require", Some(Shape::NoQuestionMark("sslmode"))),
            ("postgres://app:pw@db/shop&schema=public&sslmode=require", Some(Shape::NoQuestionMark("schema"))),
            ("postgres://app:pw@db/shop sslmode=require", Some(Shape::Space)),
            ("postgres://app:pw@db/shop? sslmode=require", Some(Shape::Space)),
            ("postgres://app:pw@db/shop ?sslmode=require", Some(Shape::Space)),
            ("postgres://app:pw@db/shop?schema=public& sslmode=require", Some(Shape::Space)),
            ("postgres://app:pw@a:5432,b:5432/shop?sslmode=require", None),
            ("postgres://app:p&sslmode=x@db/shop", None),
            ("postgres://app:pw@db/a&b", None),
            ("postgres://app:pw@db/shop?options=-c%20search_path%3Dx&sslmode=require", None),
            ("http://a/?next=x,http://b", None),
            ("http://a/path/http://b", None),
            ("mysql://mysql://app:pw@db/x", Some(Shape::Nested)),
            ("https://https://a/x", Some(Shape::Nested)),
            ("redis://http://cache", Some(Shape::Nested)),
            ("amqp://app:pw@amqp://app:pw@mq/x", Some(Shape::Nested)),
            ("amqp://app:amqp://app:pw@mq/x@mq/x", Some(Shape::Nested)),
            ("postgres://app:pw@postgres://db/x", Some(Shape::Nested)),
            ("redis://:pw@cache/redis://cache", Some(Shape::Nested)),
            ("nats://a:4222,nats://b:4222", Some(Shape::Several)),
            ("amqp://app:pw@mq/x?next=amqp://mq", None),
            ("mysql://app:pw@mysql/mysql", None),
            ("redis://:http://@cache", None),
            ("https://web.archive.org/web/2020/http://b", None),
            ("jdbc:postgresql://a:5432,b:5432/shop?user=app", None),
            ("hunter2", None),
        ] {
            assert_eq!(Shape::of(text), expected, "{text}");
        }
    }
}
