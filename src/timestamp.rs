//! Moments as people and machines read them: RFC 3339, UTC, whole seconds. No clock is read here.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};

/// `2026-11-20T09:00:00Z`; a moment before 1970 or past the year 9999 is held at that bound.
#[must_use]
pub fn rfc3339(at: SystemTime) -> String {
    rfc3339_unix(unix(at))
}

/// Seconds since 1970; 0 for a moment before.
#[must_use]
pub fn unix(at: SystemTime) -> i64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// The same for seconds since 1970, as certificates give them.
#[must_use]
pub fn rfc3339_unix(seconds: i64) -> String {
    const LAST: i64 = 253_402_300_799; // 9999-12-31T23:59:59Z
    let seconds = seconds.clamp(0, LAST);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

/// The seconds since 1970 of a text that [`rfc3339`] made; `None` for any other text.
#[must_use]
pub fn unix_of_rfc3339(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let at = (days_from_civil(year, month, day) * 86_400) + hour * 3_600 + minute * 60 + second;
    (rfc3339_unix(at) == text).then_some(at)
}

/// Seconds with at most six decimals: what durations are in JSON and metrics.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a duration of 285 years is exact to the microsecond")]
pub fn seconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1e6
}

/// For `serialize_with`: a duration as [`seconds`].
///
/// # Errors
/// Those of the serializer.
pub fn serialize_seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    seconds(*duration).serialize(serializer)
}

/// For `serialize_with`: a duration as [`seconds`], or null.
///
/// # Errors
/// Those of the serializer.
pub fn serialize_optional_seconds<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    duration.map(seconds).serialize(serializer)
}

/// For `serialize_with`: a moment as [`rfc3339_unix`].
///
/// # Errors
/// Those of the serializer.
pub fn serialize_unix<S: Serializer>(at: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    rfc3339_unix(*at).serialize(serializer)
}

/// The date of a day counted from 1970-01-01, which is not before it (Hinnant, "chrono-compatible low-level date
/// algorithms": years begin in March, so that the leap day is the last one).
const fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// The inverse of [`civil`].
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let march_month = (month + 9) % 12;
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::{civil, rfc3339, rfc3339_unix, seconds, unix_of_rfc3339};
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (unix, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_795_165_200, "2026-11-20T09:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
            (-1, "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339_unix(unix), text);
            assert_eq!(unix_of_rfc3339(text), Some(unix.clamp(0, 253_402_300_799)));
        }
        for text in
            ["", "soon", "2026-11-20", "2026-13-20T09:00:00Z", "2026-11-20T09:00:00+01:00", "2026-02-30T00:00:00Z"]
        {
            assert_eq!(unix_of_rfc3339(text), None, "{text}");
        }
        assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_millis(86_400_999)), "1970-01-02T00:00:00Z");
    }

    #[test]
    fn every_day_is_the_one_after_the_day_before() {
        let (mut year, mut month, mut date) = (1970, 1, 1);
        for day in 0..2_932_897 {
            assert_eq!(civil(day), (year, month, date));
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let last = match month {
                2 if leap => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            (month, date) = if date < last { (month, date + 1) } else { (month + 1, 1) };
            (year, month) = if month > 12 { (year + 1, 1) } else { (year, month) };
        }
        assert_eq!((year, month, date), (10_000, 1, 1));
    }

    #[test]
    fn durations_have_no_noise_behind_the_microsecond() {
        assert_eq!(seconds(Duration::from_nanos(412_345)).to_string(), "0.000412");
        assert_eq!(seconds(Duration::from_secs(2)).to_string(), "2");
    }
}
