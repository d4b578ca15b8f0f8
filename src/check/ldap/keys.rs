//! The keys of `ldap`, and their values for one run.

use super::answers::code;
use crate::cause::Cause;
use crate::check::login;
use crate::check::server_keys::{Server, ServerKeys, ServerRules, read};
use crate::check::tls_keys::TlsKeys;
use crate::check::tls_mode::{Mode, TlsKey};
use crate::config::node::{Keys, Node, Problem};
use crate::env::Env;
use crate::mask;
use crate::outcome::{Detail, Fault, Phase, ValueDetail};
use crate::scheme::{Discovery, Scheme};
use crate::secret::Secret;
use crate::value::Value;

const LDAP: Scheme = Scheme::new("ldap").port(PORT).discovery(Discovery::List);
const LDAPS: Scheme = Scheme::new("ldaps").port(TLS_PORT).tls().discovery(Discovery::List);
/// Over a Unix socket: its port means nothing.
const LDAPI: Scheme = Scheme::new("ldapi").port(PORT).discovery(Discovery::List).socket();

const PORT: u16 = 389;
/// A port that speaks TLS at once.
const TLS_PORT: u16 = 636;
/// The same of Active Directory's global catalogue.
const CATALOGUE_TLS_PORT: u16 = 3269;

/// The URLs.
pub(super) const RULES: ServerRules = ServerRules::of(&[LDAP, LDAPS, LDAPI]);

/// The longest DN that is shown.
const SHOWN: usize = 200;

/// The schema of all keys; `url_form` is what its URLs look like.
#[cfg(test)]
pub(super) fn schema(generator: &mut schemars::SchemaGenerator, url_form: &str) -> schemars::Schema {
    use crate::check::server_keys::{describe, schema};

    let mut schema = schema::<OwnKeys>(generator, url_form);
    let url = format!(
        "`{url_form}`, also `ldaps://` for TLS at once, or `ldapi://%2Frun%2Fslapd%2Fldapi` for a Unix socket; every other \
         key overrides its part of it."
    );
    describe(&mut schema, "url", url);
    let user = "Who logs in: a DN, or with Active Directory also `name@domain` or `DOMAIN\\name`. Without user and password, \
                the login is anonymous.";
    describe(&mut schema, "user", user);
    schema
}

/// The keys in addition to those of the server.
#[derive(Debug, Clone, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct OwnKeys {
    /// The DN of an entry that must exist, such as the one below which the app searches. Default: the path of the URL; without both, the check ends with the login.
    pub(super) base: Option<Value>,
    /// How TLS starts: `none`, `starttls` or `implicit`; or a block with the settings of TLS, and this as its `mode`. Default: `implicit` for `ldaps://` and the ports 636 and 3269, `starttls` for a block without `mode`, otherwise `none`. StartTLS is never given up: nothing else is said before it.
    pub(super) tls: Option<TlsKey>,
}

/// The keys of `ldap`.
#[derive(Debug, Clone, Default)]
pub(super) struct LdapKeys {
    pub(super) server: ServerKeys,
    pub(super) own: OwnKeys,
}

/// Who logs in.
#[derive(Debug, Clone)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: Secret,
    /// The user, where it may be shown.
    pub(super) shown: Option<String>,
}

/// Where to connect, and as whom.
#[derive(Debug)]
pub(super) struct Destination {
    pub(super) server: Server,
    pub(super) mode: Mode,
    /// The entry that must exist; empty for the one that describes the server.
    pub(super) base: Option<String>,
    /// The same, where it may be shown.
    pub(super) shown_base: Option<String>,
    /// `None` for an anonymous login; else why nobody can log in, where a part of the credentials is missing.
    pub(super) login: Result<Option<Login>, Fault>,
}

impl LdapKeys {
    /// Reads them.
    ///
    /// # Errors
    /// Every fault at once.
    pub(super) fn read(node: &Node) -> Result<Self, Vec<Problem>> {
        let (server, own) = read::<OwnKeys>(node, &RULES)?;
        let keys = Self { server, own };
        let problem = TlsKeys::problem_in(keys.own.tls.as_ref().map(|tls| &tls.keys), node);
        problem.map_or(Ok(keys), |problem| Err(vec![problem]))
    }

    /// Resolves the keys that say where to connect, and as whom.
    ///
    /// # Errors
    /// As [`ServerKeys::resolve`].
    pub(super) fn destination(&self, env: &dyn Env) -> Result<Destination, Fault> {
        self.is_one_url(env)?;
        let asked = self.own.tls.as_ref().map(|key| key.mode(env)).transpose()?.flatten();
        let mut server = self.server.resolve(&RULES, asked == Some(Mode::Implicit), env)?;
        let mode = asked.unwrap_or(match server.endpoint().port {
            _ if server.tls => Mode::Implicit,
            _ if server.socket.is_some() && self.own.tls.is_none() => Mode::None,
            TLS_PORT | CATALOGUE_TLS_PORT => Mode::Implicit,
            _ if self.own.tls.is_some() => Mode::StartTls,
            _ => Mode::None,
        });
        let base = self.own.base.as_ref().map(|base| base.resolve(env)).transpose()?;
        let base = base.map(|base| base.expose().to_owned()).or_else(|| server.path.clone());
        let login = self.login(&mut server, env);
        let password = login.as_ref().ok().and_then(Option::as_ref).map(|login| &login.password);
        let shown_base = base.clone().filter(|base| may_be_shown(base, password));
        Ok(Destination { server, mode, base, shown_base, login })
    }

    /// Whether the URL is one: clients of LDAP also take a list of them, separated by spaces.
    ///
    /// # Errors
    /// As [`Value::resolve`]; `probe_limit` for a list.
    fn is_one_url(&self, env: &dyn Env) -> Result<(), Fault> {
        let Some(value) = &self.server.url else { return Ok(()) };
        let text = value.resolve(env)?;
        let mut urls = text.expose().split_whitespace();
        let is_one = |url: &str| RULES.schemes.iter().any(|scheme| url.starts_with(&format!("{}://", scheme.name)));
        if urls.clone().count() < 2 || !urls.all(is_one) {
            return Ok(());
        }
        let message = format!("{} is a list of URLs, of which this version reads one", value.origin());
        let fault = Fault::new(Phase::Assert, Cause::ProbeLimit, message);
        Err(fault.with(Detail::Value(ValueDetail::NotRead)))
    }

    /// Resolves who logs in. A DN with an empty password is never sent: such a login succeeds, as an anonymous one.
    ///
    /// # Errors
    /// As [`ServerKeys::password`]; `password_missing` where a part is missing.
    fn login(&self, server: &mut Server, env: &dyn Env) -> Result<Option<Login>, Fault> {
        let password = self.server.password(server, env)?;
        let pair = login::pair(server.user.clone(), password, [code::USER_ALONE, code::PASSWORD_ALONE])?;
        Ok(pair.map(|(user, password)| {
            server.hide_user_like(&password);
            Login { user, password, shown: server.shown_user().map(str::to_owned) }
        }))
    }

    /// Whether it is on a socket of this pod, whatever the environment is.
    pub(super) fn is_on_socket(&self) -> bool {
        self.server.is_on_socket(&RULES)
    }

    /// The settings of TLS.
    pub(super) fn tls(&self) -> TlsKeys {
        self.own.tls.as_ref().map(|key| key.keys.clone()).unwrap_or_default()
    }

    /// The values with their keys that tell what each is.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.server.named().chain(self.own.base.iter().map(|value| ("base", value)))
    }

    /// Every value that a run reads.
    pub(super) fn values(&self) -> Vec<&Value> {
        let tls = self.own.tls.iter().flat_map(TlsKey::values);
        self.named().map(|(_, value)| value).chain(tls).collect()
    }
}

impl Destination {
    /// As it may be shown, without the user: LDAP's own URLs have none, and a DN has commas, which separate hosts in others.
    pub(super) fn target(&self) -> String {
        let base = self.shown_base.as_ref().map(|base| format!("/{base}")).unwrap_or_default();
        format!("{}{base}", self.server.target_without_user())
    }
}

/// Whether the base may be shown: what is no DN may be a secret that landed in its place, and no part of the password is.
fn may_be_shown(base: &str, password: Option<&Secret>) -> bool {
    looks_like_dn(base) && !mask::repeats(base, password.into_iter())
}

/// Whether a text is a DN of plain words.
fn looks_like_dn(text: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || " -_.".contains(c);
    let is_pair = |part: &str| {
        part.split_once('=').is_some_and(|(name, value)| {
            let name = name.trim();
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
            !name.is_empty()
                && name.len() <= 32
                && name.bytes().all(fits)
                && !value.is_empty()
                && value.chars().all(is_plain)
        })
    };
    text.len() <= SHOWN && text.split(',').all(is_pair)
}

#[cfg(test)]
mod tests;
