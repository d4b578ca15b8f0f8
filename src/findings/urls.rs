//! Connection URLs as clients read them, and values that were pasted, piped, templated or encoded once too often.
//!
//! No finding holds a secret or a part of one: which special characters a password holds is all that is told of it. The
//! readers of the clients are emulated in `clients`; what a writer meant is told by `intent`.

mod about;
mod blame;
mod clients;
mod flawed;
mod intent;
mod jdbc;
mod keywords;
mod messages;
mod pairs;
mod params;
mod percent;
mod redis_params;
mod rows;
mod shape;
mod sites;
mod together;
mod values;
mod vhost;

use std::collections::HashSet;

use self::about::{About, FindingAbout};
use self::clients::{Fate, JudgedClients};
use self::flawed::{explains, value};
use self::intent::Intent;
use self::shape::Shape;
use self::values::Flaw;
use super::context::{Context, Reading};
use super::entry::Entry;
use crate::cause::Cause;
use crate::finding::{Finding, Severity};
use crate::outcome::{Detail, Evidence, Fault, HINT_LIMIT, Phase, ValueDetail, VariableFlaw};
use crate::scheme::{Scheme, Schemes};
use crate::url::{Endpoint, Host};

use self::rows::{
    BASE64, DOUBLED, HOST_IS_USER, JSON, KEYWORDS, MISREAD, PARAMETER, PEM, PLACEHOLDER, QUOTED, REDIS_DOUBLE,
    REDIS_USER, SCHEME, SSLMODE, STALE, UNENCODED, WHITE,
};

pub use self::blame::{Blame, as_its_client_reads, blame, blame_url, lint};
pub use self::clients::Family;
pub use self::flawed::unresolved;
pub(super) use self::rows::CODES;
pub use self::shape::nested;
pub use self::sites::is_for_browsers;
pub use self::values::{is_public_secret, known_default, names_secret, white};

/// What the values of a check show.
pub(super) fn judge(fault: Option<&Fault>, evidence: &Evidence, context: Context<'_>) -> Vec<Finding> {
    let mut known = HashSet::new();
    let all = all_findings(fault, evidence, context).into_iter().map(|about| about.finding);
    all.filter(|finding| known.insert(finding.clone())).collect()
}

fn all_findings<'a>(fault: Option<&'a Fault>, evidence: &Evidence, context: Context<'a>) -> Vec<FindingAbout<'a>> {
    let (asked, schemes) = (JudgedClients(context.clients), context.schemes);
    let mut found = Vec::new();
    for reading in context.readings.iter().filter(|reading| !reading.text.expose().is_empty()) {
        // Of a URL that nobody logged in with nothing shows that it is what the server wants.
        let logged_in = evidence.phases.iter().any(|(phase, _)| *phase >= Phase::Login);
        let unproven = fault.is_none() && reading.key == "url" && !logged_in;
        found.extend(value(reading, fault, reading.is_listed(), unproven, schemes));
        found.extend(shape::judge(reading, fault, schemes).map(|finding| About::Value(reading).found(finding)));
        found.extend(vhost::judge(reading, schemes).map(|finding| About::Value(reading).found(finding)));
        found.extend(keywords::judge(reading, context).map(|finding| About::Value(reading).found(finding)));
        let known = known_password(reading, context);
        found.extend(
            url(reading, known, evidence, asked, schemes)
                .into_iter()
                .map(|finding| About::Value(reading).found(finding)),
        );
    }
    if context.readings.iter().any(|reading| reading.key == "password") {
        // With the password in a key of its own, what stands alone in the URL is the user.
        found.retain(|one| one.finding.code != REDIS_USER.code);
    }
    let listed = context.readings.iter().filter(|reading| reading.is_listed());
    let named: Vec<(&str, &str)> =
        listed.filter_map(|reading| Some((reading.variable.as_deref()?, reading.text.expose()))).collect();
    found.extend(pairs::judge(&named, schemes).into_iter().map(|(about, finding)| about.found(finding)));
    found.extend(stale(fault));
    found.extend(host_is_user(fault, context).map(|finding| About::Check.found(finding)));
    found.extend(escaped_letter(fault, context));
    let white = |one: &FindingAbout<'_>| one.finding.code == WHITE.code;
    if found.iter().any(|one| white(one) && one.about.variable().is_some()) {
        // Of the template it is a part of nothing more is to be told.
        found.retain(|one| !white(one) || one.about.reading().is_none_or(|reading| !reading.is_template));
    }
    found
}

/// Variables that a mounted file has overtaken.
fn stale<'a>(fault: Option<&'a Fault>) -> Vec<FindingAbout<'a>> {
    let Some(Fault { detail: Some(Detail::Value(ValueDetail::Variables(broken))), cause, .. }) = fault else {
        return Vec::new();
    };
    if *cause == Cause::FileInvalid {
        return Vec::new();
    }
    let differ = broken.iter().filter_map(|variable| match &variable.flaw {
        Some(VariableFlaw::DiffersFrom(file)) => Some((variable.name.as_str(), file)),
        Some(VariableFlaw::Unset | VariableFlaw::Url(_)) | None => None,
    });
    let found = differ.map(|(name, file)| {
        About::Variable(name).found(STALE.found(
            format!("the variable {name} and {file} differ"),
            "if the Secret changed since this container started, restart the pod (kubectl rollout restart), because \
             variables are read only at start; otherwise correct the one that comes from the wrong Secret",
        ))
    });
    found.collect()
}

/// A rejected password of a URL with an escape that nobody needs: `%41` is a letter, and is read as one by every client.
fn escaped_letter<'a>(fault: Option<&Fault>, context: Context<'a>) -> Option<FindingAbout<'a>> {
    fault.filter(|fault| fault.cause == Cause::PasswordRejected)?;
    // A password beside the URL is taken as it is.
    if context.readings.iter().any(|reading| reading.key == "password") {
        return None;
    }
    let url = context.readings.iter().find(|reading| reading.key == "url")?;
    let raw = Intent::of(url.text.expose())?.password?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut escapes = raw.match_indices('%').filter_map(|(at, _)| percent::escape(&raw.as_bytes()[at..]));
    escapes.any(plain).then(|| {
        let mut finding = UNENCODED.found(
            format!(
                "the password in {} has a `%` and two hex digits that encode a plain letter or digit, and every \
                 client decodes them",
                url.origin
            ),
            "if that `%` is part of the password, write %25 for it; otherwise correct the password",
        );
        finding.severity = Severity::Warning;
        About::Password(url).found(finding)
    })
}

/// Where a URL that cannot be read as it is was meant to lead; `None` where that cannot be told, or there are several.
#[must_use]
pub fn meant(readings: &[Reading], schemes: Schemes) -> Option<Endpoint> {
    let url = readings.iter().find(|reading| reading.key == "url")?;
    let text = values::bare(url.text.expose());
    Family::of(text, schemes)?;
    let intent = Intent::of(text)?;
    let (host, port) = intent.host()?;
    let usual = schemes.stem(intent.scheme)?.default_port;
    Some(Endpoint { host, port: port.or(usual)? })
}

/// What the variables of an environment show ([`Reading::VARIABLE`] is their key), each finding with the variable that it is about;
/// nothing was dialled.
#[must_use]
pub fn judge_variables(variables: &[Reading], schemes: Schemes) -> Vec<(String, Finding)> {
    let mut found = Vec::new();
    let names: HashSet<&str> = variables.iter().filter_map(|reading| reading.variable.as_deref()).collect();
    for reading in variables {
        let Some(name) = &reading.variable else { continue };
        let text = reading.text.expose();
        // Kubernetes fills the environment with its own variables: what is no URL or secret is left alone.
        let scheme = values::bare(text).split_once("://").and_then(|(scheme, _)| schemes.stem(scheme));
        let matters = scheme.is_some_and(Scheme::is_of_server) || values::names_secret(name);
        // Of a Service's own variables only the one that stands where the app's own would.
        let own_host = name.strip_suffix("_PORT").map(|stem| format!("{stem}_HOST"));
        let linked = values::service_link(name, text) && own_host.is_some_and(|host| names.contains(host.as_str()));
        let by_itself =
            matches!(values::flaw(text, Some(name)), Some(Flaw::Base64 | Flaw::Unresolved(_) | Flaw::Pem(_)));
        if matters || linked || by_itself {
            let of_value = value(reading, None, true, false, schemes).into_iter().map(|one| one.finding);
            // Whether the app reads it nobody knows.
            let of_value = of_value.map(|finding| match linked {
                true => Finding {
                    severity: Severity::Warning,
                    fix: format!("if the app reads it: {}", finding.fix),
                    ..finding
                },
                false => finding,
            });
            found.extend(of_value.map(|finding| (name.clone(), finding)));
            found.extend(shape::judge(reading, None, schemes).map(|finding| (name.clone(), finding)));
            let of_url = url(reading, None, &Evidence::default(), JudgedClients(&[]), schemes).into_iter();
            found.extend(of_url.map(|finding| (name.clone(), finding)));
        }
    }
    let named = variables.iter().filter_map(|reading| Some((reading.variable.as_deref()?, reading.text.expose())));
    let named: Vec<(&str, &str)> = named.collect();
    for (about, finding) in pairs::judge(&named, schemes) {
        let name = match about {
            About::Variables(first) => Some(first),
            about => about.variable(),
        };
        found.push((name.unwrap_or_default().to_owned(), finding));
    }
    found
}

/// The password that the check takes beside its URL, which then replaces the URL's.
fn known_password<'a>(reading: &Reading, context: Context<'a>) -> Option<&'a str> {
    let beside = reading.key == "url";
    let password = context.readings.iter().find(|other| beside && other.key == "password")?;
    // Only one that the URL's is a form of says anything of how the URL must be read.
    let text = values::bare(reading.text.expose());
    let raw = Intent::of(text)?.password?;
    (raw == password.text.expose()).then(|| password.text.expose())
}

/// How clients read a connection URL.
fn url(
    reading: &Reading,
    known: Option<&str>,
    evidence: &Evidence,
    asked: JudgedClients<'_>,
    schemes: Schemes,
) -> Vec<Finding> {
    let text = values::bare(reading.text.expose());
    if Shape::of(text).is_some() {
        return Vec::new();
    }
    let family = Family::of(text, schemes);
    if let Some(intent) = Intent::of(text).filter(|intent| blame::doubled(intent, schemes)) {
        let row = if family == Some(Family::Redis) { REDIS_DOUBLE } else { DOUBLED };
        let fix = family.map_or_else(|| DOUBLED.remedy.to_owned(), |_| messages::doubled_fix(&intent));
        return vec![row.found(messages::doubled(&reading.origin, family), fix)];
    }
    let Some(family) = family else { return Vec::new() };
    if let Some(misread) = jdbc::misread(text) {
        return vec![messages::jdbc(misread, &reading.origin)];
    }
    let Some(intent) = Intent::of(text) else { return Vec::new() };
    let mut found = match family {
        Family::Postgres => params::judge(&intent, &reading.origin, evidence, asked),
        Family::Redis => redis_params::judge(&intent, &reading.origin),
    };
    // What keeps the place of a password is to be replaced, not to be encoded.
    let kept = values::unfilled(text).is_some() || messages::placeholder_in(text).is_some();
    if kept || values::broken(text).is_some() || text.starts_with("jdbc:") {
        return found;
    }
    if family == Family::Redis && intent.names_user_alone() {
        found.push(REDIS_USER.found(
            format!(
                "{} has no colon before the `@`, so clients send the text as the user, without a password",
                reading.origin
            ),
            format!("if the text is the password, write a colon before it: {}://:***@…", intent.scheme),
        ));
        return found;
    }
    found.extend(misreadings(&intent, text, family, known, &reading.origin, asked));
    found
}

/// Each client's fate, and whether the encoding of user and password is why.
fn misreadings(
    intent: &Intent<'_>,
    text: &str,
    family: Family,
    known: Option<&str>,
    origin: &str,
    asked: JudgedClients<'_>,
) -> Vec<Finding> {
    if is_plain(text) || overridden(intent) || intent.host().is_none() {
        return Vec::new();
    }
    let right = intent.encoded(known);
    let clients = family.judged(intent.scheme, asked);
    let (mut wrong, mut fine, mut other) = (Vec::new(), Vec::new(), Vec::new());
    for client in clients {
        match (client.fate(text, intent, known), client.fate(&right, intent, known)) {
            (Fate::Right, _) => fine.push(client),
            (fate, Fate::Right) => wrong.push((client, fate)),
            (fate, _) => other.push((client, fate)),
        }
    }
    let mut found = Vec::new();
    if !wrong.is_empty() {
        let mut finding = UNENCODED.found(
            format!("{origin}: {}", messages::misread(intent, known, &wrong, &fine)),
            messages::encode_fix(intent, known),
        );
        // Where most clients read it well, it may well be that the app's does.
        if wrong.len() <= fine.len() {
            finding.severity = Severity::Warning;
        }
        found.push(finding);
    }
    if !other.is_empty() {
        found.push(MISREAD.found(format!("{origin}: {}", messages::fates(intent, &other)), MISREAD.remedy));
    }
    found
}

/// Whether it is `postgres://user:password@host:port/database` of letters and digits alone: every client reads such a URL as it is
/// meant, and most URLs are such.
fn is_plain(text: &str) -> bool {
    let word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let parts = || {
        let (scheme, rest) = text.split_once("://")?;
        let (login, place) = rest.split_once('@')?;
        let (user, password) = login.split_once(':')?;
        let (address, database) = place.split_once('/')?;
        let (host, port) = address.split_once(':').unwrap_or((address, "5432"));
        // A label of digits is taken for an address, and `xn--` for an encoded one.
        let label = |text: &str| {
            word(text) && !text.ends_with('-') && text.starts_with(|first: char| first.is_ascii_lowercase())
        };
        let named = host.split('.').all(label) && !host.contains("--");
        let numbered = !port.starts_with(['0', '+']) && port.parse::<u16>().is_ok();
        let words = word(user) && word(password) && word(database);
        Some(matches!(scheme, "postgres" | "postgresql") && named && numbered && words)
    };
    parts().unwrap_or(false)
}

/// Whether parameters stand above what the URL says elsewhere: each client has its own order there.
fn overridden(intent: &Intent<'_>) -> bool {
    ["host", "hostaddr", "port", "user", "username", "password", "dbname", "database", "db"]
        .iter()
        .any(|name| intent.param(name).is_some())
}

/// An unresolvable host that is the user's name: how `postgres://app:12/…@db` is read by most.
fn host_is_user(fault: Option<&Fault>, context: Context<'_>) -> Option<Finding> {
    fault.filter(|fault| matches!(fault.cause, Cause::DnsNotFound | Cause::DnsNoAddress))?;
    let text =
        |key: &str| context.readings.iter().find(|reading| reading.key == key).map(|reading| reading.text.expose());
    let url = text("url").and_then(Intent::of);
    let user = text("user").or_else(|| url.and_then(|url| url.user)).filter(|user| !user.is_empty())?;
    let [endpoint] = context.endpoints else { return None };
    let Host::Name(host) = &endpoint.host else { return None };
    (host.eq_ignore_ascii_case(user)).then(|| {
        HOST_IS_USER.found(
            format!(
                "the host {host}, which does not resolve, is also the user name: clients read a URL like this if \
                     its password is not percent-encoded"
            ),
            "percent-encode the password in the URL that host and user come from: / as %2F, @ as %40, # as %23, ? as \
             %3F",
        )
    })
}

/// The hint of a fault that a value explains.
pub(super) fn hint(fault: &Fault, context: Context<'_>) -> Option<String> {
    if !explains(Some(fault)) {
        return None;
    }
    let listed = context.readings.iter().any(Reading::is_listed);
    let mut found = all_findings(Some(fault), &Evidence::default(), context);
    found.retain(|one| explains_it(one, fault) && is_of_the_fault(one.about, fault, listed));
    let Some(FindingAbout { finding, about }) = found.into_iter().next() else { return encoded_beside(fault, context) };
    // The message of these faults says already what was seen; of one of many variables the hint names which.
    let said = matches!(
        fault.cause,
        Cause::UrlPasswordUnencoded | Cause::UrlPasswordDoubled | Cause::SecretWhitespace | Cause::SecretTooWeak
    );
    Some(match about {
        _ if said && !listed => finding.fix,
        About::Value(Reading { origin, .. }) if fault.cause == Cause::UrlPasswordUnencoded => {
            format!("{origin}: {}", finding.fix)
        }
        _ => {
            let text = format!("{}; {}", finding.message, finding.fix);
            // What is to be done goes before what was seen: the finding itself has both.
            if text.len() <= HINT_LIMIT { text } else { finding.fix }
        }
    })
}

/// The hint of a secret that does not fit the other side's, if its text shows why: a reference, a placeholder, quotes.
#[must_use]
pub fn secret_hint(context: &Context<'_>) -> Option<String> {
    let mut secrets = context.readings.iter().filter(|reading| reading.key == Reading::SECRET || reading.is_listed());
    secrets.find_map(|reading| {
        let text = reading.text.expose();
        let flaw = values::flaw(text, reading.variable.as_deref()).or_else(|| values::flaw_of_one(text))?;
        let Finding { message, fix, .. } = messages::flaw(&flaw, reading);
        let text = format!("{message}; {fix}");
        Some(if text.len() <= HINT_LIMIT { text } else { fix })
    })
}

/// Whether what was found explains a fault of this cause.
fn explains_it(one: &FindingAbout<'_>, fault: &Fault) -> bool {
    let finding = &one.finding;
    let is_one_of = |rows: &[Entry]| rows.iter().any(|row| row.code == finding.code);
    // What is only worth knowing, or concerns other clients, did not make the check fail: the cause's own fix counts.
    if finding.severity == Severity::Info || is_one_of(&[PARAMETER, KEYWORDS, SCHEME, SSLMODE]) {
        return false;
    }
    let own = super::entry(finding.code).is_some_and(|entry| entry.cause == fault.cause);
    own || match fault.cause {
        // A rejected password is explained by what is wrong with the password alone.
        Cause::PasswordRejected => {
            is_one_of(&[WHITE, QUOTED, BASE64, PLACEHOLDER, JSON, PEM, DOUBLED, REDIS_DOUBLE])
                || matches!(one.about, About::Password(_))
        }
        Cause::LoginRejected => is_one_of(&[WHITE, PLACEHOLDER]),
        Cause::NoSuchDatabase => {
            is_one_of(&[WHITE, PLACEHOLDER]) || (is_one_of(&[MISREAD]) && finding.severity == Severity::Error)
        }
        Cause::DnsNotFound => is_one_of(&[HOST_IS_USER, PLACEHOLDER]),
        _ => true,
    }
}

/// Whether it is about the value that the fault names, where it names one; what is wrong with another one is no help.
fn is_of_the_fault(about: About<'_>, fault: &Fault, listed: bool) -> bool {
    let detail = match &fault.detail {
        Some(Detail::Value(detail)) => Some(detail),
        _ => None,
    };
    match (listed, detail) {
        // The variable that the fault names first.
        (true, Some(ValueDetail::Variables(broken))) => {
            broken.first().is_some_and(|first| about.variable() == Some(&first.name))
        }
        (true, _) => false,
        (false, _) if fault.cause != Cause::VariableInvalid => true,
        (false, detail) => {
            let key = match detail {
                Some(ValueDetail::Key(key)) => key,
                _ => "",
            };
            about.reading().is_some_and(|reading| reading.key == key || reading.key.is_empty())
        }
    }
}

/// A rejected password that was percent-encoded although it stands beside the URL, where it is taken as it is.
fn encoded_beside(fault: &Fault, context: Context<'_>) -> Option<String> {
    let mut readings = context.readings.iter().filter(|_| fault.cause == Cause::PasswordRejected);
    let password = readings.find(|reading| reading.key == "password")?;
    let text = password.text.expose();
    let encoded = text.contains('%') && percent::odd(text).is_empty();
    encoded.then(|| {
        format!(
            "{} is percent-encoded, but `password` is used unchanged. Write it decoded; if its `%` are part of the \
             password, the password itself is wrong.",
            password.origin
        )
    })
}

#[cfg(test)]
mod tests;
