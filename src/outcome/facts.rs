//! What was learnt on the way: plain data.

use std::borrow::Cow;
use std::time::Duration;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::finding::Finding;
use crate::outcome::bundle::Bundle;
use crate::outcome::oddity::CertificateOddity;
use crate::timestamp::{rfc3339_unix, serialize_optional_seconds, serialize_unix};

/// Facts learnt on the way, recorded on every path, also before a failure: those that several kinds share or that rules are
/// made of, and the kind's own. In JSON, only what was learnt is there; an excerpt is added by `outcome_json` where it may
/// be shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Facts {
    /// Seconds from the request to the first byte of the answer.
    #[serde(
        rename = "first_byte_seconds",
        serialize_with = "serialize_optional_seconds",
        skip_serializing_if = "Option::is_none"
    )]
    pub first_byte: Option<Duration>,
    /// `HTTP/1.1`, `HTTP/2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_version: Option<&'static str>,
    /// The status of the last HTTP answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// Redirects that were followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirects: Option<u32>,
    /// Bytes of the body that were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_bytes: Option<u64>,
    /// `TLSv1.2`, `TLSv1.3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_version: Option<&'static str>,
    /// The cipher suite's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_cipher: Option<&'static str>,
    /// The application protocol that was agreed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_alpn: Option<String>,
    /// `false` where the configuration says not to verify; said in every report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_verified: Option<bool>,
    /// The certificates that the peer sent, leaf first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<Certificate>,
    /// What is odd about the first of them although it was accepted, for findings.
    #[serde(skip)]
    pub certificate_oddities: Vec<CertificateOddity>,
    /// When the first of those that are needed expires, in seconds since 1970; a metric has it.
    #[serde(skip)]
    pub first_expiry: Option<i64>,
    /// What the kind learnt beside these, in the order in which it was learnt: the keys are declared in the kind.
    #[serde(flatten, serialize_with = "own_facts")]
    pub own: Vec<(&'static str, FactValue)>,
    /// The peer's clock, as the `Date` of its answer has it.
    #[serde(rename = "peer_date", serialize_with = "date", skip_serializing_if = "Option::is_none")]
    pub peer_clock: Option<PeerClock>,
    /// Where the first answer that redirects does so.
    #[serde(rename = "location", serialize_with = "target", skip_serializing_if = "Option::is_none")]
    pub redirect: Option<Redirect>,
    /// Cookies that the last answer sets, for findings.
    #[serde(skip)]
    pub cookies: Vec<Cookie>,
    /// What the last HTTP request asked for, for findings.
    #[serde(skip)]
    pub requested: Option<RequestedPath>,
    /// Where browsers are said to come from, by headers of that request, for findings.
    #[serde(skip)]
    pub browser: Option<BrowserOrigin>,
    /// What the scripts of a page hold of variables, for findings.
    #[serde(skip)]
    pub bundle: Option<Box<Bundle>>,
    /// The port of this pod whose listener keeps vanishing, for findings.
    #[serde(skip)]
    pub restarts: Option<u16>,
    /// The health word the peer's own answer gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<String>,
    /// What is not well at the peer though it passes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_warning: Option<HealthRemark>,
    /// Why a peer that passes may be down all the same: what of its answer cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_unread: Option<HealthRemark>,
    /// Hosts before the one that passed, and what was wrong with each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<String>,
    /// What a pass does not cover.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The login that sent its password without TLS, for findings.
    #[serde(skip)]
    pub cleartext_login: Option<CleartextLogin>,
    /// Files that the URL names and this container has not, for findings.
    #[serde(skip)]
    pub absent_files: Vec<AbsentFile>,
    /// What the kind noticed beyond pass or fail.
    #[serde(skip)]
    pub noticed: Vec<Finding>,
    /// What the peer said first, or an excerpt of its body: shown by `check` and `diagnose` only.
    #[serde(skip)]
    pub excerpt: Option<String>,
}

/// A password that went over a network without TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleartextLogin {
    /// The server that got it: `host:port`.
    pub server: String,
    /// How to ask for TLS: the kind knows its keys and URLs.
    pub fix: &'static str,
}

/// A file that a connection URL names, that is not in this container, and without which its clients go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsentFile {
    /// The parameter of the URL.
    pub parameter: &'static str,
    /// The path in it.
    pub path: String,
}

/// The key of a fact that is a kind's own: the name in JSON, and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactKey {
    /// The name.
    pub name: &'static str,
    /// What it means, in one line.
    pub meaning: &'static str,
}

/// The version a server reports.
pub const SERVER_VERSION: FactKey = FactKey { name: "server_version", meaning: "the version that the server reports" };
/// How the login was done.
pub const AUTH_METHOD: FactKey = FactKey { name: "auth_method", meaning: "how the login was done" };
/// Whose form the URL has.
pub const URL_DIALECT: FactKey = FactKey {
    name: "url_dialect",
    meaning: "the one client that reads such a URL or connection string, such as `ecto`, `jdbc` or `npgsql`",
};
/// Whether the server takes writes.
pub const ROLE: FactKey = FactKey { name: "role", meaning: "`primary` or `replica`" };

/// The value of a fact that is a kind's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FactValue {
    /// A text.
    Text(Cow<'static, str>),
    /// A list of texts.
    List(Vec<String>),
}

impl FactValue {
    /// A word of ours.
    #[must_use]
    pub const fn word(word: &'static str) -> Self {
        Self::Text(Cow::Borrowed(word))
    }

    /// A text of the peer's.
    #[must_use]
    pub const fn text(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl Facts {
    /// Records a fact of the kind's own in place of what was recorded before under this key; `None` takes that back.
    pub fn learn(&mut self, key: FactKey, value: Option<FactValue>) {
        let known = self.own.iter().position(|(name, _)| *name == key.name);
        match (known, value) {
            (Some(index), Some(value)) => self.own[index].1 = value,
            (Some(index), None) => drop(self.own.remove(index)),
            (None, Some(value)) => self.own.push((key.name, value)),
            (None, None) => {}
        }
    }

    /// A fact of the kind's own, where it was learnt.
    #[must_use]
    pub fn own(&self, key: FactKey) -> Option<&FactValue> {
        self.own.iter().find(|(name, _)| *name == key.name).map(|(_, value)| value)
    }

    /// The text of a fact of the kind's own, where it was learnt and is a text.
    #[must_use]
    pub fn own_text(&self, key: FactKey) -> Option<&str> {
        match self.own(key)? {
            FactValue::Text(text) => Some(text),
            FactValue::List(_) => None,
        }
    }
}

fn date<S: Serializer>(clock: &Option<PeerClock>, serializer: S) -> Result<S::Ok, S::Error> {
    clock.map(|clock| rfc3339_unix(clock.date)).serialize(serializer)
}

fn target<S: Serializer>(redirect: &Option<Redirect>, serializer: S) -> Result<S::Ok, S::Error> {
    redirect.as_ref().map(|redirect| redirect.to.as_str()).serialize(serializer)
}

fn own_facts<S: Serializer>(own: &[(&'static str, FactValue)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(own.len()))?;
    for (name, value) in own {
        map.serialize_entry(name, value)?;
    }
    map.end()
}

/// What is to be said of a peer that passes; in JSON the text alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct HealthRemark {
    /// What is not well, or cannot be read: `cache: degraded`.
    pub text: String,
    /// What to do about it: the kind knows the protocol, and its own keys.
    #[serde(skip)]
    pub fix: String,
}

/// Where an answer redirects to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The URL, as it may be shown.
    pub to: String,
    /// What for.
    pub purpose: RedirectPurpose,
}

/// What a redirect is for, as far as its target tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectPurpose {
    /// The same host over TLS.
    Tls,
    /// The same host over TLS, on the port that has just answered in clear text.
    TlsSamePort,
    /// The same path with a slash more or less at its end.
    Slash,
    /// A page on which people log in.
    Login,
    /// Anything else.
    Elsewhere,
}

/// A cookie, as far as it decides whether browsers keep it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cookie {
    /// The name.
    pub name: String,
    /// Over TLS alone.
    pub secure: bool,
    /// `Path=/`.
    pub whole_site: bool,
    /// `SameSite=None`.
    pub cross_site: bool,
    /// In lower case, without a dot in front; empty where it is for the host alone.
    pub domain: String,
}

/// What an HTTP request asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedPath {
    /// Whom: `host:port`.
    pub server: String,
    /// The path as it may be shown.
    pub path: String,
}

/// Where a browser comes from, as a proxy in front of the app tells it (`X-Forwarded-Proto`, `X-Forwarded-Host`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrowserOrigin {
    /// The host that the browser asked for; `None` where the request does not say.
    pub host: Option<String>,
    /// Whether it came over TLS; `None` where the request does not say.
    pub https: Option<bool>,
}

/// What a peer's `Date` says of its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerClock {
    /// The date, in seconds since 1970.
    pub date: i64,
    /// By how many seconds it is ahead of this pod's clock (behind, where it is negative), at least: the time that the
    /// answer may have taken, and the age that a cache tells, are counted out.
    pub ahead: i64,
}

/// What is worth knowing of one certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// The subject, as text.
    pub subject: String,
    /// The issuer, as text.
    pub issuer: String,
    /// DNS names and addresses that it is good for.
    pub names: Vec<String>,
    /// Valid from, in seconds since 1970.
    #[serde(serialize_with = "serialize_unix")]
    pub not_before: i64,
    /// Valid until, in seconds since 1970.
    #[serde(serialize_with = "serialize_unix")]
    pub not_after: i64,
}
