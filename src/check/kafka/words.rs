//! The closed words of the keys and of the URL's parameters, as Kafka's own clients spell them.

use std::str::FromStr;

use crate::check::scram::Hash;
use crate::check::texts::{Addresses, entries};
use crate::url::Endpoint;
use crate::value::Expected;

/// The port of a broker that is written without one.
pub(super) const PORT: u16 = 9092;
/// The longest name of a topic.
const LONGEST_TOPIC: usize = 249;

/// How the login is done (`sasl.mechanism`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mechanism {
    Plain,
    Scram(Hash),
    /// One that pilotfish does not have.
    Other(&'static str),
}

/// Those that pilotfish has; the strongest first.
pub(super) const OWN: [Mechanism; 3] =
    [Mechanism::Scram(Hash::Sha512), Mechanism::Scram(Hash::Sha256), Mechanism::Plain];
const OTHERS: [&str; 3] = ["OAUTHBEARER", "AWS_MSK_IAM", "GSSAPI"];

impl Mechanism {
    /// As brokers name it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Scram(Hash::Sha1) => "SCRAM-SHA-1",
            Self::Scram(Hash::Sha256) => "SCRAM-SHA-256",
            Self::Scram(Hash::Sha512) => "SCRAM-SHA-512",
            Self::Other(name) => name,
        }
    }

    /// The word for facts.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Scram(Hash::Sha1) => "scram-sha-1",
            Self::Scram(Hash::Sha256) => "scram-sha-256",
            Self::Scram(Hash::Sha512) => "scram-sha-512",
            Self::Other(name) => name,
        }
    }
}

/// Capitals, `-` and `_` do not matter.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_uppercase()).collect()
}

impl FromStr for Mechanism {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = plain(text);
        let mut all = OWN.into_iter().chain(OTHERS.map(Self::Other));
        all.find(|one| plain(one.name()) == wanted).ok_or_else(|| {
            "one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 (or OAUTHBEARER, AWS_MSK_IAM, GSSAPI, which end at the connection)"
                .to_owned()
        })
    }
}

/// What protects a connection, and whether there is a login (`security.protocol`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SecurityProtocol {
    pub(super) tls: bool,
    pub(super) login: bool,
}

impl FromStr for SecurityProtocol {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (login, tls) = match &*plain(text) {
            "PLAINTEXT" => (false, false),
            "SSL" => (false, true),
            "SASLPLAINTEXT" => (true, false),
            "SASLSSL" => (true, true),
            _ => return Err("one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL".to_owned()),
        };
        Ok(Self { tls, login })
    }
}

/// The brokers in one text, as clients read `bootstrap.servers`: a listener's name may stand before each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Servers(Addresses<PORT>);

impl FromStr for Servers {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._%".contains(&byte));
        let address = |one: &'_ str| match one.split_once("://") {
            Some((name, address)) if is_name(name) => address.to_owned(),
            _ => one.to_owned(),
        };
        let all: Vec<String> = entries(text, "brokers")?.into_iter().map(address).collect();
        all.join(",").parse().map(Self)
    }
}

impl IntoIterator for Servers {
    type Item = Endpoint;
    type IntoIter = std::vec::IntoIter<Endpoint>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The names of topics in one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TopicNames(Vec<String>);

impl FromStr for TopicNames {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let is_name =
            |name: &&str| name.len() <= LONGEST_TOPIC && !matches!(*name, "." | "..") && name.bytes().all(fits);
        let names = entries(text, "names of topics")?;
        if !names.iter().all(is_name) {
            return Err("the name of a topic: letters, digits, `.`, `_` and `-`".to_owned().into());
        }
        Ok(Self(names.into_iter().map(str::to_owned).collect()))
    }
}

impl IntoIterator for TopicNames {
    type Item = String;
    type IntoIter = std::vec::IntoIter<String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// How many replicas of each partition must be in sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MinIsr(pub(super) u32);

impl FromStr for MinIsr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number| (1..=1000).contains(number));
        number.map(Self).ok_or_else(|| "a number from 1 to 1000".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{Mechanism, MinIsr, SecurityProtocol, Servers, TopicNames};

    #[test]
    fn words_are_read_as_clients_spell_them() {
        for (text, name) in [
            ("PLAIN", "PLAIN"),
            ("plain", "PLAIN"),
            ("scram-sha-512", "SCRAM-SHA-512"),
            ("SCRAM_SHA_256", "SCRAM-SHA-256"),
            ("OAUTHBEARER", "OAUTHBEARER"),
            ("aws-msk-iam", "AWS_MSK_IAM"),
            ("GSSAPI", "GSSAPI"),
        ] {
            assert_eq!(text.parse::<Mechanism>().map(Mechanism::name), Ok(name), "{text}");
        }
        assert!("SCRAM-SHA-1".parse::<Mechanism>().is_err() && "".parse::<Mechanism>().is_err());
        for (text, tls, login) in [
            ("PLAINTEXT", false, false),
            ("ssl", true, false),
            ("SASL_PLAINTEXT", false, true),
            ("sasl-ssl", true, true),
        ] {
            assert_eq!(text.parse(), Ok(SecurityProtocol { tls, login }), "{text}");
        }
        assert!("TLS".parse::<SecurityProtocol>().is_err());
    }

    #[test]
    fn brokers_with_and_without_the_name_of_a_listener() {
        let read = |text: &str| {
            let servers = text.parse::<Servers>().map_err(|expected| expected.text)?;
            Ok::<_, String>(servers.into_iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" "))
        };
        for (text, expected) in [
            ("b1, b2:9094", "b1:9092 b2:9094"),
            ("PLAINTEXT://b1:29092,SASL_SSL://b2:1", "b1:29092 b2:1"),
            ("[::1]:1", "[::1]:1"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["kafka://app:s3cret@b", "a b://c", "", "SSL://", "b/s3cret"] {
            assert!(!read(text).expect_err(text).contains("s3"), "{text}");
        }
    }

    #[test]
    fn names_of_topics() {
        let names = |text: &str| text.parse::<TopicNames>().map(|names| names.0.join(" ")).map_err(|error| error.text);
        assert_eq!(names("orders, pay.v1,_x-2").as_deref(), Ok("orders pay.v1 _x-2"));
        for text in ["", ",", "a b", "ä", "..", "a/b", &"a".repeat(250)] {
            assert!(names(text).is_err(), "{text}");
        }
        assert!("0".parse::<MinIsr>().is_err() && "x".parse::<MinIsr>().is_err() && "2".parse() == Ok(MinIsr(2)));
    }
}
