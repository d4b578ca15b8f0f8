//! Random numbers, for jitter: the pods of a deployment do not all act at the same moment. And random bytes, by which an answer
//! is known.

use std::hash::{BuildHasher as _, RandomState};
use std::io;

use ring::rand::{SecureRandom as _, SystemRandom};

/// Gives numbers from 0 up to but not including 1: [`fraction`] in the process, given ones in tests.
pub type Random = fn() -> f64;

/// A random number, from the seed that the system gives to hash maps.
#[must_use]
pub fn fraction() -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    let number = (RandomState::new().hash_one(0_u8) >> 11) as f64;
    number / (1_u64 << 53) as f64
}

/// Random bytes, which nobody can guess.
///
/// # Errors
/// The system gives none.
pub fn bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("the system gives no random bytes"))?;
    Ok(bytes)
}

/// So many random letters and digits, in lower case: a name that nothing else has.
#[must_use]
pub fn word(length: usize) -> String {
    const LETTERS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    /// As many as one number has room for.
    const AT_ONCE: usize = 12;
    let mut word = String::with_capacity(length);
    let mut number = 0_u64;
    for index in 0..length {
        if index % AT_ONCE == 0 {
            number = RandomState::new().hash_one(index);
        }
        let letter = usize::try_from(number % 36).unwrap_or_default();
        word.push(char::from(LETTERS[letter]));
        number /= 36;
    }
    word
}

#[cfg(test)]
mod tests {
    use super::{fraction, word};

    #[test]
    fn words_have_their_length_and_vary() {
        let words: std::collections::BTreeSet<String> = (0..100).map(|_| word(20)).collect();
        assert_eq!(words.len(), 100);
        assert!(words.iter().all(|word| word.len() == 20));
        let letters: std::collections::BTreeSet<char> = words.iter().flat_map(|word| word.chars()).collect();
        assert_eq!(letters.len(), 36, "{letters:?}");
        assert_eq!(word(0), "");
    }

    #[test]
    fn fractions_are_from_0_up_to_1_and_vary() {
        let numbers: Vec<f64> = (0..100).map(|_| fraction()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        assert!(numbers.iter().any(|number| *number < 0.5) && numbers.iter().any(|number| *number >= 0.5));
    }
}
