//! The HTTP clients of the runtimes: which proxy variables each reads, and in which order.

use super::bypass::{self, Destination};
use crate::findings::proxy_variables::{Empty, ProxyVariables};

/// An HTTP client, in the order in which they are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Client {
    Go,
    Requests,
    Urllib,
    Httpx,
    Aiohttp,
    Reqwest,
    Curl,
    NodeFetch,
    NodeHttp,
    Axios,
    Java,
}

/// How a client sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// No variable that it reads names a proxy.
    Direct,
    /// It reads a proxy, and a list that covers the destination.
    Bypasses,
    /// To the proxy that this variable names.
    Proxy(&'static str),
}

/// The runtimes of a client, which may be named by `clients`; see `findings::RUNTIMES`.
pub(super) const CLIENTS: &[(Client, &[&str])] = &[
    (Client::Go, &["go"]),
    (Client::Requests, &["python"]),
    (Client::Urllib, &["python"]),
    (Client::Httpx, &["python", "python-asyncio", "python-anyio"]),
    (Client::Aiohttp, &["python-asyncio"]),
    (Client::Reqwest, &["tokio"]),
    (Client::Curl, &["curl"]),
    (Client::NodeFetch, NODE),
    (Client::NodeHttp, NODE),
    (Client::Axios, NODE),
    (Client::Java, &["jvm"]),
];

const NODE: &[&str] = &["node@18", "node@20", "node@22", "node@24", "node@25", "node@26"];
/// Those whose own clients read the variables if they are told to: 22.21 and 24.5 or later.
const NODE_READS: &[&str] = &["node@22", "node@24", "node@25", "node@26"];

const LOWER_FIRST: [&str; 2] = ["no_proxy", "NO_PROXY"];
const UPPER_FIRST: [&str; 2] = ["NO_PROXY", "no_proxy"];

impl Client {
    /// As people call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Go => "Go",
            Self::Urllib => "urllib",
            Self::Requests => "requests",
            Self::Httpx => "httpx",
            Self::Aiohttp => "aiohttp",
            Self::NodeFetch => "fetch",
            Self::NodeHttp => "http of Node",
            Self::Axios => "axios",
            Self::Reqwest => "reqwest",
            Self::Java => "Java",
        }
    }

    /// How it sends a request in this runtime.
    pub(super) fn way(self, runtime: &str, variables: &ProxyVariables, to: Destination<'_>) -> Way {
        let node = variables.node() && NODE_READS.contains(&runtime);
        let reads = match self {
            // Java has system properties, and aiohttp wants trust_env=True.
            Self::Java | Self::Aiohttp => false,
            Self::NodeFetch | Self::NodeHttp => node,
            // It leaves it to Node where Node does it.
            Self::Axios if node => return Self::NodeHttp.way(runtime, variables, to),
            Self::Curl | Self::Go | Self::Urllib | Self::Requests | Self::Httpx | Self::Axios | Self::Reqwest => true,
        };
        match self.proxy(variables, to.tls).filter(|_| reads) {
            None => Way::Direct,
            Some(_) if self.bypasses(variables, to) => Way::Bypasses,
            Some(variable) => Way::Proxy(variable),
        }
    }

    fn proxy(self, variables: &ProxyVariables, tls: bool) -> Option<&'static str> {
        let lower = if tls { ["https_proxy", "HTTPS_PROXY"] } else { ["http_proxy", "HTTP_PROXY"] };
        let upper = [lower[1], lower[0]];
        let all = |names: &[&'static str], empty| variables.proxy(names, empty);
        match self {
            // The capitals of HTTP_PROXY could come from a header of a CGI request (lib/url.c, detect_proxy).
            Self::Curl => {
                let own: &[&'static str] = if tls { &lower } else { &lower[..1] };
                all(own, Empty::Skipped).or_else(|| all(&["all_proxy", "ALL_PROXY"], Empty::Skipped))
            }
            Self::Go => all(&upper, Empty::Skipped),
            Self::Urllib | Self::Aiohttp => all(&lower, Empty::Ends),
            Self::Requests | Self::Httpx => {
                all(&lower, Empty::Ends).or_else(|| all(&["all_proxy", "ALL_PROXY"], Empty::Ends))
            }
            // Without a proxy for https it takes the one for http.
            Self::NodeFetch => all(&lower, Empty::Ends).or_else(|| all(&["http_proxy", "HTTP_PROXY"], Empty::Ends)),
            Self::NodeHttp => all(&lower, Empty::Skipped),
            Self::Axios => all(&lower, Empty::Skipped).or_else(|| all(&["all_proxy", "ALL_PROXY"], Empty::Skipped)),
            Self::Reqwest => all(&upper, Empty::Ends).or_else(|| all(&["ALL_PROXY", "all_proxy"], Empty::Ends)),
            Self::Java => None,
        }
    }

    fn bypasses(self, variables: &ProxyVariables, to: Destination<'_>) -> bool {
        let reads: fn(&str, Destination<'_>) -> bool = match self {
            Self::Curl => bypass::curl,
            Self::Go => bypass::go,
            Self::Urllib | Self::Aiohttp => bypass::urllib,
            Self::Requests => bypass::requests,
            Self::Httpx => bypass::httpx,
            Self::NodeFetch => bypass::undici,
            Self::NodeHttp => bypass::node_http,
            Self::Axios => bypass::axios,
            Self::Reqwest => bypass::reqwest,
            Self::Java => |_, _| false,
        };
        let list = match self {
            Self::Go => variables.list(UPPER_FIRST, Empty::Skipped),
            Self::Reqwest => variables.list(UPPER_FIRST, Empty::Ends),
            Self::Urllib | Self::Aiohttp | Self::Httpx | Self::NodeFetch => variables.list(LOWER_FIRST, Empty::Ends),
            Self::Curl | Self::Requests | Self::NodeHttp | Self::Axios | Self::Java => {
                variables.list(LOWER_FIRST, Empty::Skipped)
            }
        };
        // By itself it is for every host, with every client.
        list.trim() == "*" || reads(list, to)
    }
}
