//! Random numbers, for jitter: the pods of a deployment do not all act at the same moment.

use std::hash::{BuildHasher as _, RandomState};

/// Gives numbers from 0 up to but not including 1: [`fraction`] in the process, given ones in tests.
pub type Random = fn() -> f64;

/// A random number, from the seed that the system gives to hash maps.
#[must_use]
pub fn fraction() -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    let number = (RandomState::new().hash_one(0_u8) >> 11) as f64;
    number / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::fraction;

    #[test]
    fn fractions_are_from_0_up_to_1_and_vary() {
        let numbers: Vec<f64> = (0..100).map(|_| fraction()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        assert!(numbers.iter().any(|number| *number < 0.5) && numbers.iter().any(|number| *number >= 0.5));
    }
}
