//! What is to blame where a connection URL cannot be used: the cause that fits, for the checks that read one.

use super::clients::{Family, Fate};
use super::intent::Intent;
use super::shape::Shape;
use super::values::{self, Flaw};
use super::{jdbc, messages, percent};
use crate::cause::Cause;
use crate::outcome::{Detail, Fault, Phase, ValueDetail};
use crate::scheme::{Scheme, Schemes, without_jdbc};
use crate::secret::Secret;
use crate::url::{Url, UrlError, too_long};

/// What is wrong with a value that is to be a connection URL: the cause that fits, and what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blame {
    /// `secret_whitespace`, `url_password_doubled`, `url_password_unencoded`, `url_malformed`; `probe_limit` where it may be
    /// right for the app.
    pub cause: Cause,
    /// In words, without the text.
    pub message: String,
    /// The same for the fault; `None` where cause and message say all.
    pub detail: Option<ValueDetail>,
}

impl Blame {
    /// Any flaw that is of this cause.
    pub fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self { cause, message: message.into(), detail: None }
    }

    /// A URL that cannot be read, for any other reason than those above.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(Cause::UrlMalformed, message)
    }

    /// A URL that cannot be used for this reason: malformed, unless the limit is ours.
    pub fn with_detail(detail: Option<ValueDetail>, message: impl Into<String>) -> Self {
        let is_limit = detail.as_ref().is_some_and(ValueDetail::is_limit);
        let cause = if is_limit { Cause::ProbeLimit } else { Cause::UrlMalformed };
        Self { cause, message: message.into(), detail }
    }

    /// The fault of the URL that comes from there (`the variable DATABASE_URL`).
    #[must_use]
    pub fn fault(self, origin: &str) -> Fault {
        let Self { cause, message, detail } = self;
        let fault = Fault::new(Phase::Assert, cause, format!("the URL from {origin}: {message}"));
        Fault { detail: detail.map(Detail::Value), ..fault }
    }
}

impl From<UrlError> for Blame {
    fn from(error: UrlError) -> Self {
        Self::with_detail(error.detail(), error.to_string())
    }
}

/// Whether the URL of a server that apps log in to has its password twice.
pub(super) fn doubled(intent: &Intent<'_>, schemes: Schemes) -> bool {
    schemes.stem(intent.scheme).is_some_and(Scheme::is_of_server) && intent.doubled().is_some()
}

/// What is wrong with the URL of a server whatever reads it, and, where `unread`, with one that our own reader
/// refuses; `None` where nothing is known to be.
#[must_use]
pub fn blame(text: &str, unread: bool, schemes: Schemes) -> Option<Blame> {
    if let Some(error) = too_long(text) {
        return Some(error.into());
    }
    match values::flaw(text, None) {
        Some(Flaw::White(what)) => {
            return Some(Blame::new(Cause::SecretWhitespace, format!("it has {what}")));
        }
        Some(Flaw::Quoted | Flaw::Curly) => {
            return Some(Blame::malformed("it is in quotes, which are part of the value"));
        }
        Some(Flaw::Base64) => return Some(Blame::malformed("it is still base64 of the URL")),
        Some(Flaw::Unexpanded(what)) if unread => return Some(unfilled(&what)),
        Some(Flaw::Placeholder) if unread => return Some(Blame::malformed("it is a placeholder")),
        Some(Flaw::Unresolved(store)) if unread => {
            return Some(Blame::malformed(format!("it is a reference for {store}, which nothing resolved")));
        }
        Some(_) | None => {}
    }
    // Some readers take such a text, and none as it is meant.
    if let Some(shape) = Shape::of(text).filter(|shape| unread || *shape == Shape::Nested) {
        return Some(Blame::malformed(format!("it {}", shape.words().0)));
    }
    match values::flaw_of_one(text).filter(|_| unread) {
        // Apps may take the login out of it.
        Some(Flaw::Json) => {
            return Some(Blame::with_detail(
                Some(ValueDetail::NotRead),
                "it is a whole JSON object, which is not read",
            ));
        }
        Some(_) => return Some(Blame::malformed("it is a word for a value that is not there, where a URL belongs")),
        None => {}
    }
    let intent = Intent::of(text)?;
    if doubled(&intent, schemes) {
        return Some(Blame::new(Cause::UrlPasswordDoubled, "the user and the password appear twice"));
    }
    let family = Family::of(text, schemes)?;
    let odd = |text: Option<&str>| !percent::odd(text.unwrap_or_default()).is_empty();
    if !unread || !(odd(intent.password) || odd(intent.user)) {
        return None;
    }
    unencoded(family, &intent, text).map(|message| Blame::new(Cause::UrlPasswordUnencoded, message))
}

/// [`blame`], and of a family's JDBC URLs, which our own reader does not read, what [`lint`] says.
#[must_use]
pub fn blame_url(text: &str, unread: bool, schemes: Schemes) -> Option<Blame> {
    let of_jdbc = Family::of(text, schemes).filter(|_| without_jdbc(text) != text);
    of_jdbc.map_or_else(|| blame(text, unread, schemes), |family| lint(text, family, schemes))
}

/// A URL that one client alone reads (`postgresql+asyncpg://`, `ecto://`), with user and password percent-encoded: such
/// clients take many characters as they are. `None` for any other URL, and where its client misreads it, too.
#[must_use]
pub fn as_its_client_reads(text: &str, schemes: Schemes) -> Option<Secret> {
    let family = Family::of(text, schemes)?;
    let intent = Intent::of(text).filter(|intent| family.is_of_one(intent.scheme))?;
    let alike = unencoded(family, &intent, text).is_none();
    alike.then(|| Secret::new(intent.encoded(None).to_string()))
}

/// What is wrong with a connection URL, judged as strictly as its strictest client does; `None` where all read it alike.
#[must_use]
pub fn lint(text: &str, family: Family, schemes: Schemes) -> Option<Blame> {
    if let Some(error) = too_long(text) {
        return Some(error.into());
    }
    let jdbc = text.starts_with("jdbc:");
    let by_parameter = Intent::of(text).is_some_and(|intent| intent.hosts.is_empty() && intent.param("host").is_some());
    let socket = by_parameter || text.contains("@%2F") || text.contains("://%2F");
    let read = if jdbc || socket { Ok(()) } else { Url::parse(text).map(|_| ()) };
    let read = read.or_else(|error| as_its_client_reads(text, schemes).map(drop).ok_or(error));
    if let Some(blame) = blame(text, read.is_err(), schemes) {
        return Some(blame);
    }
    if let Some(shape) = Shape::of(text) {
        return Some(Blame::malformed(format!("it {}", shape.words().0)));
    }
    if Family::of(text, schemes) != Some(family) {
        return Some(Blame::malformed(format!("it is not a URL that starts with {}", family.schemes(schemes))));
    }
    if let Err(error) = read {
        return Some(error.into());
    }
    let sure = |misread: &jdbc::Misread| !matches!(misread, jdbc::Misread::Plus | jdbc::Misread::Cut);
    if let Some(misread) = jdbc::misread(text).filter(sure) {
        let refused = matches!(misread, jdbc::Misread::Refused(_));
        let cause = if refused { Cause::UrlMalformed } else { Cause::UrlPasswordUnencoded };
        return Some(Blame::new(cause, messages::jdbc_words(misread).0));
    }
    let intent = Intent::of(text).filter(|_| !jdbc)?;
    if family == Family::Redis && intent.names_user_alone() {
        let message = "it has no colon before the `@`, so clients send the text as the user, without a password";
        return Some(Blame::malformed(message));
    }
    // The braces of `${NAME}` are not a password's.
    let why = |message| {
        values::unexpanded(text)
            .map_or_else(|| Blame::new(Cause::UrlPasswordUnencoded, message), |what| unfilled(&what))
    };
    unencoded(family, &intent, text).map(why)
}

fn unfilled(what: &str) -> Blame {
    Blame::malformed(format!("it still contains {what}: nothing filled in the template"))
}

/// What the clients make of user and password that are not encoded; `None` where all read them as they are meant.
fn unencoded(family: Family, intent: &Intent<'_>, text: &str) -> Option<String> {
    let right = intent.encoded(None);
    let (mut wrong, mut fine) = (Vec::new(), Vec::new());
    for &client in family.clients(intent.scheme) {
        match (client.fate(text, intent, None), client.fate(&right, intent, None)) {
            (Fate::Right, _) => fine.push(client),
            (fate, Fate::Right) => wrong.push((client, fate)),
            _ => {}
        }
    }
    (!wrong.is_empty()).then(|| messages::misread(intent, None, &wrong, &fine))
}
