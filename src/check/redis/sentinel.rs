//! Asking the Sentinels for the primary. Each has its own login; none gets the password of Redis.
//!
//! They are asked in order until one knows the primary, like clients do. Whether the primary answers is not their business.

use tokio::time::{Instant, timeout};

use super::client::{Client, Reply, SessionError};
use super::errors::{NO_QUORUM, UNKNOWN_COMMAND};
use super::fault::{self, code, observed};
use crate::cause::Cause;
use crate::check::several::{furthest, in_words};
use crate::check::tls_keys::TlsKeys;
use crate::check::warning::warn;
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::outcome::{Detail, FactKey, FactValue, Fault, Phase};
use crate::secret::Secret;
use crate::url::{Endpoint, Host};

/// The primary that the Sentinels named.
pub(super) const PRIMARY: FactKey =
    FactKey { name: "sentinel_primary", meaning: "the address of the primary, as Sentinel reports it" };

/// How TLS is asked for.
const CLEARTEXT_FIX: &str = "set tls-port on the Sentinels, and sentinel.tls in this check";
const NO_QUORUM_FIX: &str = "start the missing Sentinels: until then no replica is promoted if the primary fails";

/// The Sentinels of one run.
pub(super) struct Sentinel {
    /// The name of the primary.
    pub(super) master: String,
    /// At least one.
    pub(super) addresses: Vec<Endpoint>,
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) tls: Option<TlsKeys>,
}

/// What a Sentinel knows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) primary: Endpoint,
    /// Whether the Sentinels can elect another primary.
    pub(super) has_quorum: bool,
}

/// What a session with one Sentinel came to.
enum Answer {
    Found(Found),
    /// It monitors no primary of this name, but these.
    Unknown(Vec<String>),
}

impl Sentinel {
    /// Asks one Sentinel after another for the primary.
    ///
    /// # Errors
    /// The fault of the one that got furthest; the first rejected login ends it.
    pub(super) async fn find(&self, attempt: &mut Attempt) -> Result<Found, Fault> {
        let addresses: Vec<&Endpoint> = self.addresses.iter().filter(|endpoint| attempt.is_for(endpoint)).collect();
        let mut faults = Vec::new();
        for (index, endpoint) in addresses.iter().enumerate() {
            attempt.for_host(Some(endpoint.host.to_string()));
            let parts = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
            let share = attempt.deadline().saturating_duration_since(Instant::now()) / parts;
            let fault = match timeout(share, self.ask(attempt, endpoint)).await {
                Ok(Ok(found)) => {
                    self.note(attempt, &found, &faults);
                    return Ok(found);
                }
                Ok(Err(fault)) => fault,
                Err(_) => attempt.deadline_fault(),
            };
            let is_login = matches!(
                fault.cause,
                Cause::PasswordRejected | Cause::PasswordMissing | Cause::PasswordNotExpected | Cause::AuthUnsupported
            );
            faults.push((*endpoint, fault));
            if is_login {
                break;
            }
        }
        let fault = furthest(faults);
        let message = format!("no Sentinel names the primary of {}: {}", self.master, fault.message);
        Err(fault.with_message(message))
    }

    fn note(&self, attempt: &mut Attempt, found: &Found, faults: &[(&Endpoint, Fault)]) {
        if !faults.is_empty() {
            attempt.evidence().degraded = true;
            attempt.facts().passed_over = in_words(faults);
        }
        attempt.facts().learn(PRIMARY, Some(FactValue::text(found.primary.to_string())));
        if !found.has_quorum {
            let text = format!("the Sentinels that are up are too few to elect another primary of {}", self.master);
            warn(attempt, text, NO_QUORUM_FIX);
        }
    }

    /// One Sentinel: log in, ask, say goodbye.
    async fn ask(&self, attempt: &mut Attempt, endpoint: &Endpoint) -> Result<Found, Fault> {
        let tls = self.tls.as_ref().map(|keys| keys.options(&endpoint.host, attempt.world())).transpose()?;
        let mut io = attempt.connect(endpoint).await?;
        if let Some(options) = &tls {
            io = attempt.start_tls(io, options).await?;
        }
        let mut client = Client::new(io);
        attempt.enter(Phase::Login);
        if self.password.is_some() && tls.is_none() {
            attempt.note_cleartext_login(endpoint, CLEARTEXT_FIX);
        }
        let answer = self.converse(attempt, &mut client).await;
        let result = match answer {
            Ok(Answer::Found(found)) => Ok(found),
            Ok(Answer::Unknown(others)) => Err(self.unknown(attempt, &others)),
            Err(error) => Err(self.fault(attempt, &error)),
        };
        match &answer_speaks(&result) {
            true => {
                client.quit().await;
                attempt.close(client.into_stream()).await;
            }
            false => attempt.abandon(client.into_stream()).await,
        }
        result
    }

    async fn converse(&self, attempt: &mut Attempt, client: &mut Client<Io>) -> Result<Answer, SessionError> {
        if let Some(password) = &self.password {
            let both = [self.user.as_deref().unwrap_or_default(), password.expose()];
            let arguments = if self.user.is_some() { &both[..] } else { &both[1..] };
            match client.expect("AUTH", arguments, "OK").await {
                Err(SessionError::Refused(command, error)) => {
                    return Err(SessionError::Refused(command, error.of_auth()));
                }
                other => other?,
            }
        }
        attempt.enter(Phase::Request);
        let reply = client.ask("SENTINEL", &["get-master-addr-by-name", &self.master]).await?;
        let primary = match address(&reply) {
            Some(primary) => primary?,
            None => {
                let masters = client.call("SENTINEL", &["masters"]).await;
                return Ok(Answer::Unknown(masters.as_ref().map(names).unwrap_or_default()));
            }
        };
        let quorum = client.call("SENTINEL", &["ckquorum", &self.master]).await?;
        let has_quorum = !matches!(quorum, Reply::Error(error) if error.code == NO_QUORUM);
        Ok(Answer::Found(Found { primary, has_quorum }))
    }

    fn unknown(&self, attempt: &Attempt, others: &[String]) -> Fault {
        let others = match others {
            [] => "it monitors no primary at all".to_owned(),
            others => format!("it monitors {}", others.join(", ")),
        };
        let message = format!("Sentinel monitors no primary named {}: {others}", self.master);
        let fault = Fault::new(Phase::Assert, Cause::NotFoundOnServer, message);
        let fault = fault.with(observed(code::UNKNOWN_MASTER));
        attempt.of_connection(fault.stating(format!("Sentinel monitors no primary named {}", self.master)))
    }

    fn fault(&self, attempt: &Attempt, error: &SessionError) -> Fault {
        let fault = fault::of_session(attempt, error, &self.secrets(), self.tls.is_some());
        let SessionError::Refused(command, error) = error else { return fault };
        if *command == "SENTINEL" && error.code == UNKNOWN_COMMAND {
            let message = "the server is Redis, not Redis Sentinel";
            let fault = attempt.fault(Cause::ProtocolError, message).stating(message);
            return fault.with(observed(code::NOT_SENTINEL));
        }
        let code = match fault.cause {
            Cause::PasswordMissing => code::SENTINEL_NOAUTH,
            Cause::PasswordRejected => code::SENTINEL_WRONGPASS,
            Cause::PasswordNotExpected => code::SENTINEL_NO_PASSWORD,
            Cause::PermissionDenied => code::SENTINEL_NOPERM,
            _ => return fault,
        };
        fault.with(observed(code)).stating("by Redis Sentinel")
    }

    /// The fault of the primary that the Sentinels named, as what it means for whoever asks them.
    pub(super) fn of_primary(&self, fault: Fault, found: &Found) -> Fault {
        let (primary, master) = (&found.primary, &self.master);
        match (fault.phase, fault.cause) {
            (Phase::Resolve | Phase::Connect, cause) if cause != Cause::LocalLimit => {
                let (cause, code, rest) = match (found.has_quorum, &primary.host) {
                    (false, _) => {
                        let rest = ", and the Sentinels that are up are too few to elect another";
                        (Cause::NotEnoughReplicas, code::NO_FAILOVER, rest)
                    }
                    (true, Host::Ip(ip)) if ip.to_canonical().is_loopback() => {
                        (Cause::AdvertisedUnreachable, code::SENTINEL_LOOPBACK, "")
                    }
                    (true, _) => (Cause::AdvertisedUnreachable, code::SENTINEL_UNREACHABLE, ""),
                };
                let message = format!(
                    "Sentinel names {primary} as the primary of {master}, which cannot be reached{rest}: {}",
                    fault.message
                );
                let of = Fault::new(Phase::Assert, cause, message).with(observed(code)).of_attempt(fault.attempt);
                of.stating(format!("the primary that Sentinel names for {master} cannot be reached{rest}"))
            }
            (_, Cause::ReadOnly) => {
                let message = format!("Sentinel names {primary} as the primary of {master}, but it is a replica");
                fault.with_message(&message).with(observed(code::SENTINEL_REPLICA))
            }
            _ => {
                let message = format!("{primary}, the primary of {master}: {}", fault.message);
                fault.with_message(message)
            }
        }
    }
}

/// Whether the peer speaks the protocol: whoever does not gets no QUIT.
fn answer_speaks(result: &Result<Found, Fault>) -> bool {
    result.as_ref().err().is_none_or(|fault| matches!(fault.detail, Some(Detail::Protocol { .. })))
}

/// The address in the reply; `None` if there is none.
pub(super) fn address(reply: &Reply) -> Option<Result<Endpoint, SessionError>> {
    let unexpected = |what: &str| Some(Err(SessionError::Unexpected(what.to_owned())));
    let items = match reply {
        Reply::Nil => return None,
        Reply::Array(items) => items,
        other => return unexpected(&format!("{} in place of an address", other.name())),
    };
    let [Reply::Bulk(host), Reply::Bulk(port)] = items.as_slice() else {
        return unexpected("another array in place of an address");
    };
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
    let host = text(host).and_then(|host| Host::parse(&host).ok());
    let port = text(port).and_then(|port| port.parse().ok()).filter(|port| *port != 0);
    match (host, port) {
        (Some(host), Some(port)) => Some(Ok(Endpoint { host, port })),
        _ => unexpected("an address without a host or a port"),
    }
}

/// The names of the primaries in the reply to SENTINEL MASTERS, as far as they may be shown.
pub(super) fn names(reply: &Reply) -> Vec<String> {
    const SHOWN: usize = 8;
    let Reply::Array(masters) = reply else { return Vec::new() };
    let is_plain = |name: &&str| {
        name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
    };
    let name = |master: &Reply| {
        let Reply::Array(fields) = master else { return None };
        let found = fields.chunks_exact(2).find_map(|pair| match pair {
            [Reply::Bulk(key), Reply::Bulk(value)] if key == b"name" => std::str::from_utf8(value).ok(),
            _ => None,
        });
        found.filter(is_plain).map(str::to_owned)
    };
    masters.iter().filter_map(name).take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::{address, names};
    use crate::check::redis::client::Reply;

    fn bulk(text: &str) -> Reply {
        Reply::Bulk(text.as_bytes().to_vec())
    }

    #[test]
    fn an_address_is_a_host_and_a_port() {
        let of = |host: &str, port: &str| address(&Reply::Array(vec![bulk(host), bulk(port)]));
        let shown = |host, port| of(host, port).expect("there is one").ok().map(|endpoint| endpoint.to_string());
        assert_eq!(shown("10.0.0.1", "6379").as_deref(), Some("10.0.0.1:6379"));
        assert_eq!(shown("cache-0.cache", "1").as_deref(), Some("cache-0.cache:1"));
        assert_eq!(shown("fd00::1", "6379").as_deref(), Some("[fd00::1]:6379"));
        for (host, port) in [("", "1"), ("a b", "1"), ("a", "0"), ("a", "65536"), ("a", ""), ("redis://a", "1")] {
            assert_eq!(shown(host, port), None, "{host} {port}");
        }
        assert!(address(&Reply::Nil).is_none() && address(&Reply::Array(Vec::new())).is_some_and(|one| one.is_err()));
    }

    #[test]
    fn only_plain_names_are_shown() {
        let master = |name: &str| Reply::Array(vec![bulk("flags"), bulk("master"), bulk("name"), bulk(name)]);
        let all = ["cache", "shop-1.a_b", "a b", "\u{1b}[0m", &"a".repeat(65)].map(master).to_vec();
        assert_eq!(names(&Reply::Array(all)), ["cache", "shop-1.a_b"]);
        assert_eq!(names(&Reply::Array(vec![master("a"); 20])).len(), 8);
        assert!(names(&Reply::Nil).is_empty() && names(&Reply::Array(vec![Reply::Nil])).is_empty());
    }
}
