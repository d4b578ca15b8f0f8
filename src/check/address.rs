//! The address of the kinds that need no more than host and port: the key `address`, which may also name a Unix socket, or a
//! URL `SCHEME://host:port`.

use crate::check::place::Place;
use crate::env::Env;
use crate::findings::Blame;
use crate::outcome::{Detail, Fault, Phase};
use crate::url::{Endpoint, SocketPath, Url};
use crate::value::{Setting, Value};

/// Of a URL with parameters whose scheme says no more than that the server is on a socket.
const NOT_A_PATH: &str = "only a path may follow `unix:`: write a URL of the server's protocol, with the path percent-encoded in \
                          place of the host (SCHEME://user:password@%2Frun%2FNAME.sock)";

/// Where to connect.
#[derive(Debug)]
pub enum Address {
    /// The key `address`.
    Configured(Setting<Place>),
    /// A URL with nothing but host and port.
    Url(Value),
}

impl Address {
    /// The place, now.
    ///
    /// # Errors
    /// Those of a value that cannot be resolved; `url_malformed`, without the text.
    pub fn resolve(&self, scheme: &str, env: &dyn Env) -> Result<Place, Fault> {
        match self {
            Self::Configured(setting) => setting.resolve("address", env),
            Self::Url(value) => read_url(value.resolve(env)?.expose()).map_err(|Blame { cause, message, detail }| {
                let message = format!("{} is not {scheme}://host:port: {message}", value.origin());
                Fault { detail: detail.map(Detail::Value), ..Fault::new(Phase::Assert, cause, message) }
            }),
        }
    }

    /// The place that it was resolved to, as a URL; where it comes from, where it could not be resolved.
    #[must_use]
    pub fn target(&self, scheme: &str, place: Option<&Place>) -> String {
        match (place, self.value()) {
            (Some(Place::Network(endpoint)), _) => format!("{scheme}://{endpoint}"),
            (Some(socket @ Place::Socket(_)), _) => socket.to_string(),
            (None, Some(value)) => value.origin(),
            (None, None) => format!("{scheme}://"),
        }
    }

    /// Whether it is a socket of this pod, whatever the environment is.
    #[must_use]
    pub fn is_on_socket(&self) -> bool {
        match self {
            Self::Configured(setting) => matches!(setting, Setting::Known(Place::Socket(_))),
            Self::Url(Value::Literal(text)) => SocketPath::is_meant(text.expose()),
            Self::Url(_) => false,
        }
    }

    /// The value that is read at a run.
    #[must_use]
    pub const fn value(&self) -> Option<&Value> {
        match self {
            Self::Configured(setting) => setting.later(),
            Self::Url(value) => Some(value),
        }
    }
}

/// What is wrong with a TARGET.
#[must_use]
pub fn target_fault(text: &str) -> Option<String> {
    let blame = read_url(text).err()?;
    let Ok(url) = Url::parse(text) else { return Some(blame.message) };
    let fault = match url.hosts.iter().any(|(_, port)| port.is_none()) {
        true => "no port",
        false => "nothing may precede the host or follow the port",
    };
    Some(fault.to_owned())
}

fn read_url(text: &str) -> Result<Place, Blame> {
    if SocketPath::is_meant(text) {
        if text.contains('?') {
            return Err(Blame::malformed(NOT_A_PATH));
        }
        return SocketPath::parse(text).map(Place::Socket).map_err(Blame::malformed);
    }
    let url = Url::parse(text)?;
    let bare = url.user.is_none() && url.password.is_none() && url.query.is_empty() && matches!(&*url.path, "" | "/");
    if !bare {
        return Err(Blame::malformed("it may contain only host and port"));
    }
    match url.hosts.as_slice() {
        [(host, Some(port))] => Ok(Place::Network(Endpoint { host: host.clone(), port: *port })),
        [_] => Err(Blame::malformed("no port")),
        _ => Err(Blame::malformed("it names several hosts")),
    }
}

#[cfg(test)]
mod tests {
    use super::read_url;

    #[test]
    fn a_url_holds_host_and_port_alone() {
        assert_eq!(read_url("tcp://db:1").unwrap().to_string(), "db:1");
        assert_eq!(read_url("tls://[::1]:1/").unwrap().to_string(), "[::1]:1");
        for text in ["unix:/run/a.sock", "unix:///run/a.sock"] {
            assert_eq!(read_url(text).unwrap().to_string(), "unix:/run/a.sock");
        }
        for text in ["unix:s3cret", "unix://:s3cret@/run/a.sock", "unix:///run/a.sock?s3cret=1"] {
            assert!(!read_url(text).unwrap_err().message.contains("s3cret"), "{text}");
        }
        for text in
            ["tcp://db", "tcp://a:1,b:1", "tcp://u:s3cret@db:1", "tcp://db:1/s3cret", "tcp://db:1?s3cret=1", "db:1"]
        {
            assert!(!read_url(text).unwrap_err().message.contains("s3cret"), "{text}");
        }
    }
}
