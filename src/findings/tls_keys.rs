//! How a kind of check writes its keys of TLS: what hints and findings name differs by this alone.

/// The names of the keys, as a user writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlsKeyNames {
    /// What stands before each: `tls.` where they are in a block of their own, nothing where they stand at the top.
    pub prefix: &'static str,
    /// Whether there is a key `server_name`.
    pub server_name: bool,
    /// Whether there is a key `verify`.
    pub verify: bool,
    /// The parameter of the kind's URL that means `ca`.
    pub ca_in_url: Option<&'static str>,
}

impl TlsKeyNames {
    /// Keys at the top of the check.
    pub const TOP: Self = Self { prefix: "", server_name: true, verify: true, ca_in_url: None };
    /// Keys in the block `tls`.
    pub const BLOCK: Self = Self { prefix: "tls.", ..Self::TOP };

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
        self.server_name.then(|| format!("{}server_name", self.prefix))
    }
}

/// As the `tls` kind has them.
impl Default for TlsKeyNames {
    fn default() -> Self {
        Self::TOP
    }
}
