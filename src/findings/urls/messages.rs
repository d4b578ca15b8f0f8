//! The words: what was seen of a value and what to do, and the cause that fits. Nothing in here shows a secret.

use super::clients::{Client, Family, Fate};
use super::intent::Intent;
use super::rows::{BASE64, JSON, MISREAD, PEM, PLACEHOLDER, QUOTED, SERVICE_LINK, UNENCODED, WHITE};
use super::values::{self, Flaw};
use super::{jdbc, percent};
use crate::finding::{Finding, Severity};
use crate::findings::context::Reading;
use crate::findings::wording::join_names;
use crate::order;

/// The finding for a flaw.
pub(super) fn flaw(flaw: &Flaw, reading: &Reading) -> Finding {
    let origin = &reading.origin;
    match flaw {
        Flaw::White(what) => WHITE.found(
            format!("{origin} has {what}"),
            "recreate it without: use printf %s instead of echo, kubectl --from-literal instead of --from-file, `|-` instead of \
             `|` in YAML",
        ),
        Flaw::Quoted => QUOTED.found(
            format!("{origin} is in quotes, which are part of the value"),
            "remove the quotes where it is set: kubectl --from-env-file and docker --env-file keep quotes",
        ),
        Flaw::Base64 => BASE64.found(
            format!("{origin} is still base64 of the URL"),
            "write the plain text under stringData, or encode it once under data",
        ),
        Flaw::Unexpanded(what) => PLACEHOLDER.found(
            format!("{origin} still contains {what}: nothing filled in the template"),
            "render the manifest with the tool that fills in ${NAME} or {{ }}; Kubernetes fills in only $(NAME), and \
             only if NAME is set before it in the same container's env",
        ),
        Flaw::Unresolved(store) => PLACEHOLDER.found(
            format!("{origin} is a reference for {store}, which nothing resolved"),
            "let the tool resolve it for this container too (a webhook or wrapper serves only the containers that it knows), or \
             set the value from a Secret",
        ),
        Flaw::Absent => {
            let finding = PLACEHOLDER.found(
                format!("{origin} is the word that programs write where a value is missing (null, undefined, None)"),
                "set the real value; if none is meant (Laravel reads null so), remove the variable",
            );
            Finding { severity: Severity::Warning, ..finding }
        }
        Flaw::Json => JSON.found(
            format!("{origin} is a whole JSON object, where one value is meant"),
            "choose the key: `property` in an ExternalSecret, `jmesPath` in the CSI driver, `:password::` behind the ARN in ECS",
        ),
        Flaw::Pem(what) => PEM.found(
            format!("{origin} {what}"),
            "unless the app repairs it, mount the PEM as a file, or set it with its line breaks (a `|` block in YAML)",
        ),
        Flaw::Curly => QUOTED.found(
            format!("{origin} has typographic quotes (“ ” ‘ ’), which are part of the value"),
            "write it without quotes, or with straight ones where the file needs them: it was copied from a text or a chat",
        ),
        Flaw::Placeholder => PLACEHOLDER.found(
            format!("{origin} is a placeholder, not the real value"),
            "write the real value where it is set, and restart the pod",
        ),
        Flaw::ServiceLink => SERVICE_LINK.found(
            format!("{origin} is the value that Kubernetes sets for a Service with that name: tcp://ADDRESS:PORT"),
            "set the variable in the pod's env, rename the Service, or set enableServiceLinks: false",
        ),
    }
}

/// A placeholder in the place of the user or the password.
pub(super) fn placeholder_in(text: &str) -> Option<Flaw> {
    let intent = Intent::of(values::bare(text))?;
    // An app that manages tasks has a user of this name.
    let named = |part: Option<&str>| part.is_some_and(|part| part.eq_ignore_ascii_case("todo"));
    let user = intent.user.filter(|user| !named(Some(user)));
    let password = intent.password.filter(|password| !(named(intent.user) && named(Some(password))));
    [user, password].into_iter().flatten().any(values::is_placeholder).then_some(Flaw::Placeholder)
}

/// What JDBC makes of a URL, and what to do.
pub(super) fn jdbc_words(misread: jdbc::Misread) -> (String, &'static str) {
    const FORM: &str = "write jdbc:postgresql://host:5432/database?user=…&password=… with a percent-encoded password";
    let (what, fix) = match misread {
        jdbc::Misread::Refused(why) => return (format!("no driver accepts the URL (No suitable driver): {why}"), FORM),
        jdbc::Misread::Escape => (
            "the URL contains a broken escape, so no driver accepts it (No suitable driver)",
            "percent-encode the user and the password: % as %25",
        ),
        jdbc::Misread::UserInHost => (
            "JDBC does not support a user and password before an `@`: they become a part of the host, or no driver \
             accepts the URL",
            FORM,
        ),
        jdbc::Misread::Plus => {
            ("the password contains a `+`, which JDBC reads as a space", "write %2B for a plus, or %20 for a space")
        }
        jdbc::Misread::Cut => {
            ("the password seems to continue after an `&`, where JDBC ends it", "write %26 for an `&` in the password")
        }
    };
    (what.to_owned(), fix)
}

pub(super) fn jdbc(misread: jdbc::Misread, origin: &str) -> Finding {
    let (what, fix) = jdbc_words(misread);
    let (row, severity) = match misread {
        jdbc::Misread::Plus | jdbc::Misread::Cut => (UNENCODED, Severity::Warning),
        jdbc::Misread::Refused(_) => (MISREAD, Severity::Error),
        jdbc::Misread::Escape | jdbc::Misread::UserInHost => (UNENCODED, Severity::Error),
    };
    Finding { severity, ..row.found(format!("{origin}: {what}"), fix) }
}

/// All clients of Redis take the last `@`; of PostgreSQL's, libpq, asyncpg and others take the first.
pub(super) fn doubled(origin: &str, family: Option<Family>) -> String {
    let what = match family {
        Some(Family::Redis) => "everything before the last `@` as the password",
        Some(Family::Postgres) | None => "the second pair as a part of the password or the host",
    };
    format!("the user and the password appear twice in {origin}: clients read {what}")
}

pub(super) fn doubled_fix(intent: &Intent<'_>) -> String {
    format!(
        "set them once: {}; either the URL contains the password, or the template that builds the URL adds it",
        intent.shown()
    )
}

/// What must be encoded, and the right form.
pub(super) fn encode_fix(intent: &Intent<'_>, known: Option<&str>) -> String {
    let odd = odd(intent, known);
    let codes: Vec<String> = odd
        .iter()
        .map(|c| {
            let code = percent::encode(c.to_string().as_bytes());
            if c.is_ascii() && !c.is_ascii_control() { format!("{} as {}", shown(*c), *code) } else { code.to_string() }
        })
        .collect();
    format!("percent-encode {} where it is set ({}): {}", part(intent), codes.join(", "), intent.shown())
}

/// Which of the two it is.
fn part(intent: &Intent<'_>) -> &'static str {
    let bad = |text: Option<&str>| text.is_some_and(|text| !percent::odd(text).is_empty());
    match (bad(intent.user), bad(intent.password)) {
        (true, false) => "the user",
        (true, true) => "the user and the password",
        (false, _) => "the password",
    }
}

fn odd(intent: &Intent<'_>, known: Option<&str>) -> Vec<char> {
    let mut odd = percent::odd(intent.password.unwrap_or_default());
    odd.extend(percent::odd(intent.user.unwrap_or_default()));
    if known.is_some() && odd.is_empty() {
        odd.push('%');
    }
    order::sort_by(&mut odd, Ord::cmp);
    odd.dedup();
    odd
}

fn shown(c: char) -> String {
    if c == ' ' { "a space".to_owned() } else { c.to_string() }
}

/// What stands there, and what each client makes of it.
pub(super) fn misread(intent: &Intent<'_>, known: Option<&str>, wrong: &[(Client, Fate)], fine: &[Client]) -> String {
    let marks: Vec<String> = odd(intent, known)
        .into_iter()
        .map(|c| match c {
            ' ' => "a space".to_owned(),
            c if c.is_ascii_graphic() => format!("`{c}`"),
            c if c.is_ascii() => "a control character".to_owned(),
            _ => "a letter outside ASCII".to_owned(),
        })
        .collect();
    let mut marks: Vec<&str> = marks.iter().map(String::as_str).collect();
    marks.dedup();
    let fates = fates(intent, wrong);
    let fine: Vec<&str> = fine.iter().map(|client| client.name()).collect();
    let rest = match fine.len() {
        0 => String::new(),
        1 => format!("; {} reads it correctly", fine[0]),
        _ => format!("; {} read it correctly", join_names(&fine)),
    };
    let colon = if fates.is_empty() { "" } else { ": " };
    format!("{} with {} unencoded{colon}{fates}{rest}", part(intent), join_names(&marks))
}

/// Which clients do what, the ones with the same fate together.
pub(super) fn fates(intent: &Intent<'_>, fates: &[(Client, Fate)]) -> String {
    let user = intent.shown_user().unwrap_or_else(|| "***".to_owned());
    let verb = |fate: Fate| match fate {
        Fate::Right => String::new(),
        Fate::Refuses => "the URL is rejected by".to_owned(),
        Fate::HostIsUser => format!("the user {user} is used as the host by"),
        Fate::OtherHost => "another host or port is used by".to_owned(),
        Fate::OtherLogin => "another user or password is sent by".to_owned(),
        Fate::OtherDatabase => "another database is requested by".to_owned(),
    };
    let order = [Fate::Refuses, Fate::HostIsUser, Fate::OtherHost, Fate::OtherLogin, Fate::OtherDatabase];
    let group = |fate: Fate| {
        let names: Vec<&str> = fates.iter().filter(|(_, own)| *own == fate).map(|(client, _)| client.name()).collect();
        (!names.is_empty()).then(|| format!("{} {}", verb(fate), join_names(&names)))
    };
    order.into_iter().filter_map(group).collect::<Vec<_>>().join("; ")
}
