//! The URL that browsers use for the app, as variables of its pod have it.

use std::net::IpAddr;

use crate::env::Env;

/// Variables that hold the base URL of the app: Better Auth, NextAuth, Laravel and others.
pub(super) const BASES: &[&str] = &["BETTER_AUTH_URL", "NEXTAUTH_URL", "AUTH_URL", "APP_URL", "PUBLIC_URL"];

/// A web address, as far as a browser's rules need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// Its host, lower case, without brackets.
    pub host: String,
    /// Over TLS.
    pub https: bool,
}

impl PublicUrl {
    /// That of this container's variables: the first one with a public name. `AUTH_URL` may be that of another service.
    #[must_use]
    pub fn read(env: &dyn Env) -> Option<Self> {
        let names = BASES.iter().filter(|name| **name != "AUTH_URL");
        names.filter_map(|name| Self::parse(&env.var(name)?)).find(Self::is_public)
    }

    /// Reads `http://…` or `https://…`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once("://")?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?;
        let host = match authority.strip_prefix('[') {
            Some(six) => six.split(']').next()?,
            None => authority.split(':').next()?,
        };
        (!host.is_empty()).then(|| Self { host: host.to_ascii_lowercase(), https })
    }

    /// Whether it has a name that the Internet may know: none of a cluster or a laptop, and no address.
    pub(super) fn is_public(&self) -> bool {
        let end = self.host.rsplit_once('.').map(|(_, end)| end);
        end.is_some_and(|end| {
            end.bytes().all(|byte| byte.is_ascii_alphabetic())
                && !matches!(end, "local" | "svc" | "internal" | "lan" | "test" | "localhost" | "home")
        })
    }

    /// Whether it is the machine of whoever reads it.
    pub(super) fn is_local(&self) -> bool {
        let ip = self.host.parse::<IpAddr>();
        let local = |ip: IpAddr| ip.is_loopback() || ip.is_unspecified();
        self.host == "localhost" || self.host.ends_with(".localhost") || ip.is_ok_and(local)
    }
}

#[cfg(test)]
mod tests {
    use super::PublicUrl;
    use crate::env::MapEnv;

    #[test]
    fn a_base_url_is_public_or_local_or_neither() {
        for (text, public, local) in [
            ("https://app.example.com/x", true, false),
            ("HTTP://App.Example.com:3000", true, false),
            ("https://user:pw@shop.example", true, false),
            ("http://localhost:3000", false, true),
            ("http://127.0.0.1", false, true),
            ("http://[::1]:3000", false, true),
            ("http://0.0.0.0:3000", false, true),
            ("http://web:3000", false, false),
            ("http://web.shop.svc.cluster.local", false, false),
            ("http://10.0.0.7", false, false),
        ] {
            let url = PublicUrl::parse(text).unwrap();
            assert_eq!((url.is_public(), url.is_local()), (public, local), "{text}");
        }
        for text in ["", "/base", "app.example.com", "postgres://db.example.com/x", "https:///x"] {
            assert_eq!(PublicUrl::parse(text), None, "{text}");
        }
        let read = |vars: &[(&str, &str)]| PublicUrl::read(&MapEnv::with_vars(vars)).map(|url| url.host);
        assert_eq!(
            read(&[("BETTER_AUTH_URL", "http://localhost:3000"), ("APP_URL", "https://a.example")]).unwrap(),
            "a.example"
        );
        assert_eq!(read(&[("AUTH_URL", "https://auth.example.com"), ("PUBLIC_URL", "/shop")]), None);
    }
}
