//! The clients of Node: node-postgres (pg-connection-string 2), postgres.js 3, ioredis 5 and 6, node-redis 4 to 6.

use super::reading::{Read, Reading, Refused, owned};
use super::whatwg;
use crate::findings::urls::percent::{self, Bytes};
use zeroize::Zeroizing;

fn component(text: &str) -> Result<Bytes, Refused> {
    percent::component(text).ok_or(Refused)
}

/// The base URL of pg-connection-string: what has no scheme gets this host.
const BASE: &str = "base";

/// `parse` of pg-connection-string.
pub(super) fn node_postgres(text: &str) -> Reading {
    let repaired = repair(text);
    let text = repaired.as_ref().map_or(text, |text| text.as_str());
    let (url, dummy) = match whatwg::parse(text, Some(BASE)) {
        Ok(url) => (url, false),
        Err(Refused) => {
            let dummy = Zeroizing::new(text.replacen("@/", "@___DUMMY___/", 1));
            (whatwg::parse(&dummy, Some(BASE))?, true)
        }
    };
    let path = url.path.strip_prefix('/').unwrap_or(&url.path);
    Ok(Read {
        user: component(&url.user)?,
        password: component(&url.password)?,
        host: if dummy { Bytes::default() } else { component(&url.host)? },
        port: url.port,
        database: component(path)?,
    })
}

/// Where there is a space or a broken escape, everything is encoded anew, and escapes of two decimal digits are put back.
fn repair(text: &str) -> Option<Zeroizing<String>> {
    let bytes = text.as_bytes();
    let broken = bytes.iter().enumerate().any(|(at, byte)| match byte {
        b' ' => true,
        b'%' => match (bytes.get(at + 1), bytes.get(at + 2)) {
            (Some(high), _) if !high.is_ascii_hexdigit() => true,
            (Some(_), Some(low)) => !low.is_ascii_hexdigit(),
            _ => false,
        },
        _ => false,
    });
    if !broken {
        return None;
    }
    let mut out = Zeroizing::new(String::with_capacity(text.len() * 3));
    for (at, byte) in text.bytes().enumerate() {
        let digits = bytes.get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_digit));
        if byte == b'%' {
            out.push_str(if digits { "%" } else { "%25" });
        } else if byte.is_ascii_alphanumeric() || b";,/?:@&=+$-_.!~*'()#".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Some(out)
}

/// `parseUrl` of postgres.js.
pub(super) fn postgres_js(text: &str) -> Reading {
    let start = text.find("://").map_or(2, |at| at + 3);
    let authority = text.get(start..).unwrap_or_default().split(['?', '/']).next().unwrap_or_default();
    let hosts = component(authority.split_once('@').map_or(authority, |(_, behind)| behind))?;
    let hosts = Zeroizing::new(String::from_utf8_lossy(&hosts).into_owned());
    let first = hosts.split(',').next().unwrap_or_default();
    let text = Zeroizing::new(text.replacen(hosts.as_str(), first, 1));
    let url = whatwg::parse(&text, None)?;
    Ok(Read {
        user: component(&url.user)?,
        password: component(&url.password)?,
        // Of an IPv6 address in brackets that is the opening one.
        host: owned(url.host.split(':').next().unwrap_or_default()),
        port: url.port,
        database: owned(url.path.strip_prefix('/').unwrap_or(&url.path)),
    })
}

/// `parseURL` of ioredis.
pub(super) fn ioredis(text: &str) -> Reading {
    let url = whatwg::parse(text, None)?;
    redis(&url)
}

/// `parseURL` of node-redis.
pub(super) fn node_redis(text: &str) -> Reading {
    let url = whatwg::parse(text, None)?;
    if !matches!(url.scheme.as_deref(), Some("redis" | "rediss")) {
        return Err(Refused);
    }
    let read = redis(&url)?;
    let number = read.database.iter().all(u8::is_ascii_digit);
    if number { Ok(read) } else { Err(Refused) }
}

fn redis(url: &whatwg::Url) -> Reading {
    Ok(Read {
        user: component(&url.user)?,
        password: component(&url.password)?,
        host: owned(&url.host),
        port: url.port,
        database: owned(url.path.strip_prefix('/').unwrap_or(&url.path)),
    })
}
