//! Durations as people write them: `500ms`, `3s`, `1m30s`.

use std::time::Duration;

const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

/// Reads a duration; units `ms`, `s`, `m`, `h`, at most one day, no fraction.
///
/// # Errors
/// What was expected.
pub fn parse(text: &str) -> Result<Duration, &'static str> {
    const EXPECTED: &str = "a duration such as 500ms, 3s or 1m30s";
    const DAY_MS: u64 = 86_400_000;
    let mut rest = text;
    let mut total: u64 = 0;
    let mut smallest = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().map_err(|_| EXPECTED)?;
        rest = &rest[digits..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (_, unit) = UNITS.into_iter().find(|(name, _)| *name == &rest[..letters]).ok_or(EXPECTED)?;
        if unit >= smallest {
            return Err(EXPECTED);
        }
        smallest = unit;
        total = number.checked_mul(unit).and_then(|part| total.checked_add(part)).ok_or(EXPECTED)?;
        rest = &rest[letters..];
    }
    match (text.is_empty(), total) {
        (true, _) => Err(EXPECTED),
        (_, 0..=DAY_MS) => Ok(Duration::from_millis(total)),
        _ => Err("a duration of at most one day"),
    }
}

/// The shortest text for a duration; fractions of a millisecond are dropped from a second on.
#[must_use]
pub fn show(duration: Duration) -> String {
    let ms = duration.as_millis();
    match ms {
        0 if duration.is_zero() => "0s".to_owned(),
        0 => format!("{:.1}ms", duration.as_secs_f64() * 1000.0),
        1..1_000 => format!("{ms}ms"),
        1_000..60_000 if ms.is_multiple_of(1_000) => format!("{}s", ms / 1_000),
        1_000..60_000 => format!("{:.1}s", duration.as_secs_f64()),
        60_000.. if (ms / 1_000).is_multiple_of(60) => format!("{}m", ms / 60_000),
        60_000.. => format!("{}m{}s", ms / 60_000, (ms / 1_000) % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, show};
    use crate::testing::few_cases;
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
    use std::time::Duration;

    #[test]
    fn reads_and_shows() {
        for (text, ms) in [("500ms", 500), ("3s", 3_000), ("1m30s", 90_000), ("2h", 7_200_000), ("0s", 0)] {
            assert_eq!(parse(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "5", "s", "1.5s", "-1s", "1s1m", "1s1s", "99999999999999999999s", "25h", "1 s", "ß"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(show(Duration::from_millis(90_000)), "1m30s");
        assert_eq!(show(Duration::from_micros(400)), "0.4ms");
        assert_eq!(show(Duration::ZERO), "0s");
        assert_eq!(show(Duration::from_millis(3_000)), "3s");
    }
    proptest! {
        #![proptest_config(few_cases())]

        #[test]
        fn what_is_shown_is_read_as_the_same(ms in 0..1_000_u64, seconds in 0..=86_400_u64) {
            for duration in [Duration::from_millis(ms), Duration::from_secs(seconds)] {
                prop_assert_eq!(parse(&show(duration)), Ok(duration), "{}", show(duration));
            }
            let both = Duration::from_secs(seconds) + Duration::from_millis(ms);
            prop_assert!(show(both).len() <= 9, "{}", show(both));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9]{0,3}(ms|s|m|h|x){0,3}[0-9]{0,20}(ms|s|m|h)?") {
            if let Ok(duration) = parse(&text) {
                prop_assert!(duration <= Duration::from_secs(86_400));
            }
        }
    }
}
