//! Words that several families of findings need.

/// `a, b and c`.
pub(super) fn join_names(names: &[impl AsRef<str>]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [before @ .., last] => {
            let before: Vec<&str> = before.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", before.join(", "), last.as_ref())
        }
    }
}

/// A name of a certificate, as long as a hint can bear.
pub(super) fn short(name: &str) -> String {
    crate::outcome::clean_text(name, 60)
}
