//! The right word nearest to a wrong one. The wrong one is never shown here.

/// The nearest of the right words, where one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(wrong: &str, right: &[&'a str]) -> Option<&'a str> {
    // No right word is longer: the table below stays small whatever is given.
    if wrong.chars().count() > 40 {
        return None;
    }
    let wrong = wrong.to_ascii_lowercase().replace('-', "_");
    let distances = right.iter().map(|word| (distance(&wrong, &word.replace('-', "_")), *word));
    let (distance, word) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= (word.len().max(wrong.len()) / 3).max(1)).then_some(word)
}

/// `did you mean sslmode?`, else the list of what is right.
#[must_use]
pub fn choice(wrong: &str, right: &[&str]) -> String {
    match nearest(wrong, right) {
        Some(word) => format!("did you mean {word}?"),
        None if right.is_empty() => "no key is allowed here".to_owned(),
        None => format!("expected one of {}", right.join(", ")),
    }
}

/// Insertions, deletions, changes and swaps of neighbours that make one word of the other.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut rows = vec![vec![0_usize; right.len() + 1]; left.len() + 1];
    rows[0] = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        rows[i + 1][0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let change = rows[i][j] + usize::from(a != b);
            let mut best = change.min(rows[i][j + 1] + 1).min(rows[i + 1][j] + 1);
            if i > 0 && j > 0 && *a == right[j - 1] && left[i - 1] == *b {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            rows[i + 1][j + 1] = best;
        }
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::{choice, nearest};

    #[test]
    fn finds_what_was_meant() {
        let keys = ["sslmode", "url", "host", "port", "password", "failure_threshold"];
        for (wrong, right) in [
            ("sslmod", Some("sslmode")),
            ("SSLMode", Some("sslmode")),
            ("ulr", Some("url")),
            ("failure-threshold", Some("failure_threshold")),
            ("failureThreshold", Some("failure_threshold")),
            ("timeout", None),
            ("", None),
            ("ssssssssssssssssssssssssssssssssssssssssssssssssssssss", None),
        ] {
            assert_eq!(nearest(wrong, &keys), right, "{wrong}");
        }
        assert_eq!(choice("x", &["alpha", "beta"]), "expected one of alpha, beta");
    }
}
