//! A value by itself: pasted, piped, templated or encoded once too often; and when that matters.

use super::about::{About, FindingAbout};
use super::clients::Family;
use super::intent::Intent;
use super::messages;
use super::rows::{DEFAULT, SHORT};
use super::values::{self, Flaw};
use crate::cause::Cause;
use crate::finding::{Finding, Severity};
use crate::findings::context::Reading;
use crate::outcome::{Detail, Fault, ValueDetail};
use crate::scheme::Schemes;
use crate::url::LONGEST;

/// Causes that a flaw of a value explains: without one of them a value that works is left alone.
pub(super) fn explains(fault: Option<&Fault>) -> bool {
    fault.is_some_and(|fault| {
        matches!(
            fault.cause,
            Cause::PasswordRejected
                | Cause::LoginRejected
                | Cause::NoSuchDatabase
                | Cause::DnsNotFound
                | Cause::UrlMalformed
                | Cause::UrlPasswordUnencoded
                | Cause::UrlPasswordDoubled
                | Cause::SecretWhitespace
                | Cause::SecretTooWeak
                | Cause::VariableInvalid
                | Cause::FileInvalid
        )
    })
}

const UNLESS: &str = "remove it where the value is set (--from-env-file keeps quotes and spaces), unless the other \
                      side stores the same value";

const SDK: &str = "nothing, if the app reads the secret by this name through the SDK of its cloud; otherwise set the value from \
                   a Secret";

/// What is wrong with a value, whatever it is for.
///
/// `listed`: the variable stands for itself, as the app has it. `unproven`: nobody logged in with it.
pub(super) fn value<'a>(
    reading: &'a Reading,
    fault: Option<&Fault>,
    listed: bool,
    unproven: bool,
    schemes: Schemes,
) -> Vec<FindingAbout<'a>> {
    let text = reading.text.expose();
    let name = reading.variable.as_deref();
    let secret = reading.key == "password" || (listed && name.is_some_and(values::names_secret));
    let is_url = Family::of(values::bare(text), schemes).is_some();
    let flaw = values::flaw(text, name)
        .or_else(|| is_url.then(|| messages::placeholder_in(text)).flatten())
        .or_else(|| (is_one_value(reading, fault, secret)).then(|| values::flaw_of_one(text)).flatten());
    // Files of certificates end in a newline, as every text file does.
    let of_pem = fault.is_some_and(|fault| fault.detail == Some(Detail::Value(ValueDetail::NotPem)));
    let flaw = flaw.filter(|flaw| !(of_pem && matches!(flaw, Flaw::White(_))));
    let mut found = Vec::new();
    if flaw.is_none() {
        found.extend(encoded_twice(reading, fault, listed && secret));
    }
    if let Some(flaw) = flaw {
        // A login that works shows that the value is what the server wants, odd as it is.
        let matters = match &flaw {
            Flaw::White(_) | Flaw::Quoted | Flaw::Curly => (listed && (secret || is_url)) || explains(fault),
            Flaw::Unexpanded(_) if listed && name.is_some_and(|name| values::is_template(name, text)) => false,
            // What nothing filled in is wrong wherever a check fails.
            Flaw::Unexpanded(_) | Flaw::Unresolved(_) if !reading.key.is_empty() => {
                listed || unproven || fault.is_some()
            }
            // The app may read the whole object, and pilotfish does not.
            Flaw::Json if fault.is_some_and(|fault| fault.detail == Some(Detail::Value(ValueDetail::NotRead))) => true,
            Flaw::Base64 | Flaw::Unexpanded(_) | Flaw::Unresolved(_) | Flaw::Pem(_) | Flaw::Json | Flaw::Absent => {
                listed || explains(fault)
            }
            Flaw::Placeholder => (listed && (secret || is_url)) || unproven || explains(fault),
            Flaw::ServiceLink => listed || explains(fault),
        };
        if matters {
            let mut finding = messages::flaw(&flaw, reading);
            // Nobody was asked, and the same Secret may well have made the server's password.
            let spaces = matches!(
                flaw,
                Flaw::Quoted | Flaw::Curly | Flaw::White("white space at its start" | "a space at its end")
            );
            if listed && !is_url && spaces && !explains(fault) {
                finding.severity = Severity::Warning;
                finding.fix = UNLESS.to_owned();
            }
            let read_by_app = name.is_some_and(|name| values::is_for_sdk(name, text));
            if listed && read_by_app && matches!(flaw, Flaw::Unresolved(_)) {
                finding.severity = Severity::Info;
                finding.fix = SDK.to_owned();
            }
            found.push(About::Value(reading).found(finding));
        }
    }
    let weak = name.filter(|_| listed && secret).and_then(|name| weak(name, text, &reading.origin));
    found.extend(weak.map(|finding| About::Value(reading).found(finding)));
    found
}

/// What nothing filled in or resolved in the value of a variable, in words; `None` where its app may do that itself.
#[must_use]
pub fn unresolved(name: &str, text: &str) -> Option<String> {
    match values::flaw(text, Some(name)).filter(|_| text.len() <= LONGEST)? {
        Flaw::Unresolved(store) if !values::is_for_sdk(name, text) => {
            Some(format!("it is a reference for {store}, which nothing resolved"))
        }
        Flaw::Unexpanded(what) if !values::is_template(name, text) => {
            Some(format!("it still contains {what}: nothing filled in the template"))
        }
        _ => None,
    }
}

/// Whether the value is to be one secret or one connection string: apps take JSON from a `…_SECRET` or `…_CREDENTIALS`.
fn is_one_value(reading: &Reading, fault: Option<&Fault>, secret: bool) -> bool {
    let name = reading.variable.as_deref().unwrap_or_default().to_ascii_uppercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    match reading.is_listed() {
        true if secret => !ends(&["SECRET", "CREDENTIAL", "CREDENTIALS"]) || values::signs_tokens(&name),
        true => ends(&["_URL", "_DSN", "_URI"]),
        false => {
            matches!(reading.key, "url" | "password") || fault.is_some_and(|fault| fault.cause == Cause::UrlMalformed)
        }
    }
}

/// A rejected password that reads as base64 of text; of a secret that nobody tried only one that is so twice.
fn encoded_twice<'a>(reading: &'a Reading, fault: Option<&Fault>, is_secret: bool) -> Option<FindingAbout<'a>> {
    let text = reading.text.expose();
    if is_secret && values::encoded_twice(text) {
        let message = format!("{} reads as base64 of plain text: it may have been encoded twice", reading.origin);
        let finding = messages::flaw(&Flaw::Base64, reading);
        return Some(About::Value(reading).found(Finding { message, severity: Severity::Warning, ..finding }));
    }
    fault.filter(|fault| fault.cause == Cause::PasswordRejected)?;
    let (about, part, password) = match reading.key {
        "password" => (About::Value(reading), "", text),
        "url" => (About::Password(reading), "the password in ", Intent::of(values::bare(text))?.password?),
        _ => return None,
    };
    values::hides_text(password).then(|| {
        let origin = &reading.origin;
        let message = format!("{part}{origin} is base64 of plain text, so it may be encoded twice");
        about.found(Finding { message, severity: Severity::Warning, ..messages::flaw(&Flaw::Base64, reading) })
    })
}

/// A secret that others know, or may come to know.
fn weak(name: &str, text: &str, origin: &str) -> Option<Finding> {
    const FIX: &str = "create a new one (openssl rand -base64 32), and restart everything that uses it";
    if values::is_placeholder(text) || text.is_empty() {
        return None;
    }
    if values::known_default(text) {
        return Some(DEFAULT.found(format!("{origin} is an example value that everybody knows"), FIX));
    }
    (values::signs_tokens(name) && text.trim().len() < 32).then(|| {
        let what = "has fewer than the 32 bytes that HMAC-SHA-256 requires (RFC 7518, 3.2)";
        SHORT.found(format!("{origin} {what}"), FIX)
    })
}
