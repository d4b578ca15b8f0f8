//! The block `tls: {ca, cert, key, server_name, verify}` that every kind over TLS shares.

use std::sync::Arc;

use crate::config::node::{Keys, Node, Problem};
use crate::env::Env;
use crate::net::World;
use crate::net::tls::{Identity, Pem, TlsOptions, Verify, openssl_or_curl};
use crate::outcome::Fault;
use crate::url::Host;
use crate::value::{Setting, Value};

/// The keys whose values are paths of PEM files, or a PEM text.
pub const PEM_KEYS: &[&str] = &["ca", "cert", "key"];

/// TLS settings.
#[derive(Debug, Clone, PartialEq, Eq, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TlsKeys {
    /// The trusted authorities: a PEM file, the PEM text itself, `system` (the bundle of the image) or `builtin` (the
    /// roots inside pilotfish). Default: `system` if the image has a bundle, otherwise `builtin`.
    pub ca: Option<Pem>,
    /// The client certificate and its chain, for servers that require one: a PEM file or the PEM text itself.
    pub cert: Option<Pem>,
    /// The key of `cert`: a PEM file or the PEM text itself, not encrypted.
    pub key: Option<Pem>,
    /// The name to request (SNI) and to expect in the certificate. Default: the host of the target.
    pub server_name: Option<Setting<Host>>,
    /// `false` accepts any certificate. Every report shows that.
    #[serde(default = "yes")]
    pub verify: bool,
}

const fn yes() -> bool {
    true
}

impl Default for TlsKeys {
    fn default() -> Self {
        Self { ca: None, cert: None, key: None, server_name: None, verify: true }
    }
}

impl TlsKeys {
    /// What is wrong with the keys as a whole; the node is the mapping that they were read from.
    #[must_use]
    pub fn problems(&self, node: &Node) -> Vec<Problem> {
        let message = match (&self.cert, &self.key) {
            (Some(_), None) => "`cert` needs its `key`",
            (None, Some(_)) => "`key` needs its `cert`",
            (Some(_), Some(_)) | (None, None) => return Vec::new(),
        };
        vec![Problem { span: node.span, path: String::new(), message: message.to_owned() }]
    }

    /// The same of the block `tls` of a mapping, if it has one.
    #[must_use]
    pub fn problem_in(block: Option<&Self>, node: &Node) -> Option<Problem> {
        let (keys, node) = block.zip(node.get("tls"))?;
        keys.problems(node).pop().map(|problem| problem.under("tls"))
    }

    /// What is to be done now, for a host that is dialled: files are read where they changed.
    ///
    /// # Errors
    /// `file_missing`, `file_invalid` and those of a value that cannot be resolved.
    pub fn options(&self, default_name: &Host, world: &World) -> Result<TlsOptions, Fault> {
        let env: &dyn Env = &*world.env;
        let server_name = match &self.server_name {
            Some(name) => name.resolve("server_name", env)?,
            None => default_name.clone(),
        };
        let identity = match (&self.cert, &self.key) {
            (Some(cert), Some(key)) => Some(Identity::read(cert, key, env)?),
            _ => None,
        };
        Ok(TlsOptions {
            server_name,
            name_rule: openssl_or_curl,
            verify: if self.verify { Verify::Full } else { Verify::Off },
            roots: match (&self.ca, self.verify) {
                // Nobody will be asked: the bundle need not be read.
                (None, false) => Arc::default(),
                (ca, _) => world.roots.get(ca.as_ref(), env)?,
            },
            identity,
            alpn: Vec::new(),
        })
    }

    /// Every value that is read at a run.
    #[must_use]
    pub fn values(&self) -> Vec<&Value> {
        let files = [&self.ca, &self.cert, &self.key].into_iter().flatten().map(Pem::value);
        let name = self.server_name.as_ref().and_then(Setting::later);
        files.chain(name).collect()
    }
}
