//! An exchange between two honest sides, and what others can make of it.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;

use super::exchange::{Agreed, MESSAGE, Side, Started, Unfit, start};
use super::wire::{Hello, Offer, Proof, Question, Refusal, Reply};
use super::{LONGEST, Name, Version, instance};
use crate::secret::Secret;

const WEAK: &str = "hunter2";

fn side(side: Side, name: &str, secret: &str) -> Started {
    start(side, &name.parse().unwrap(), &Secret::new(secret.to_owned())).unwrap()
}

/// Both sides' keys, each with its own secret and name, over a transcript.
fn exchange(asks: (&str, &str), answers: (&str, &str), transcripts: (&[u8], &[u8])) -> (Agreed, Agreed) {
    let (one, other) = (side(Side::Asks, asks.0, asks.1), side(Side::Answers, answers.0, answers.1));
    let (from_one, from_other) = (one.message, other.message);
    (one.finish(&from_other, transcripts.0).unwrap(), other.finish(&from_one, transcripts.1).unwrap())
}

fn agree(one: &Agreed, other: &Agreed) -> bool {
    let forth = other.is_confirmed_by(&one.confirmation());
    assert_eq!(forth, one.is_confirmed_by(&other.confirmation()), "both find the same");
    // Nobody is convinced by his own confirmation: it says whose it is.
    assert!(!one.is_confirmed_by(&one.confirmation()) && !other.is_confirmed_by(&other.confirmation()));
    forth
}

#[test]
fn the_same_secret_of_the_same_name_is_confirmed_and_nothing_else() {
    let long = "s".repeat(100_000);
    for secret in [WEAK, "", "with\nlines", "ünïcödé", &long] {
        let (one, other) = exchange(("jwt", secret), ("jwt", secret), (b"t", b"t"));
        assert!(agree(&one, &other), "{secret:.10}");
        for (name, theirs) in
            [("jwt", "hunter3"), ("jwt", "hunter2\n"), ("jwt", "Hunter2"), ("jwt2", secret), ("JWT", secret)]
        {
            let (one, other) = exchange(("jwt", secret), (name, theirs), (b"t", b"t"));
            assert!(!agree(&one, &other), "{name} {theirs:.10}");
        }
    }
    let (one, other) = exchange(("jwt", WEAK), ("jwt", WEAK), (b"what was said", b"what was sai"));
    assert!(!agree(&one, &other), "what was said on the way was changed");
}

#[test]
fn every_exchange_is_a_fresh_one() {
    let messages: Vec<_> = (0..20).map(|_| side(Side::Asks, "jwt", WEAK).message).collect();
    for (index, message) in messages.iter().enumerate() {
        assert!(!messages[..index].contains(message));
    }
    let (one, _) = exchange(("jwt", WEAK), ("jwt", WEAK), (b"t", b"t"));
    let (again, other) = exchange(("jwt", WEAK), ("jwt", WEAK), (b"t", b"t"));
    assert!(!other.is_confirmed_by(&one.confirmation()) && other.is_confirmed_by(&again.confirmation()), "a replay");
}

/// Whoever hears it all has both messages and both confirmations. To judge a guess he needs the key, and for that one of the
/// random numbers: with those of his own, not even the right secret fits.
#[test]
fn what_an_eavesdropper_hears_fits_no_guess() {
    let (one, other) = (side(Side::Asks, "jwt", WEAK), side(Side::Answers, "jwt", WEAK));
    let (from_one, from_other) = (one.message, other.message);
    let (one, other) = (one.finish(&from_other, b"t").unwrap(), other.finish(&from_one, b"t").unwrap());
    assert!(agree(&one, &other));
    for guess in ["123456", "password", WEAK, "hunter3"] {
        for (own, heard) in [(Side::Asks, from_other), (Side::Answers, from_one)] {
            let own = side(own, "jwt", guess).finish(&heard, b"t").unwrap();
            for tag in [one.confirmation(), other.confirmation()] {
                assert!(!own.is_confirmed_by(&tag) && own.confirmation() != tag, "{guess}");
            }
        }
    }
    // Nor do the messages show the secret: those of two secrets are points like any other.
    let points = [side(Side::Asks, "jwt", WEAK).message, side(Side::Asks, "jwt", "x").message];
    assert!(points.iter().all(|message| message.len() == MESSAGE && message[0] == b'A'));
}

#[test]
fn our_own_message_sent_back_is_refused() {
    for own in [Side::Asks, Side::Answers] {
        let one = side(own, "jwt", WEAK);
        let message = one.message;
        assert_eq!(one.finish(&message, b"t").err(), Some(Unfit), "{own:?}");
        // Another one of the same side, too.
        let other = side(own, "jwt", WEAK).message;
        assert_eq!(side(own, "jwt", WEAK).finish(&other, b"t").err(), Some(Unfit), "{own:?}");
        // With the letter of the other side it is a message like any other, and fits no confirmation.
        let one = side(own, "jwt", WEAK);
        let mut turned = one.message;
        turned[0] = if turned[0] == b'A' { b'B' } else { b'A' };
        let agreed = one.finish(&turned, b"t").unwrap();
        assert!(!agreed.is_confirmed_by(&agreed.confirmation()));
    }
}

#[test]
fn points_that_no_honest_side_sends_are_refused() {
    let fits = |bytes: &[u8]| side(Side::Answers, "jwt", WEAK).finish(bytes, b"t").is_ok();
    let honest = side(Side::Asks, "jwt", WEAK).message;
    assert!(fits(&honest));
    let with = |point: [u8; 32]| [&b"A"[..], &point].concat();
    for (index, point) in EIGHT_TORSION.iter().enumerate() {
        assert!(!fits(&with(point.compress().to_bytes())), "{index}: of small order, the first one is the identity");
        let honest = CompressedEdwardsY::from_slice(&honest[1..]).unwrap().decompress().unwrap();
        assert_eq!(fits(&with((honest + point).compress().to_bytes())), index == 0, "{index}: a part of small order");
    }
    // The identity in other bytes, and what is on no curve.
    let mut identity = [0; 32];
    (identity[0], identity[31]) = (1, 0x80);
    assert!(!fits(&with(identity)) && !fits(&with([0xff; 32])) && !fits(&with([2; 32])));
    for length in [0, 1, 32, 34, 64] {
        assert!(!fits(&honest.iter().copied().cycle().take(length).collect::<Vec<u8>>()), "{length}");
    }
}

fn hello(name: Name) -> Question {
    let message = side(Side::Asks, "jwt", WEAK).message;
    Question::Hello(Hello { name, version: Version::Previous, instance: instance().unwrap(), message })
}

#[test]
fn messages_are_read_as_they_are_written() {
    let name: Name = "n".repeat(64).parse().unwrap();
    let questions = [hello(name), Question::Proof(Proof { session: [7; 16], tag: [0xab; 32] })];
    for question in questions {
        let text = question.text();
        assert!(text.len() <= LONGEST, "{text}");
        assert_eq!(Question::read(text.as_bytes()), Some(question));
        for changed in [
            text.to_uppercase(),
            format!("{text} "),
            format!("{text} x"),
            format!("{text}\n"),
            format!(" {text}"),
            text.replace("same-secret/1", "same-secret/2"),
            text[..text.len() - 1].to_owned(),
            format!("{text}0"),
        ] {
            assert_eq!(Question::read(changed.as_bytes()), None, "{changed}");
        }
    }
    let message = side(Side::Answers, "jwt", WEAK).message;
    let offer = Reply::Offer(Offer { session: [1; 16], has_previous: true, message });
    let refused = Refusal::ALL.into_iter().map(Reply::Refused);
    for reply in [offer, Reply::Proved([3; 32])].into_iter().chain(refused) {
        assert_eq!(Reply::read(reply.text().as_bytes()), Some(reply));
    }
    for other in
        ["", "ok", "<html>", "same-secret/1", "same-secret/1 refused", "same-secret/1 refused me", "unknown path"]
    {
        assert_eq!((Reply::read(other.as_bytes()), Question::read(other.as_bytes())), (None, None), "{other}");
    }
    assert_eq!(Question::read(b"same-secret/1 \xff"), None);
}

#[test]
fn names_are_short_and_plain() {
    for name in ["jwt-signing", "a", "A.b_c-9"] {
        assert_eq!(name.parse::<Name>().unwrap().as_str(), name);
    }
    for name in ["", "a b", "a\n", "ä", "a/b", &"n".repeat(65)] {
        assert!(name.parse::<Name>().is_err(), "{name:?}");
    }
    assert_eq!(Name::default().as_str(), "secret");
}
