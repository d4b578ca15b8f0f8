//! How the keys about TLS are written in checks of one kind: words for hints and findings.

use std::fmt;

/// The names of the keys about TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlsKeyNames {
    /// What stands before each of them: `tls.`, or nothing.
    pub prefix: &'static str,
    /// Whether there is `server_name`.
    pub has_server_name: bool,
    /// The parameter of the URL that says the same as `ca`: `sslrootcert`.
    pub ca_in_url: Option<&'static str>,
    /// What keeps a certificate from being verified.
    pub unverified: Unverified,
}

/// What keeps a certificate from being verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unverified {
    /// `verify: false`.
    #[default]
    VerifyFalse,
    /// A mode that asks for no more, under the key of this name: that is how its clients have it, too.
    Mode(&'static str),
}

impl fmt::Display for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VerifyFalse => f.write_str("verify: false"),
            Self::Mode(key) => write!(f, "{key} does not ask for it"),
        }
    }
}

impl TlsKeyNames {
    /// None.
    pub const NONE: Self =
        Self { prefix: "", has_server_name: false, ca_in_url: None, unverified: Unverified::VerifyFalse };

    /// The shared block `tls: {…}`.
    pub const BLOCK: Self = Self { prefix: "tls.", has_server_name: true, ..Self::NONE };

    /// The keys of the shared block, beside the other keys of the check.
    pub const BESIDE: Self = Self { prefix: "", ..Self::BLOCK };

    /// A key as text: `` `tls.cert` ``.
    pub(super) fn named(self, key: &str) -> String {
        format!("`{}{key}`", self.prefix)
    }

    /// The key `ca` as text, with the URL's parameter where there is one.
    pub(super) fn ca(self) -> String {
        let in_url = self.ca_in_url.map(|name| format!(" (in a URL: {name})")).unwrap_or_default();
        format!("{}{in_url}", self.named("ca"))
    }

    /// The key `server_name` without backticks; `None` where there is none.
    pub(super) fn server_name(self) -> Option<String> {
        self.has_server_name.then(|| format!("{}server_name", self.prefix))
    }
}

/// As the `tls` kind has them.
impl Default for TlsKeyNames {
    fn default() -> Self {
        Self::BESIDE
    }
}
