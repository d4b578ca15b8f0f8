//! The rungs of TLS and login.

use std::time::UNIX_EPOCH;

use crate::cli::diagnose::rung::Rung;
use crate::cli::diagnose::view::View;
use crate::cli::sheet::Mark;
use crate::outcome::{AUTH_METHOD, Certificate, Facts, Phase, ROLE, SERVER_VERSION, URL_DIALECT};
use crate::timestamp::rfc3339_unix;

/// More names of a certificate are counted.
const NAMES: usize = 8;
const DAY: i64 = 86_400;

/// The TLS handshake, with the certificates that were seen, also where they were not accepted.
pub(super) fn tls(view: View<'_>) -> Rung {
    let facts = &view.outcome().evidence.facts;
    let took = view.took(Phase::Tls);
    let mut rung = match &view.outcome().failure {
        Some(failure) if failure.phase == Phase::Tls => {
            Rung::new("tls", view.mark_of_failure(), format!("{}{took}", failure.cause.slug()))
        }
        _ if facts.tls_version.is_some() && facts.tls_verified == Some(false) => {
            let said = format!("{}, but the certificate was not verified{took}", session(facts));
            Rung::new("tls", Mark::Warn, said)
        }
        _ if facts.tls_version.is_some() => Rung::new("tls", Mark::Good, format!("{}{took}", session(facts))),
        Some(failure) if view.dials() && (failure.phase < Phase::Tls || !view.dialled()) => {
            Rung::new("tls", Mark::Idle, "not reached")
        }
        _ if !view.dialled() => Rung::new("tls", Mark::Idle, "none"),
        _ => Rung::new("tls", Mark::Idle, "none: the connection is in plain text"),
    };
    let now = view.outcome().started_at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    for (index, certificate) in facts.certificates.iter().enumerate() {
        shown(&mut rung, certificate, index, i64::try_from(now).unwrap_or(i64::MAX));
    }
    rung
}

fn session(facts: &Facts) -> String {
    let cipher = facts.tls_cipher.map(|cipher| format!(", {cipher}")).unwrap_or_default();
    let alpn = facts.tls_alpn.as_ref().map(|alpn| format!(", {alpn}")).unwrap_or_default();
    format!("{}{cipher}{alpn}", facts.tls_version.unwrap_or_default())
}

fn shown(rung: &mut Rung, certificate: &Certificate, index: usize, now: i64) {
    let Certificate { subject, issuer, names, not_before, not_after } = certificate;
    let which = if index == 0 { "certificate" } else { "issuer certificate" };
    rung.add(None, format!("{which}: {subject}, issued by {issuer}"));
    let (mark, days) = match () {
        () if now < *not_before => (Some(Mark::Bad), format!("not valid before {}", rfc3339_unix(*not_before))),
        () if now > *not_after => (Some(Mark::Bad), format!("expired {} days ago", (now - not_after) / DAY)),
        () => (None, format!("valid for {} more days", (not_after - now) / DAY)),
    };
    if index == 0 && !names.is_empty() {
        let more = names.len().saturating_sub(NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        rung.add(None, format!("covers {}{more}", names[..names.len().min(NAMES)].join(", ")));
    }
    rung.add(mark, format!("{days} (until {})", rfc3339_unix(*not_after)));
}

/// Greeting and authentication.
pub(super) fn login(view: View<'_>) -> Rung {
    let facts = &view.outcome().evidence.facts;
    let took = view.took(Phase::Login);
    if let Some(why) = view.done.planned.check.stops_short() {
        return Rung::new("login", Mark::Idle, format!("not tried: {why}"));
    }
    let mut rung = match &view.outcome().failure {
        Some(failure) if failure.phase == Phase::Login => {
            Rung::new("login", view.mark_of_failure(), format!("{}{took}", failure.cause.slug()))
        }
        Some(failure) if view.dials() && (failure.phase < Phase::Login || !view.dialled()) => {
            Rung::new("login", Mark::Idle, "not reached")
        }
        _ if view.went_through(Phase::Login) => {
            let login = match facts.own_text(AUTH_METHOD) {
                Some("none") => "accepted without a password".to_owned(),
                Some(method) => format!("logged in with {method}"),
                None => "logged in".to_owned(),
            };
            Rung::new("login", Mark::Good, format!("{login}{took}"))
        }
        _ => Rung::new("login", Mark::Idle, format!("none: checks of kind {} do not log in", view.done.planned.kind)),
    };
    let version = facts.own_text(SERVER_VERSION).map(|version| format!("server version {version}"));
    let role = facts.own_text(ROLE).map(|role| format!("role {role}"));
    let known: Vec<String> = version.into_iter().chain(role).collect();
    if !known.is_empty() {
        rung.add(None, known.join(", "));
    }
    if let Some(client) = facts.own_text(URL_DIALECT) {
        rung.add(None, format!("the URL has the form of {client}"));
    }
    rung
}
