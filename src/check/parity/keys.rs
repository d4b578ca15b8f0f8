//! The keys of `parity`.

use std::sync::Arc;

use hyper::header::HeaderName;

use crate::check::http::keys::HttpKeys;
use crate::check::http::pointer::Pointer;
use crate::check::http::read::contradictions;
use crate::check::http::settings::{Size, Statuses};
use crate::config::node::{self, Error, FromNode, Keys, Node, Problem, Raw, Reader};
use crate::value::Value;

/// How many requests are made of each side.
const REQUESTS: usize = 16;
/// The longest body that is compared, in bytes.
pub(super) const LONGEST: u64 = 256 * 1024;
/// The keys that a side has.
const SIDE: [&str; 8] = ["url", "socket", "headers", "http_version", "proxy", "tls", "basic_auth", "bearer_token"];

/// The keys, read.
#[derive(Debug)]
pub(super) struct ParityKeys {
    pub(super) left: Side,
    pub(super) right: Side,
    pub(super) own: OwnKeys,
}

/// One of the two deployments: how it is asked.
#[derive(Debug)]
pub(super) struct Side(pub(super) Arc<HttpKeys>);

/// What `parity` has beside its two sides.
#[derive(Debug, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct OwnKeys {
    /// The paths that both are asked for with GET, at most 16. Each is appended to the URLs.
    pub(super) requests: Vec<Path>,
    /// The names of headers that must be alike in both answers. Default: none.
    #[serde(default)]
    pub(super) compare_headers: Vec<Header>,
    /// What of JSON must be alike: `shape` (the default), the paths and the types of the values, or `values`. With `shape`, the items
    /// of a list count as one, and `null` as any type.
    #[serde(default)]
    pub(super) compare: Compare,
    /// Places of the JSON that may differ, as JSON pointers; `*` is any item or key: `/items/*/id`.
    #[serde(default)]
    pub(super) ignore: Vec<Ignored>,
    /// The statuses with which both may answer. Default: `"200-399"`. Another one fails the check, even if both have it.
    #[serde(default = "usual")]
    pub(super) status: Statuses,
}

fn usual() -> Statuses {
    Statuses::range(200, 399)
}

/// What of JSON is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename_all = "lowercase"))]
pub(super) enum Compare {
    #[default]
    Shape,
    Values,
}

impl FromNode for Compare {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        node.word(&[("shape", Self::Shape), ("values", Self::Values)])
    }
}

/// A path that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Path(pub(super) String);

impl FromNode for Path {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        let text = node.text("a string")?;
        let fine = text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        fine.then(|| Self(text.to_owned()))
            .ok_or_else(|| Error::custom("expected a path that starts with /, percent-encoded"))
    }
}

/// The name of a header.
#[derive(Debug, Clone)]
pub(super) struct Header(pub(super) HeaderName);

impl FromNode for Header {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        let text = node.text("a string")?;
        HeaderName::from_bytes(text.as_bytes()).map(Self).map_err(|_| Error::custom("expected the name of a header"))
    }
}

/// A place that may differ.
#[derive(Debug, Clone)]
pub(super) struct Ignored(pub(super) Vec<String>);

impl FromNode for Ignored {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        const EXPECTED: &str = "expected a JSON pointer such as /items/*/id";
        let text = node.text("a string")?;
        let pointer = Pointer::parse(text).ok().filter(|_| text.starts_with('/'));
        pointer.map(|pointer| Self(pointer.into_steps())).ok_or_else(|| Error::custom(EXPECTED))
    }
}

impl ParityKeys {
    /// Reads them; a side is a URL, or keys of `http`.
    pub(super) fn read(node: &Node) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut rest = Vec::new();
        let mut sides = [None, None];
        if let Raw::Mapping(entries) = &node.raw {
            for (key, value) in entries {
                match ["left", "right"].iter().position(|name| key.text() == Some(name)) {
                    Some(at) => match side(value) {
                        Ok(side) => sides[at] = Some(side),
                        Err(found) => {
                            problems.extend(found.into_iter().map(|problem| problem.under(["left", "right"][at])));
                        }
                    },
                    None => rest.push((key.clone(), value.clone())),
                }
            }
        }
        for name in ["left", "right"].into_iter().filter(|name| node.get(name).is_none()) {
            problems.push(Problem::new(node.span, "", format!("the key {name} is missing")));
        }
        let own = node::read::<OwnKeys>(&Node { span: node.span, raw: Raw::Mapping(rest) });
        let requests = own.as_ref().map_or(1, |own| own.requests.len());
        if !(1..=REQUESTS).contains(&requests) {
            let span = node.get("requests").map_or(node.span, |value| value.span);
            problems.push(Problem::new(span, "requests", format!("name one to {REQUESTS} paths")));
        }
        match (own, sides) {
            (Ok(own), [Some(left), Some(right)]) if problems.is_empty() => Ok(Self { left, right, own }),
            (own, _) => Err(problems.into_iter().chain(own.err().into_iter().flatten()).collect()),
        }
    }

    /// The same URL on both sides.
    pub(super) fn of_url(url: Value) -> Self {
        let side = || Side(Arc::new(HttpKeys::of_url(url.clone())));
        let own = OwnKeys {
            requests: vec![Path("/".to_owned())],
            compare_headers: Vec::new(),
            compare: Compare::default(),
            ignore: Vec::new(),
            status: usual(),
        };
        Self { left: side(), right: side(), own }
    }
}

fn side(node: &Node) -> Result<Side, Vec<Problem>> {
    let is_url = match &node.raw {
        Raw::Scalar { .. } => true,
        Raw::Mapping(entries) => {
            entries.len() == 1 && entries.iter().all(|(key, _)| matches!(key.text(), Some("env" | "file")))
        }
        _ => false,
    };
    let whole = if is_url { Node::mapping(vec![("url", node.clone())]) } else { node.clone() };
    if let Raw::Mapping(entries) = &whole.raw {
        let unknown = |(key, _): &&(Node, Node)| !key.text().is_some_and(|text| SIDE.contains(&text));
        let problems: Vec<Problem> = entries
            .iter()
            .filter(unknown)
            .map(|(key, _)| {
                let name = key.text().unwrap_or_default();
                Problem::new(key.span, name, format!("unknown key: a side has {}", SIDE.join(", ")))
            })
            .collect();
        if !problems.is_empty() {
            return Err(problems);
        }
    }
    let keys: HttpKeys = node::read(&whole)?;
    contradictions(&keys, &whole)?;
    let keys = HttpKeys { max_response: Some(Size(LONGEST)), ..keys };
    Ok(Side(Arc::new(keys)))
}
