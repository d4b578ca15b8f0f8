//! The run: asks each peer in turn, and tells the versions apart.

use hyper::body::Bytes;

use super::hint::code;
use crate::cause::Cause;
use crate::check::http::Exchange;
use crate::check::http::exchange::HttpResponse;
use crate::check::http::origin::Origin;
use crate::check::several::{furthest, in_words};
use crate::check::{Run, Runnable};
use crate::net::attempt::Attempt;
use crate::outcome::{Aftermath, Detail, Fault, Phase};
use crate::proof::exchange::{Agreed, Side, start};
use crate::proof::wire::{Hello, Proof, Question, Refusal, Reply};
use crate::proof::{self, Name, Version};
use crate::secret::Secret;
use crate::url::Endpoint;

/// How a pilotfish begins its answer to a path that it does not have, and what is in it on the port of all paths.
const UNKNOWN_PATH: &[u8] = b"unknown path; the paths are:";
const METRICS_PATH: &[u8] = b"/metrics";

/// Another pilotfish.
pub(super) struct Peer {
    pub(super) origin: Origin,
    pub(super) exchange: Exchange,
}

/// A `same_secret` check with the values of one run.
pub(super) struct SameSecretRun {
    pub(super) name: Name,
    pub(super) current: Secret,
    /// The previous secret, if there is one.
    pub(super) previous: Option<Secret>,
    /// Where the current secret comes from, if it starts or ends with white space.
    pub(super) padded: Option<String>,
    pub(super) peers: Vec<Peer>,
}

/// What an exchange came to.
enum Answer {
    Same,
    /// Whether the peer has a previous secret as well.
    Differs(bool),
}

impl Runnable for SameSecretRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let several = self.peers.len() > 1;
            let mut faults: Vec<(&Endpoint, Fault)> = Vec::new();
            for peer in &self.peers {
                let endpoint = &peer.origin.endpoint;
                attempt.for_host(several.then(|| endpoint.host.to_string()));
                if let Err(fault) = self.of_peer(attempt, peer).await {
                    // One that holds another secret comes before those that cannot be asked.
                    let place = if fault.cause == Cause::SecretMismatch { 0 } else { faults.len() };
                    faults.insert(place, (endpoint, fault));
                }
            }
            match &faults[..] {
                [] => Ok(()),
                // Where it came to an answer, nothing else names the one of several.
                [(_, fault)] if several && fault.phase == Phase::Assert => {
                    let named = in_words(&faults).join("; ");
                    Err(furthest(faults).stating(&named).with_message(named))
                }
                _ => Err(furthest(faults)),
            }
        })
    }
}

impl SameSecretRun {
    /// Whether the peer holds the same current secret; else which of the versions are the same.
    async fn of_peer(&self, attempt: &mut Attempt, peer: &Peer) -> Result<(), Fault> {
        use Version::{Current, Previous};
        let Answer::Differs(has_previous) = self.exchange(attempt, peer, Current, Current).await? else {
            return Ok(());
        };
        let has_own = self.previous.is_some();
        let name = self.name.as_str();
        let pairs = [
            (
                has_previous,
                Current,
                Previous,
                code::BEHIND,
                "already has a newer secret: this pod holds its previous one",
            ),
            (has_own, Previous, Current, code::PEER_BEHIND, "still has the previous secret"),
            (
                has_previous && has_own,
                Previous,
                Previous,
                code::SPLIT,
                "has another new secret after the same previous one",
            ),
        ];
        let mut told = (code::DIFFERS, "holds another secret");
        for (is_there, mine, theirs, code, what) in pairs {
            if is_there && matches!(self.exchange(attempt, peer, mine, theirs).await, Ok(Answer::Same)) {
                told = (code, what);
                break;
            }
        }
        let (code, what) = told;
        let padded = self.padded.as_ref().filter(|_| code == code::DIFFERS);
        let (code, note) = match padded {
            Some(origin) => (code::PADDED, format!("; {origin} starts or ends with white space")),
            None => (code, String::new()),
        };
        let message = format!("{name}: the peer {what}{note}");
        Err(attempt.fault(Cause::SecretMismatch, &message).with(observed(code)).stating(message))
    }

    /// One exchange; where another replica has taken the second step, one more.
    async fn exchange(
        &self,
        attempt: &mut Attempt,
        peer: &Peer,
        mine: Version,
        theirs: Version,
    ) -> Result<Answer, Fault> {
        match self.once(attempt, peer, mine, theirs).await {
            Err(fault) if fault.detail == Some(observed(code::MOVED)) => self.once(attempt, peer, mine, theirs).await,
            result => result,
        }
    }

    async fn once(&self, attempt: &mut Attempt, peer: &Peer, mine: Version, theirs: Version) -> Result<Answer, Fault> {
        let secret = match mine {
            Version::Current => &self.current,
            Version::Previous => self.previous.as_ref().unwrap_or(&self.current),
        };
        let no_random = |attempt: &Attempt| attempt.fault(Cause::LocalLimit, "the system gives no random bytes");
        let Ok(instance) = proof::instance() else { return Err(no_random(attempt)) };
        let Ok(started) = start(Side::Asks, &self.name, secret) else { return Err(no_random(attempt)) };
        let message = started.message;
        let hello = Question::Hello(Hello { name: self.name.clone(), version: theirs, instance, message }).text();
        let mut agreed: Option<(Agreed, bool)> = None;
        let next = |answer: &HttpResponse| {
            let Some(Reply::Offer(offer)) = read(answer) else { return None };
            let (session, message, has_previous) = (offer.session, offer.message, offer.has_previous);
            let transcript = format!("{hello}\n{}", Reply::Offer(offer).text());
            let both = started.finish(&message, transcript.as_bytes()).ok()?;
            let proof = Question::Proof(Proof { session, tag: both.confirmation() });
            agreed = Some((both, has_previous));
            Some(Bytes::from(proof.text()))
        };
        let answers = peer.exchange.converse(attempt, Bytes::from(hello.clone()), next).await;
        let is_proved = |answer: Option<&HttpResponse>| match (&agreed, answer.and_then(read)) {
            (Some((agreed, _)), Some(Reply::Proved(tag))) => agreed.is_confirmed_by(&tag),
            _ => false,
        };
        let second = answers.as_ref().ok().and_then(|(_, second)| second.as_ref());
        if is_proved(second) {
            return Ok(Answer::Same);
        }
        if agreed.is_some() {
            // Whoever answers could try one secret with our confirmation: it gets no other for a while.
            attempt.evidence().aftermath = Aftermath::Guessed;
        }
        let (first, second) = answers?;
        let last = second.as_ref().unwrap_or(&first);
        match (agreed, read(last)) {
            // It cannot prove what it says.
            (Some((_, has_previous)), Some(Reply::Proved(_) | Reply::Refused(Refusal::Differs))) => {
                Ok(Answer::Differs(has_previous))
            }
            (_, Some(Reply::Refused(refusal))) => Err(self.refused(attempt, refusal)),
            (None, Some(Reply::Offer(_))) => {
                let message = "the peer sent a point that no pilotfish sends";
                Err(attempt.fault(Cause::ProtocolError, message).with(observed(code::STRANGER)).stating(message))
            }
            (_, Some(Reply::Offer(_) | Reply::Proved(_)) | None) => Err(stranger(attempt, peer, last)),
        }
    }

    fn refused(&self, attempt: &Attempt, refusal: Refusal) -> Fault {
        let name = self.name.as_str();
        let (cause, code, message) = match refusal {
            Refusal::UnknownName => {
                (Cause::NotFoundOnServer, code::NAME, format!("the peer has no same_secret check named {name}"))
            }
            Refusal::NoSecret => {
                (Cause::NotFoundOnServer, code::UNREAD, format!("the peer cannot read its own {name} now"))
            }
            Refusal::Itself => {
                (Cause::ProbeLimit, code::ITSELF, "the peer is this pilotfish itself, which proves nothing".to_owned())
            }
            Refusal::Busy => (Cause::ProbeLimit, code::QUOTA, "the peer is asked too often at the moment".to_owned()),
            Refusal::Quota => (
                Cause::ProbeLimit,
                code::QUOTA,
                "the peer had too many wrong proofs, and judges no more for now".to_owned(),
            ),
            Refusal::Expired => {
                (Cause::ProbeLimit, code::MOVED, "another replica of the peer took the second step".to_owned())
            }
            Refusal::Invalid | Refusal::Differs => {
                (Cause::ProtocolError, code::STRANGER, "the peer does not take the message".to_owned())
            }
        };
        attempt.fault(cause, &message).with(observed(code)).stating(message)
    }
}

fn observed(code: &'static str) -> Detail {
    Detail::Protocol { code, product: None }
}

fn read(answer: &HttpResponse) -> Option<Reply> {
    Reply::read(&answer.body)
}

/// What answers in place of a pilotfish that proves secrets.
fn stranger(attempt: &Attempt, peer: &Peer, answer: &HttpResponse) -> Fault {
    if answer.status == 404 && answer.body.starts_with(UNKNOWN_PATH) {
        let has_all = answer.body.windows(METRICS_PATH.len()).any(|part| part == METRICS_PATH);
        let (code, message) = match has_all {
            true => (code::ABSENT, "the pilotfish of the peer has no same_secret check"),
            false => (code::PROBES, "this port of the peer's pilotfish has only the probe paths"),
        };
        return attempt.fault(Cause::NotFoundOnServer, message).with(observed(code)).stating(message);
    }
    peer.exchange.status(answer).err().unwrap_or_else(|| {
        let message = "the answer is not that of a pilotfish";
        attempt.fault(Cause::ProtocolError, message).with(observed(code::STRANGER)).stating(message)
    })
}
