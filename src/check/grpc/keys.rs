//! The keys of `grpc`, and their values for one run.

use crate::check::blame_scheme;
use crate::check::http::rules::Headers;
use crate::check::place::Place;
use crate::check::tls_keys::TlsKeys;
use crate::config::node::{self, Keys, Node, Problem};
use crate::env::Env;
use crate::findings::Blame;
use crate::outcome::{Detail, Fault, Phase, clean_text};
use crate::scheme::{Discovery, Scheme};
use crate::secret::Secret;
use crate::url::{Endpoint, Host, Url, percent_decode};
use crate::value::{Setting, Value};

/// Its schemes, with the ports that gRPC's own names have.
pub(super) const SCHEMES: &[Scheme] = &[
    Scheme::new(PLAIN).port(80).discovery(Discovery::Connect),
    Scheme::new(OVER_TLS).port(443).tls().discovery(Discovery::Connect),
];
const PLAIN: &str = "grpc";
const OVER_TLS: &str = "grpcs";
/// The longest name of a service that is shown.
const SHOWN: usize = 80;

/// The keys. One of `url` and `address` names the server.
#[derive(Debug, Clone, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "grpc"))]
#[serde(deny_unknown_fields)]
pub(super) struct GrpcKeys {
    /// `grpc://host:port/service` (without TLS) or `grpcs://host:port/service` (with TLS); the service may be missing. `http://` and `https://` mean the same, as OpenTelemetry writes them.
    pub(super) url: Option<Value>,
    /// The server as `host:port`, or `unix:PATH` for a Unix socket, in place of `url`.
    pub(super) address: Option<Setting<Place>>,
    /// The service to ask for, with its package: `shop.v1.Orders`. Default: that in the URL, else none, which asks for the server as a whole.
    pub(super) service: Option<Value>,
    /// Metadata to send, by name, such as `authorization: "Bearer …"`. Values of names that end with `-bin` are in base64.
    #[serde(default)]
    pub(super) metadata: Headers,
    /// Settings of TLS. With this key (`{}` is enough), the check uses TLS whatever the scheme of the URL is.
    pub(super) tls: Option<TlsKeys>,
}

/// Where to connect, and whom to ask for.
#[derive(Debug, Clone)]
pub(super) struct Destination {
    pub(super) place: Place,
    pub(super) tls: bool,
    /// Empty for the server as a whole.
    pub(super) service: Secret,
    /// The service as it may be shown: `the service "shop"`.
    pub(super) subject: String,
}

/// What a URL says.
struct Named {
    place: Place,
    tls: bool,
    service: String,
}

impl GrpcKeys {
    /// Reads them.
    ///
    /// # Errors
    /// Every fault at once.
    pub(super) fn read(node: &Node) -> Result<Self, Vec<Problem>> {
        let keys: Self = node::read(node)?;
        let problems = keys.problems(node);
        if problems.is_empty() { Ok(keys) } else { Err(problems) }
    }

    fn problems(&self, node: &Node) -> Vec<Problem> {
        let mut found = Vec::new();
        let span = |key: &str| node.get(key).map_or(node.span, |value| value.span);
        match (&self.url, &self.address) {
            (None, None) => found.push(Problem::new(node.span, "", "needs `url` or `address`")),
            (Some(_), Some(_)) => {
                found.push(Problem::new(span("address"), "address", "`url` names the server: remove one of them"));
            }
            (Some(Value::Literal(text)), None) => {
                found
                    .extend(read_url(text.expose()).err().map(|blame| Problem::new(span("url"), "url", blame.message)));
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
        if let Some((name, _)) = self.metadata.0.iter().find(|(name, _)| is_ours(name.as_str())) {
            let message = format!("{name} belongs to gRPC itself: it cannot be set");
            found.push(Problem::new(span("metadata"), "metadata", message));
        }
        found.extend(TlsKeys::problem_in(self.tls.as_ref(), node));
        found
    }

    /// Where to connect, now.
    ///
    /// # Errors
    /// Those of a value that cannot be resolved; `url_malformed`, without the text.
    pub(super) fn destination(&self, env: &dyn Env) -> Result<Destination, Fault> {
        let named = match (&self.address, &self.url) {
            (Some(address), _) => Named { place: address.resolve("address", env)?, tls: false, service: String::new() },
            (None, Some(url)) => read_url(url.resolve(env)?.expose()).map_err(|Blame { cause, message, detail }| {
                let fault = Fault::new(Phase::Assert, cause, format!("the URL from {}: {message}", url.origin()));
                Fault { detail: detail.map(Detail::Value), ..fault }
            })?,
            (None, None) => unreachable!("a check names its server"),
        };
        let service = self.service.as_ref().map(|service| service.resolve(env)).transpose()?;
        // What comes from a variable may be anything.
        let shown = match (&self.service, &self.url) {
            (Some(Value::Literal(_)), _) => service.as_ref().map(Secret::expose).map(str::to_owned),
            (Some(_), _) => None,
            (None, Some(Value::Literal(_)) | None) => Some(named.service.clone()),
            (None, Some(_)) => Some(String::new()).filter(|_| named.service.is_empty()),
        };
        let subject = match shown.as_deref() {
            Some("") => "the server as a whole".to_owned(),
            Some(name) => format!("the service \"{}\"", clean_text(name, SHOWN)),
            None => "the service".to_owned(),
        };
        Ok(Destination {
            place: named.place,
            tls: named.tls || self.tls.is_some(),
            service: service.unwrap_or_else(|| Secret::new(named.service)),
            subject,
        })
    }

    /// What stands for the target that cannot be resolved.
    pub(super) fn origin(&self) -> String {
        let address = self.address.as_ref().and_then(Setting::later);
        address.or(self.url.as_ref()).map_or_else(|| format!("{PLAIN}://"), Value::origin)
    }

    /// Every value that a run reads.
    pub(super) fn values(&self) -> Vec<&Value> {
        let address = self.address.as_ref().and_then(Setting::later);
        let own = self.url.iter().chain(address).chain(&self.service);
        let metadata = self.metadata.0.iter().map(|(_, value)| value);
        own.chain(metadata).chain(self.tls.iter().flat_map(TlsKeys::values)).collect()
    }
}

impl Destination {
    /// As it may be shown.
    pub(super) fn target(&self) -> String {
        match &self.place {
            Place::Network(endpoint) => format!("{}://{endpoint}", if self.tls { OVER_TLS } else { PLAIN }),
            Place::Socket(_) => self.place.to_string(),
        }
    }

    /// The same as a URL of HTTP.
    pub(super) fn of_http(&self) -> Url {
        Url {
            scheme: if self.tls { "https" } else { "http" }.to_owned(),
            user: None,
            password: None,
            hosts: vec![(self.place.host(), self.place.endpoint().map(|endpoint| endpoint.port))],
            path: String::new(),
            query: Vec::new(),
            raw_query: None,
        }
    }
}

/// Metadata that belong to the call itself.
fn is_ours(name: &str) -> bool {
    name.starts_with("grpc-") || name == "content-type"
}

fn read_url(text: &str) -> Result<Named, Blame> {
    let url = Url::parse(text)?;
    let tls = match url.scheme.as_str() {
        PLAIN | "http" => false,
        OVER_TLS | "https" => true,
        other => {
            let own = [PLAIN, OVER_TLS];
            return Err(blame_scheme(other, &own, "the scheme is not one of grpc, grpcs"));
        }
    };
    if url.user.is_some() || url.password.is_some() {
        return Err(Blame::malformed("gRPC has no user in its URLs: set `metadata`"));
    }
    if !url.query.is_empty() {
        return Err(Blame::malformed("gRPC has no parameters in its URLs"));
    }
    let (host, port): (Host, Option<u16>) = match url.hosts.as_slice() {
        [one] => one.clone(),
        _ => return Err(Blame::malformed("it names several hosts")),
    };
    let path = percent_decode(url.path.trim_matches('/'));
    let service = path.ok_or_else(|| Blame::malformed("bad percent-encoding in the path"))?;
    let place = Place::Network(Endpoint { host, port: port.unwrap_or(if tls { 443 } else { 80 }) });
    Ok(Named { place, tls, service })
}

#[cfg(test)]
mod tests {
    use super::GrpcKeys;
    use crate::config::node::parse;
    use crate::env::MapEnv;

    fn keys(yaml: &str) -> Result<GrpcKeys, Vec<String>> {
        let shown = |problem: crate::config::node::Problem| format!("{}: {}", problem.path, problem.message);
        GrpcKeys::read(&parse(yaml).unwrap()).map_err(|problems| problems.into_iter().map(shown).collect())
    }

    #[test]
    fn the_server_and_the_service_come_from_either_form() {
        let env = MapEnv::with_vars(&[
            ("URL", "grpcs://shop/s3cret.Orders"),
            ("OTEL", "http://otel:4317"),
            ("NAME", "s3cret"),
        ]);
        for (yaml, target, service, subject) in [
            ("{address: 'shop:50051'}", "grpc://shop:50051", "", "the server as a whole"),
            ("{address: 'unix:/run/shop.sock'}", "unix:/run/shop.sock", "", "the server as a whole"),
            ("{address: 'shop:50051', tls: {}, service: a.B}", "grpcs://shop:50051", "a.B", "the service \"a.B\""),
            ("{url: 'grpc://shop/'}", "grpc://shop:80", "", "the server as a whole"),
            ("{url: 'grpc://shop:1/a.B'}", "grpc://shop:1", "a.B", "the service \"a.B\""),
            ("{url: 'grpc://shop:1/a.B', service: c.D}", "grpc://shop:1", "c.D", "the service \"c.D\""),
            ("{url: {env: URL}}", "grpcs://shop:443", "s3cret.Orders", "the service"),
            ("{url: {env: OTEL}}", "grpc://otel:4317", "", "the server as a whole"),
            ("{url: 'grpcs://[::1]', service: {env: NAME}}", "grpcs://[::1]:443", "s3cret", "the service"),
        ] {
            let destination = keys(yaml).unwrap().destination(&env).unwrap();
            assert_eq!(destination.target(), target, "{yaml}");
            assert_eq!((destination.service.expose(), destination.subject.as_str()), (service, subject), "{yaml}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_at_its_key() {
        for (yaml, expected) in [
            ("{}", ": needs `url` or `address`"),
            ("{url: 'grpc://a', address: 'a:1'}", "address: `url` names the server: remove one of them"),
            ("{url: 'tcp://a:1'}", "url: the scheme is not one of grpc, grpcs"),
            ("{url: 'grpc://app:s3cret@a'}", "url: gRPC has no user in its URLs: set `metadata`"),
            ("{url: 'grpc://a?x=s3cret'}", "url: gRPC has no parameters in its URLs"),
            ("{url: 'grpc://a,b'}", "url: it names several hosts"),
            (
                "{address: 'a:1', metadata: {grpc-timeout: 1S}}",
                "metadata: grpc-timeout belongs to gRPC itself: it cannot be set",
            ),
            ("{address: 'a:1', tls: {cert: /x}}", "tls: `cert` needs its `key`"),
        ] {
            assert_eq!(keys(yaml).unwrap_err(), [expected], "{yaml}");
        }
        let env = MapEnv::with_vars(&[("BAD", "grpc://app:s3cret@a")]);
        let fault = keys("{url: {env: BAD}}").unwrap().destination(&env).unwrap_err();
        assert_eq!((fault.cause.slug(), fault.message.contains("s3cret")), ("url_malformed", false));
    }
}
