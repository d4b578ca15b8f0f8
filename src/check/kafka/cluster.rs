//! What a broker knows of its cluster: whether the topics are as the check wants them, and the addresses that clients are sent
//! to, which this pod must reach.

use super::code;
use super::errors::{INVALID_TOPIC, NO_LEADER, NO_LISTENER, NO_REPLICA, TOPIC_DENIED, UNKNOWN_TOPIC, named};
use crate::cause::Cause;
use crate::check::announced::{Announced, Unreachable, in_words};
use crate::order;
use crate::outcome::{Detail, Fault, Phase};
use crate::url::Endpoint;

/// How many topics, or partitions of one, a message names.
const NAMED: usize = 4;

/// A broker as it is announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broker {
    pub(super) id: i32,
    pub(super) endpoint: Endpoint,
    /// Whether clients of the check's topics need it.
    pub(super) is_needed: bool,
}

/// A partition of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Partition {
    pub(super) error: i16,
    pub(super) index: i32,
    pub(super) leader: i32,
    pub(super) in_sync: u32,
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Topic {
    pub(super) error: i16,
    pub(super) name: String,
    pub(super) partitions: Vec<Partition>,
}

/// The cluster as one broker describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) brokers: Vec<Broker>,
    pub(super) cluster_id: Option<String>,
    pub(super) has_controller: bool,
    pub(super) topics: Vec<Topic>,
}

impl Announced for Broker {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

/// What is wrong with a topic; the most lasting first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    Denied,
    Missing,
    NoLeader,
    NoListener,
    TooFew,
    Other,
}

impl Wrong {
    /// Phase, cause, code of the hint, and what is observed.
    const fn says(self) -> (Phase, Cause, &'static str, &'static str) {
        match self {
            Self::Denied => (Phase::Request, Cause::PermissionDenied, code::TOPIC_DENIED, "the user may not describe"),
            Self::Missing => (Phase::Assert, Cause::NotFoundOnServer, code::NO_TOPIC, "there is no"),
            Self::NoLeader => (Phase::Assert, Cause::NotEnoughReplicas, code::NO_LEADER, "no leader for"),
            Self::NoListener => (
                Phase::Assert,
                Cause::AdvertisedUnreachable,
                code::NO_LISTENER,
                "no address on this listener for the leader of",
            ),
            Self::TooFew => (Phase::Assert, Cause::NotEnoughReplicas, code::FEW_IN_SYNC, "too few in-sync replicas of"),
            Self::Other => {
                (Phase::Request, Cause::QueryFailed, code::TOPIC_ERROR, "the broker answers with an error for")
            }
        }
    }
}

impl Topic {
    /// What is wrong with it, and the partitions or the error that show it.
    fn judge(&self, min_isr: Option<u32>) -> Option<(Wrong, String)> {
        let wrong = match self.error {
            0 => return self.judge_partitions(min_isr),
            UNKNOWN_TOPIC | INVALID_TOPIC => Wrong::Missing,
            TOPIC_DENIED => Wrong::Denied,
            NO_LEADER => Wrong::NoLeader,
            _ => Wrong::Other,
        };
        Some((wrong, named(self.error)))
    }

    fn judge_partitions(&self, min_isr: Option<u32>) -> Option<(Wrong, String)> {
        let wrong = |one: &Partition| match one.error {
            NO_LISTENER => Some(Wrong::NoListener),
            NO_LEADER => Some(Wrong::NoLeader),
            _ if one.leader < 0 => Some(Wrong::NoLeader),
            0 | NO_REPLICA => min_isr.filter(|least| one.in_sync < *least).map(|_| Wrong::TooFew),
            _ => Some(Wrong::Other),
        };
        let worst = self.partitions.iter().filter_map(wrong).min()?;
        let mut of_it: Vec<&Partition> = self.partitions.iter().filter(|one| wrong(one) == Some(worst)).collect();
        // Brokers list them in any order.
        order::sort_by_key(&mut of_it, |one| one.index);
        let shown: Vec<String> = of_it.iter().take(NAMED).map(|one| one.index.to_string()).collect();
        let more = if of_it.len() > NAMED { ", …" } else { "" };
        let all = self.partitions.len();
        let text = format!("{} of {all} partitions ({}{more})", of_it.len(), shown.join(", "));
        let least = of_it.iter().map(|one| one.in_sync).min().unwrap_or(0);
        Some((
            worst,
            match (worst, min_isr) {
                (Wrong::TooFew, Some(wanted)) => format!("{text}: {least} in sync, `min_isr` requires {wanted}"),
                (Wrong::Other, _) => {
                    format!("{text}: {}", of_it.first().map_or_else(String::new, |one| named(one.error)))
                }
                _ => text,
            },
        ))
    }
}

impl Metadata {
    /// Whether every topic is there, with a leader and enough in-sync replicas for each partition.
    ///
    /// # Errors
    /// The fault of what is wrong, of the topics that have it.
    pub(super) fn judge(&self, wanted: &[String], min_isr: Option<u32>) -> Result<(), Fault> {
        let mut found: Vec<(Wrong, &str, String)> = Vec::new();
        for name in wanted {
            let topic = self.topics.iter().find(|topic| topic.name == *name);
            let wrong = match topic {
                Some(topic) => topic.judge(min_isr),
                None => Some((Wrong::Other, "it is missing in the answer".to_owned())),
            };
            found.extend(wrong.map(|(wrong, text)| (wrong, name.as_str(), text)));
        }
        let Some(worst) = found.iter().map(|(wrong, ..)| *wrong).min() else { return Ok(()) };
        let of_it: Vec<&(Wrong, &str, String)> = found.iter().filter(|(wrong, ..)| *wrong == worst).collect();
        let (phase, cause, code, says) = worst.says();
        let names = of_it.iter().map(|(_, name, _)| *name);
        let statement = format!("{says} {}", topics(&names.collect::<Vec<_>>()));
        let details: Vec<String> = of_it.iter().take(NAMED).map(|(_, name, text)| format!("{name}: {text}")).collect();
        let message = match &of_it[..] {
            [(_, _, text)] => format!("{statement}: {text}"),
            _ => format!("{statement}: {}", details.join("; ")),
        };
        let fault = Fault::new(phase, cause, message).with(Detail::Protocol { code, product: None });
        Err(fault.stating(statement))
    }

    /// The brokers that are announced, but the one at `known`, which is connected to already; with topics, clients need those
    /// that lead one of their partitions.
    pub(super) fn announced(&self, known: &Endpoint) -> Vec<Broker> {
        let leads = |id| self.topics.iter().flat_map(|topic| &topic.partitions).any(|one| one.leader == id);
        let others = self.brokers.iter().filter(|broker| broker.endpoint != *known);
        let all =
            others.map(|broker| Broker { is_needed: self.topics.is_empty() || leads(broker.id), ..broker.clone() });
        all.collect()
    }
}

fn topics(names: &[&str]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let shown = names[..names.len() - more].join(", ");
    match (names.len(), more) {
        (1, _) => format!("topic {shown}"),
        (_, 0) => format!("topics {shown}"),
        _ => format!("topics {shown} and {more} more"),
    }
}

/// The fault of announced addresses that clients need and this pod cannot reach; others are a warning.
///
/// # Errors
/// `advertised_unreachable`; `local_limit` where this pod is what fails.
pub(super) fn judge_reach(unreachable: &[Unreachable<'_, Broker>], count: usize) -> Result<Option<String>, Fault> {
    let Some(first) = unreachable.iter().find(|one| one.one.is_needed) else {
        let text =
            || format!("brokers cannot be reached at the addresses that they announce: {}", in_words(unreachable));
        return Ok((!unreachable.is_empty()).then(text));
    };
    if first.fault.cause == Cause::LocalLimit {
        return Err(first.fault.clone());
    }
    let code = match (first.fault.phase, first.one.endpoint.host.is_loopback()) {
        (_, true) => code::ADVERTISED_LOOPBACK,
        (Phase::Resolve, false) => code::ADVERTISED_NAME,
        _ => code::ADVERTISED_ADDRESS,
    };
    let addresses = if count == 1 { "1 address" } else { &*format!("{count} addresses") };
    let message = format!(
        "the broker answers, but sends its clients to {addresses}, of which {} cannot be reached: {}",
        unreachable.len(),
        in_words(unreachable)
    );
    let fault = Fault::new(Phase::Assert, Cause::AdvertisedUnreachable, message).of_attempt(first.fault.attempt);
    let fault = fault.with(Detail::Protocol { code, product: None });
    Err(fault.stating("the broker sends its clients to addresses that this pod cannot reach"))
}

#[cfg(test)]
mod tests {
    use super::{Broker, Metadata, Partition, Topic, judge_reach};
    use crate::cause::Cause;
    use crate::check::announced::Unreachable;
    use crate::outcome::{Fault, Phase};
    use crate::url::Endpoint;

    fn partition(index: i32, error: i16, leader: i32, in_sync: u32) -> Partition {
        Partition { error, index, leader, in_sync }
    }

    fn broker(id: i32, address: &str) -> Broker {
        Broker { id, endpoint: Endpoint::parse(address).unwrap(), is_needed: false }
    }

    fn metadata(topics: Vec<(&str, i16, Vec<Partition>)>) -> Metadata {
        let topics =
            topics.into_iter().map(|(name, error, partitions)| Topic { error, name: name.to_owned(), partitions });
        let brokers = vec![broker(1, "b1:9092"), broker(2, "b2:9092"), broker(3, "b3:9092")];
        Metadata { brokers, cluster_id: None, has_controller: true, topics: topics.collect() }
    }

    #[test]
    fn topics_are_as_the_check_wants_them() {
        let well = || vec![partition(0, 0, 1, 3), partition(1, 9, 2, 2)];
        let leaderless = || vec![partition(0, 0, 1, 3), partition(1, 5, -1, 0), partition(2, 0, -1, 1)];
        for (topics, min_isr, expected) in [
            (vec![("a", 0, well()), ("b", 0, well())], None, ""),
            (vec![("a", 0, well()), ("b", 0, well())], Some(2), ""),
            (
                vec![("a", 0, well()), ("b", 0, well())],
                Some(3),
                "not_enough_replicas: too few in-sync replicas of topics a, b: a: 1 of 2 partitions (1): 2 in sync, `min_isr` \
                 requires 3; b: 1 of 2 partitions (1): 2 in sync, `min_isr` requires 3",
            ),
            (
                vec![("a", 3, vec![]), ("b", 0, well())],
                None,
                "not_found_on_server: there is no topic a: UNKNOWN_TOPIC_OR_PARTITION",
            ),
            (
                vec![("a", 3, vec![]), ("b", 29, vec![])],
                None,
                "permission_denied: the user may not describe topic b: TOPIC_AUTHORIZATION_FAILED",
            ),
            (
                vec![("a", 0, leaderless()), ("b", 0, well())],
                Some(3),
                "not_enough_replicas: no leader for topic a: 2 of 3 partitions (1, 2)",
            ),
            (
                vec![("a", 5, vec![]), ("b", 0, well())],
                None,
                "not_enough_replicas: no leader for topic a: LEADER_NOT_AVAILABLE",
            ),
            (
                vec![("a", 0, vec![partition(0, 72, -1, 1)]), ("b", 0, well())],
                None,
                "advertised_unreachable: no address on this listener for the leader of topic a: 1 of 1 partitions (0)",
            ),
            (
                vec![("a", 0, vec![partition(7, 99, 1, 1)]), ("b", 0, well())],
                None,
                "query_failed: the broker answers with an error for topic a: 1 of 1 partitions (7): error 99",
            ),
            (
                vec![("a", 0, well())],
                None,
                "query_failed: the broker answers with an error for topic b: it is missing in the answer",
            ),
        ] {
            let wanted = ["a".to_owned(), "b".to_owned()];
            let fault = metadata(topics).judge(&wanted, min_isr).err();
            let shown =
                fault.as_ref().map_or_else(String::new, |fault| format!("{}: {}", fault.cause.slug(), fault.message));
            assert_eq!(shown, expected);
            assert!(fault.is_none_or(|fault| fault.cause.phases().contains(&fault.phase)));
        }
    }

    #[test]
    fn clients_need_the_leaders_of_their_topics() {
        let needed = |topics: Vec<(&str, i16, Vec<Partition>)>| {
            let brokers = metadata(topics).announced(&Endpoint::parse("b1:9092").unwrap());
            brokers
                .iter()
                .map(|broker| format!("{} {}", broker.endpoint, broker.is_needed))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(needed(vec![]), "b2:9092 true b3:9092 true");
        assert_eq!(
            needed(vec![("a", 0, vec![partition(0, 0, 1, 1), partition(1, 0, 3, 1)])]),
            "b2:9092 false b3:9092 true"
        );
    }

    #[test]
    fn an_address_that_nobody_needs_is_a_warning() {
        let fault = |phase| Fault::new(phase, Cause::ConnectRefused, "it is refused");
        let judge = |address: &str, phase, is_needed| {
            let broker = Broker { is_needed, ..broker(1, address) };
            let result = judge_reach(&[Unreachable { one: &broker, fault: fault(phase) }], 3);
            result.map_err(|fault| format!("{:?}", fault.detail)).map(|text| text.unwrap_or_default())
        };
        let text = "brokers cannot be reached at the addresses that they announce: b1:9092: it is refused";
        assert_eq!(judge("b1:9092", Phase::Connect, false).as_deref(), Ok(text));
        for (address, phase, code) in [
            ("localhost:9092", Phase::Connect, "advertised_loopback"),
            ("127.0.0.1:9092", Phase::Connect, "advertised_loopback"),
            ("b1:9092", Phase::Resolve, "advertised_name"),
            ("b1:9092", Phase::Connect, "advertised_address"),
        ] {
            let detail = judge(address, phase, true).expect_err(address);
            assert!(detail.contains(&format!("{code:?}")), "{detail}");
        }
        assert_eq!(judge_reach(&[], 3), Ok(None));
    }
}
