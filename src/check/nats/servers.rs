//! URLs as the clients of NATS take them: `tls://` means NATS over TLS, and a list `nats://a,nats://b` means the servers of
//! one cluster.

use zeroize::Zeroizing;

use crate::check::server_keys::Form;

/// The scheme of NATS, and the one of NATS over TLS.
const PLAIN: &str = "nats://";
const OVER_TLS: &str = "tls://";
/// Of a list whose logins differ.
const SEVERAL_LOGINS: &str = "its servers have different logins: set `user` and `password`, or a check for each server";
/// Of a list whose servers have more than a host.
const NO_PATH: &str = "a server of a list has only a host and a port";

/// A list of one or several servers as one URL; `None` for any other text.
pub(super) fn joined(text: &str) -> Option<Result<Form, &'static str>> {
    // White space around it is a fault that the reader of URLs names.
    if text.trim() != text {
        return None;
    }
    let mut servers = Vec::new();
    let mut rest = text;
    while let Some(at) = next_server(rest) {
        servers.push(&rest[..at]);
        rest = rest[at + 1..].trim_start();
    }
    servers.push(rest);
    let all = servers.iter().map(|server| without_scheme(server.trim_end())).collect::<Option<Vec<_>>>()?;
    let tls = all.iter().any(|(_, tls)| *tls);
    Some(one_url(&all).map(|url| Form { url, tls, socket: None }))
}

/// The servers, without their schemes, as one URL with the scheme of NATS.
fn one_url(all: &[(&str, bool)]) -> Result<Zeroizing<String>, &'static str> {
    let [(first, _), others @ ..] = all else { return Err(NO_PATH) };
    let mut url = Zeroizing::new(format!("{PLAIN}{first}"));
    if !others.is_empty() {
        let (login, hosts) = authority(first)?;
        *url = format!("{PLAIN}{}{hosts}", login.map(|login| format!("{login}@")).unwrap_or_default());
        for (server, _) in others {
            let (other, hosts) = authority(server)?;
            if other.is_some() && other != login {
                return Err(SEVERAL_LOGINS);
            }
            url.push(',');
            url.push_str(hosts);
        }
    }
    Ok(url)
}

/// The comma before the next server that has a scheme: a password may hold others.
fn next_server(text: &str) -> Option<usize> {
    text.match_indices(',').map(|(at, _)| at).find(|at| without_scheme(text[at + 1..].trim_start()).is_some())
}

fn without_scheme(server: &str) -> Option<(&str, bool)> {
    let starts = |scheme: &str| server.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    [(PLAIN, false), (OVER_TLS, true)]
        .into_iter()
        .find(|(scheme, _)| starts(scheme))
        .map(|(scheme, tls)| (&server[scheme.len()..], tls))
}

/// Who logs in, and the hosts.
fn authority(server: &str) -> Result<(Option<&str>, &str), &'static str> {
    let server = server.strip_suffix('/').unwrap_or(server);
    if server.contains(['/', '?', '#']) {
        return Err(NO_PATH);
    }
    Ok(server.rsplit_once('@').map_or((None, server), |(login, hosts)| (Some(login), hosts)))
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn a_list_is_one_url_and_any_other_text_is_left_alone() {
        for (text, url, tls) in [
            ("nats://a:4222", "nats://a:4222", false),
            ("nats://a,b:4223", "nats://a,b:4223", false),
            ("nats://a:4222,nats://b:4223", "nats://a:4222,b:4223", false),
            ("nats://a:4222/, NATS://b/", "nats://a:4222,b", false),
            ("nats://u:p@a,nats://u:p@b,nats://c", "nats://u:p@a,b,c", false),
            ("nats://u:p,w@a", "nats://u:p,w@a", false),
            ("tls://a:4222", "nats://a:4222", true),
            ("nats://a,tls://[::1]:4222", "nats://a,[::1]:4222", true),
            ("nats://u:p/w@a", "nats://u:p/w@a", false),
        ] {
            let joined = joined(text).expect(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
            assert_eq!((joined.url.as_str(), joined.tls), (url, tls), "{text}");
        }
        for text in
            ["nats://u:s3@a,nats://v:s3@b", "nats://a,nats://u:s3@b", "nats://a/s3,nats://b", "nats://a,nats://b?s3"]
        {
            let problem = joined(text).expect(text).expect_err(text);
            assert!(!problem.contains("s3"), "{problem}");
        }
        for text in ["wss://a", "a:4222,b:4222", "nats://a,nats://b\n", ""] {
            assert!(joined(text).is_none(), "{text}");
        }
    }
}
