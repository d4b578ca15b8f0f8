//! What a verifier makes of a token: algorithm, key, signature, issuer, audience; and its times, which are findings.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::hint::code;
use super::jwt::{self, Jwt};
use crate::cause::Cause;
use crate::check::jwk::verify::{Unverified, verifies_hmac};
use crate::check::jwk::{Alg, Jwk, names};
use crate::check::provider::coded_fault;
use crate::check::provider::shown;
use crate::check::slip::{self, Slip};
use crate::finding::Finding;
use crate::findings::keys::{TOKEN_EXPIRED, TOKEN_NOT_YET_VALID, TOKEN_SHORT_SECRET};
use crate::outcome::{Fault, clean_text};
use crate::secret::Secret;
use crate::timestamp::rfc3339_unix;

/// How far clocks may be apart, in seconds.
const LEEWAY: i64 = 5;
/// The most keys that are tried for a token that names none.
const TRIED: usize = 16;
/// The longest algorithm that is shown.
const SHOWN: usize = 16;

/// What the verifier verifies with.
pub(super) enum Key {
    Secret(Secret),
    Set(Vec<Jwk>),
}

/// The settings of a verifier, and the token.
pub(super) struct Verifier {
    pub(super) token: Option<Secret>,
    pub(super) algs: Vec<Alg>,
    pub(super) issuer: Option<Secret>,
    pub(super) audience: Option<Secret>,
}

/// What it comes to.
pub(super) struct Judged {
    pub(super) result: Result<(), Fault>,
    pub(super) findings: Vec<Finding>,
    /// The algorithm of the token, if it is known.
    pub(super) alg: Option<Alg>,
    /// Whether it names an audience, and none is demanded.
    pub(super) is_audience_unjudged: bool,
}

/// What is wrong, what it is about, and the cause.
type Wrong = (Cause, &'static str, String);

fn rejected(code: &'static str, text: impl Into<String>) -> Wrong {
    (Cause::TokenRejected, code, text.into())
}

impl Verifier {
    pub(super) fn judge(&self, key: &Key, now: i64) -> Judged {
        let mut findings = Vec::new();
        let mut wrong = Vec::new();
        let mut found = None;
        let mut names_audience = false;
        match self.token.as_ref().map(|token| jwt::read(token.expose())) {
            None => wrong.extend(self.settings(key).err()),
            Some(Err(why)) => wrong.push(rejected(code::SHAPE, format!("the token cannot be read: {why}"))),
            Some(Ok(token)) => {
                found = Alg::named(&token.alg);
                wrong.extend(self.signature(key, &token).err());
                wrong.extend(self.claims(&token));
                findings.extend(times(&token, now));
                names_audience = !token.audiences().is_empty();
            }
        }
        let used = found.map_or_else(|| self.algs.clone(), |alg| vec![alg]);
        findings.extend(used.into_iter().find_map(|alg| short(key, alg)));
        let mut wrong = wrong.into_iter();
        let result = wrong.next().map_or(Ok(()), |(cause, code, text)| {
            let all = wrong.fold(text.clone(), |all, (_, _, more)| format!("{all}; {more}"));
            Err(coded_fault(cause, code, all).stating(text))
        });
        Judged { result, findings, alg: found, is_audience_unjudged: names_audience && self.audience.is_none() }
    }

    /// Whether the key can verify what is allowed.
    fn settings(&self, key: &Key) -> Result<(), Wrong> {
        let allowed = names(&self.algs);
        match key {
            Key::Secret(_) if self.algs.iter().any(|alg| alg.is_symmetric()) => Ok(()),
            Key::Secret(_) => Err(rejected(
                code::NEEDS_SET,
                format!("the verifier allows {allowed}, which no shared secret verifies"),
            )),
            Key::Set(_) if self.algs.iter().all(|alg| alg.is_symmetric()) => {
                Err(rejected(code::NEEDS_SECRET, format!("the verifier allows {allowed}, which no key set verifies")))
            }
            Key::Set(keys) if keys.iter().any(|key| key.verifies_any(&self.algs)) => Ok(()),
            Key::Set(keys) => Err(rejected(
                if keys.iter().all(|key| key.algs.is_empty()) { code::KEY } else { code::ALG },
                format!("the verifier allows {allowed}, and the key set is for {}", algs_of(keys)),
            )),
        }
    }

    /// Whether algorithm, key and signature fit.
    fn signature(&self, key: &Key, token: &Jwt) -> Result<(), Wrong> {
        let name = clean_text(&token.alg, SHOWN);
        if token.alg.eq_ignore_ascii_case("none") || token.alg.is_empty() {
            return Err(rejected(code::UNSIGNED, "the token is not signed (alg none)"));
        }
        let alg = Alg::named(&token.alg);
        let Some(alg) = alg.filter(|alg| self.algs.is_empty() || self.algs.contains(alg)) else {
            let allowed = if self.algs.is_empty() { "no such algorithm".to_owned() } else { names(&self.algs) };
            // Where the key is of the other kind, to allow the algorithm does not help, or opens the verifier to forgery.
            let code = match (key, Alg::named(&token.alg).map(Alg::is_symmetric)) {
                (Key::Secret(_), Some(false)) => code::NEEDS_SET,
                (Key::Set(_), Some(true)) => code::NEEDS_SECRET,
                _ => code::ALG,
            };
            return Err(rejected(code, format!("the token is signed with {name}, and the verifier allows {allowed}")));
        };
        match key {
            Key::Secret(_) if !alg.is_symmetric() => Err(rejected(
                code::NEEDS_SET,
                format!("the token is signed with {name}, which no shared secret verifies"),
            )),
            Key::Secret(secret) => by_secret(alg, secret, token),
            Key::Set(_) if alg.is_symmetric() => {
                Err(rejected(code::NEEDS_SECRET, format!("the token is signed with {name}, which no key set verifies")))
            }
            Key::Set(keys) => by_set(alg, keys, token),
        }
    }

    /// Whether issuer and audience are those that are demanded.
    fn claims(&self, token: &Jwt) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        if let Some(wanted) = self.issuer.as_ref().map(Secret::expose) {
            let issuer = token.claims["iss"].as_str();
            if issuer != Some(wanted) {
                wrong.push(rejected(code::ISSUER, differs("issuer", "iss", issuer, wanted)));
            }
        }
        if let Some(wanted) = self.audience.as_ref().map(Secret::expose) {
            let audiences = token.audiences();
            if !audiences.contains(&wanted) {
                wrong.push(rejected(code::AUDIENCE, differs("audience", "aud", audiences.first().copied(), wanted)));
            }
        }
        wrong
    }
}

/// How a claim differs from what is demanded. Of both, URLs alone are shown.
fn differs(what: &str, claim: &str, came: Option<&str>, wanted: &str) -> String {
    let is_url = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    match came {
        None => format!("the token names no {what} ({claim}), and the verifier demands one"),
        Some(came) if came.trim_end_matches('/') == wanted.trim_end_matches('/') => {
            format!("the {what} of the token and that of the verifier differ in their final slash")
        }
        Some(came) if is_url(came) && is_url(wanted) => {
            format!("the {what} of the token is {}, and the verifier demands {}", shown(came), shown(wanted))
        }
        Some(came) if is_url(came) => {
            format!("the {what} of the token is {}, and the verifier demands another", shown(came))
        }
        Some(_) => format!("the {what} ({claim}) of the token is not the one that the verifier demands"),
    }
}

fn by_secret(alg: Alg, secret: &Secret, token: &Jwt) -> Result<(), Wrong> {
    let fits = |secret: &[u8]| verifies_hmac(alg, secret, token.signed.as_bytes(), &token.signature);
    let text = secret.expose();
    if fits(text.as_bytes()) {
        return Ok(());
    }
    if let Some(slip) = slip::find(text, |text| fits(text.as_bytes())) {
        let text = format!("the signature fits the secret {}", slip.as_str());
        return Err(match slip {
            Slip::Quotes => rejected(code::QUOTES, text),
            Slip::Space | Slip::Line => (Cause::SecretWhitespace, code::SPACE, text),
        });
    }
    let bare = text.trim();
    let decoded = STANDARD.decode(bare).or_else(|_| URL_SAFE_NO_PAD.decode(bare)).ok();
    match decoded.is_some_and(|bytes| fits(&bytes)) {
        true => {
            Err(rejected(code::BASE64, "the signature fits the bytes that the secret is the base64 of, not its text"))
        }
        false => Err(rejected(code::SECRET, "the signature of the token was made with another secret")),
    }
}

fn by_set(alg: Alg, keys: &[Jwk], token: &Jwt) -> Result<(), Wrong> {
    let fitting: Vec<&Jwk> = keys.iter().filter(|key| key.algs.contains(&alg)).collect();
    if fitting.is_empty() {
        let text = format!("the token is signed with {}, and the key set is for {}", alg.as_str(), algs_of(keys));
        return Err(rejected(code::KEY, text));
    }
    let named = |key: &&Jwk| token.kid.is_none() || key.kid == token.kid;
    let named: Vec<&Jwk> = fitting.into_iter().filter(named).collect();
    if named.is_empty() {
        return Err(rejected(code::KEY, "the key set has no key with the kid of the token"));
    }
    let mut unknown = false;
    for key in named.into_iter().take(TRIED) {
        match key.verify(alg, token.signed.as_bytes(), &token.signature) {
            Ok(()) => return Ok(()),
            Err(Unverified::Unknown) => unknown = true,
            Err(Unverified::Wrong) => {}
        }
    }
    match unknown {
        true => Err((
            Cause::ProbeLimit,
            code::LIMIT,
            format!("pilotfish cannot verify {} with this type or length of key", alg.as_str()),
        )),
        false => Err(rejected(code::SIGNATURE, "the signature of the token is not that of the key")),
    }
}

fn algs_of(keys: &[Jwk]) -> String {
    let mut algs: Vec<Alg> = Vec::new();
    for alg in keys.iter().flat_map(|key| &key.algs) {
        if !algs.contains(alg) {
            algs.push(*alg);
        }
    }
    if algs.is_empty() { "no signatures".to_owned() } else { names(&algs) }
}

/// Time alone rejects no sample.
fn times(token: &Jwt, now: i64) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(at) = token.moment("exp").filter(|at| *at <= now) {
        let message = format!("the sample token expired at {}; everything else was judged", rfc3339_unix(at));
        findings.push(TOKEN_EXPIRED.found(message, TOKEN_EXPIRED.remedy));
    }
    for (claim, what) in [("nbf", "is valid"), ("iat", "was issued")] {
        if let Some(at) = token.moment(claim).filter(|at| *at > now + LEEWAY) {
            let message =
                format!("the token {what} from {} ({claim}), which this pod's clock has not reached", rfc3339_unix(at));
            findings.push(TOKEN_NOT_YET_VALID.found(message, TOKEN_NOT_YET_VALID.remedy.replace('`', "")));
            break;
        }
    }
    findings
}

/// The finding of a secret that is shorter than the hash.
fn short(key: &Key, alg: Alg) -> Option<Finding> {
    let least = match alg {
        Alg::Hs256 => 32,
        Alg::Hs384 => 48,
        Alg::Hs512 => 64,
        _ => return None,
    };
    let Key::Secret(secret) = key else { return None };
    let message = format!("the secret for {} has fewer than {least} bytes", alg.as_str());
    (secret.expose().len() < least)
        .then(|| TOKEN_SHORT_SECRET.found(message, TOKEN_SHORT_SECRET.remedy.replace('`', "")))
}

#[cfg(test)]
mod tests;
