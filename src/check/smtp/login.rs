//! Who logs in.

use crate::secret::Secret;

/// Who logs in.
#[derive(Debug, Clone)]
pub(super) struct Login {
    pub(super) user: String,
    /// The password, or a token.
    pub(super) secret: Secret,
    pub(super) is_token: bool,
    /// Whether the user may not be shown.
    pub(super) hides_user: bool,
}

impl Login {
    /// A password of a user who may be shown.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(super) fn new(user: &str, secret: Secret) -> Self {
        Self { user: user.to_owned(), secret, is_token: false, hides_user: false }
    }
}
