//! What strangers can make of the side that answers.

use std::time::Duration;

use tokio::time::Instant;

use super::{Exchanges, OPEN, OPEN_LIMIT};
use crate::env::MapEnv;
use crate::proof::exchange::{Agreed, Side, start};
use crate::proof::wire::{Hello, Proof, Question, Refusal, Reply};
use crate::proof::{self, Held, Version};
use crate::secret::Secret;
use crate::value::Value;

const STRANGER: [u8; 16] = [9; 16];

/// The side that answers, with a secret, and a clock.
struct Answering {
    exchanges: Exchanges,
    held: Vec<Held>,
    env: MapEnv,
    now: Instant,
}

impl Answering {
    fn new() -> Self {
        let held = |name: &str, values: &[&str]| Held {
            name: name.parse().unwrap(),
            values: values.iter().map(|name| Value::Env((*name).to_owned())).collect(),
        };
        let held = vec![held("jwt", &["NOW", "BEFORE"]), held("one", &["NOW"]), held("unset", &["NONE"])];
        let env = MapEnv::with_vars(&[("NOW", "right"), ("BEFORE", "old")]);
        Self { exchanges: Exchanges::default(), held, env, now: Instant::now() }
    }

    fn tell(&self, text: &str) -> Reply {
        self.exchanges.answer(&self.held, &self.env, text.as_bytes(), self.now)
    }

    /// The first step with a guess: the offer, and the proof of the guess.
    fn begin(&self, name: &str, version: Version, guess: &str) -> Result<(Agreed, Proof), Refusal> {
        let name = name.parse().unwrap();
        let started = start(Side::Asks, &name, &Secret::new(guess.to_owned())).unwrap();
        let hello = Question::Hello(Hello { name, version, instance: STRANGER, message: started.message }).text();
        let reply = self.tell(&hello);
        let transcript = format!("{hello}\n{}", reply.text());
        match reply {
            Reply::Offer(offer) => {
                let agreed = started.finish(&offer.message, transcript.as_bytes()).unwrap();
                let proof = Proof { session: offer.session, tag: agreed.confirmation() };
                Ok((agreed, proof))
            }
            Reply::Refused(refusal) => Err(refusal),
            Reply::Proved(_) => panic!("it confirms before it is asked"),
        }
    }

    fn prove(&self, proof: &Proof) -> Reply {
        let Proof { session, tag } = *proof;
        self.tell(&Question::Proof(Proof { session, tag }).text())
    }

    fn guess(&self, version: Version, guess: &str) -> Reply {
        match self.begin("jwt", version, guess) {
            Ok((_, proof)) => self.prove(&proof),
            Err(refusal) => Reply::Refused(refusal),
        }
    }

    fn later(&mut self, time: Duration) {
        self.now += time;
    }
}

#[test]
fn each_version_is_proved_to_whoever_has_it() {
    let answering = Answering::new();
    for (version, guess, same) in [
        (Version::Current, "right", true),
        (Version::Previous, "old", true),
        (Version::Current, "old", false),
        (Version::Previous, "right", false),
        (Version::Current, "", false),
    ] {
        let (agreed, proof) = answering.begin("jwt", version, guess).unwrap();
        match answering.prove(&proof) {
            Reply::Proved(tag) => assert!(same && agreed.is_confirmed_by(&tag), "{version:?} {guess}"),
            other => assert_eq!((other, same), (Reply::Refused(Refusal::Differs), false), "{version:?} {guess}"),
        }
    }
}

#[test]
fn it_confirms_only_after_it_was_confirmed_and_each_exchange_is_one_guess() {
    let answering = Answering::new();
    // Before the confirmation the answer is the same whatever the guess: a number and a point.
    let (right, wrong) =
        (answering.begin("jwt", Version::Current, "right"), answering.begin("jwt", Version::Current, "no"));
    let ((_, right), (_, wrong)) = (right.unwrap(), wrong.unwrap());
    // A confirmation of another exchange is a wrong one, and uses it up.
    let crossed = Proof { session: wrong.session, tag: right.tag };
    assert_eq!(answering.prove(&crossed), Reply::Refused(Refusal::Differs));
    assert_eq!(answering.prove(&wrong), Reply::Refused(Refusal::Expired), "a second guess");
    assert!(matches!(answering.prove(&right), Reply::Proved(_)));
    assert_eq!(answering.prove(&right), Reply::Refused(Refusal::Expired), "a replay");
    assert_eq!(answering.prove(&Proof { session: [0; 16], tag: [0; 32] }), Reply::Refused(Refusal::Expired));
}

#[test]
fn an_exchange_ends_after_a_while_and_the_oldest_makes_room() {
    let mut answering = Answering::new();
    let (_, proof) = answering.begin("jwt", Version::Current, "right").unwrap();
    answering.later(OPEN_LIMIT);
    assert_eq!(answering.prove(&proof), Reply::Refused(Refusal::Expired));
    let (_, oldest) = answering.begin("jwt", Version::Current, "right").unwrap();
    for _ in 0..OPEN {
        answering.later(Duration::from_millis(50));
        answering.begin("jwt", Version::Current, "x").unwrap();
    }
    assert_eq!(answering.prove(&oldest), Reply::Refused(Refusal::Expired));
    assert_eq!(answering.exchanges.0.lock().unwrap().open.len(), OPEN);
}

#[test]
fn a_flood_is_cut_for_all_and_costs_no_guess() {
    let mut answering = Answering::new();
    let begun = (0..1000).filter(|_| answering.begin("jwt", Version::Current, "x").is_ok()).count();
    assert_eq!(begun, 20);
    assert_eq!(answering.begin("jwt", Version::Current, "right").err(), Some(Refusal::Busy));
    answering.later(Duration::from_secs(1));
    assert!(matches!(answering.guess(Version::Current, "right"), Reply::Proved(_)));
}

#[test]
fn only_wrong_confirmations_count_and_a_right_one_does_not_show_once_they_are_used_up() {
    let mut answering = Answering::new();
    for _ in 0..500 {
        answering.later(Duration::from_millis(100));
        assert!(matches!(answering.guess(Version::Current, "right"), Reply::Proved(_)));
    }
    for _ in 0..31 {
        answering.later(Duration::from_millis(100));
        assert_eq!(answering.guess(Version::Current, "wrong"), Reply::Refused(Refusal::Differs));
    }
    answering.later(Duration::from_millis(100));
    let (_, opened) = answering.begin("jwt", Version::Current, "right").unwrap();
    assert_eq!(answering.guess(Version::Current, "wrong"), Reply::Refused(Refusal::Differs));
    assert_eq!(answering.prove(&opened), Reply::Refused(Refusal::Quota), "it is judged no more than others");
    assert_eq!(answering.guess(Version::Current, "right"), Reply::Refused(Refusal::Quota));
    // Another one each 30 s, whoever asks.
    answering.later(Duration::from_secs(31));
    assert_eq!(answering.guess(Version::Current, "wrong"), Reply::Refused(Refusal::Differs));
    assert_eq!(answering.guess(Version::Current, "right"), Reply::Refused(Refusal::Quota));
    answering.later(Duration::from_secs(31));
    assert!(matches!(answering.guess(Version::Current, "right"), Reply::Proved(_)));
}

#[test]
fn what_cannot_be_answered_says_why() {
    let answering = Answering::new();
    let begin = |name: &str, version| answering.begin(name, version, "right").err();
    assert_eq!(begin("other", Version::Current), Some(Refusal::UnknownName));
    assert_eq!(begin("one", Version::Previous), Some(Refusal::UnknownName));
    assert_eq!(begin("unset", Version::Current), Some(Refusal::NoSecret));
    assert_eq!(begin("one", Version::Current), None);
    let started = start(Side::Asks, &"jwt".parse().unwrap(), &Secret::new("right".to_owned())).unwrap();
    let hello = |instance, message| {
        let name = "jwt".parse().unwrap();
        answering.tell(&Question::Hello(Hello { name, version: Version::Current, instance, message }).text())
    };
    assert_eq!(hello(proof::instance().unwrap(), started.message), Reply::Refused(Refusal::Itself));
    // Reflection: what this side offered, sent back to it. It is of no use to whoever asks, and no guess.
    let Reply::Offer(offer) = hello(STRANGER, started.message) else { panic!("an offer") };
    let Reply::Offer(second) = hello(STRANGER, offer.message) else { panic!("an offer") };
    let proof = Proof { session: second.session, tag: [0; 32] };
    assert_eq!(answering.prove(&proof), Reply::Refused(Refusal::Invalid));
    for text in ["", "x", "same-secret/1 hello", "GET /", "same-secret/1 proof 00 00"] {
        assert_eq!(answering.tell(text), Reply::Refused(Refusal::Invalid), "{text}");
    }
}
