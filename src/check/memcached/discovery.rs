//! What the variables of an app say of its memcached: a URL, a list of servers, or a host with its port, and the login beside
//! it. What is found is listed, and only commands that a person types connect.

use crate::check::DiscoveryRule;
use crate::check::parts::{self, Parts};
use crate::env::Env;

/// The rule.
pub(super) const RULE: DiscoveryRule = DiscoveryRule {
    usual_variables: &["MEMCACHED_URL", "MEMCACHE_URL"],
    reader: "memcached",
    by_parts: |env, parse| parts::find(WAYS, env, parse),
    ..DiscoveryRule::NONE
};

/// Clients of Ruby, PHP and Node, providers of hosted servers, and Laravel.
const WAYS: &[Parts] = &[
    Parts {
        first: ("servers", "MEMCACHED_SERVERS"),
        others: &[("user", &["MEMCACHED_USERNAME"]), ("password", &["MEMCACHED_PASSWORD"])],
        needed: &[],
        means: |env| is_list(env, "MEMCACHED_SERVERS"),
    },
    Parts {
        first: ("servers", "MEMCACHE_SERVERS"),
        others: &[("user", &["MEMCACHE_USERNAME"]), ("password", &["MEMCACHE_PASSWORD"])],
        needed: &[],
        means: |env| is_list(env, "MEMCACHE_SERVERS"),
    },
    Parts {
        first: ("servers", "MEMCACHED_SERVER"),
        others: &[("user", &["MEMCACHED_USERNAME"]), ("password", &["MEMCACHED_PASSWORD"])],
        needed: &[],
        means: |env| is_list(env, "MEMCACHED_SERVER"),
    },
    Parts {
        first: ("servers", "MEMCACHIER_SERVERS"),
        others: &[("user", &["MEMCACHIER_USERNAME"]), ("password", &["MEMCACHIER_PASSWORD"])],
        needed: &[],
        means: |env| is_list(env, "MEMCACHIER_SERVERS"),
    },
    Parts {
        first: ("servers", "MEMCACHEDCLOUD_SERVERS"),
        others: &[("user", &["MEMCACHEDCLOUD_USERNAME"]), ("password", &["MEMCACHEDCLOUD_PASSWORD"])],
        needed: &[],
        means: |env| is_list(env, "MEMCACHEDCLOUD_SERVERS"),
    },
    Parts {
        first: ("host", "MEMCACHED_HOST"),
        others: &[
            ("port", &["MEMCACHED_PORT"]),
            ("user", &["MEMCACHED_USERNAME"]),
            ("password", &["MEMCACHED_PASSWORD"]),
        ],
        needed: &[],
        means: |env| is_list(env, "MEMCACHED_HOST"),
    },
    Parts {
        first: ("host", "MEMCACHE_HOST"),
        others: &[("port", &["MEMCACHE_PORT"]), ("user", &["MEMCACHE_USERNAME"]), ("password", &["MEMCACHE_PASSWORD"])],
        needed: &[],
        means: |env| is_list(env, "MEMCACHE_HOST"),
    },
    Parts { first: ("socket", "MEMCACHED_SOCKET"), others: &[], needed: &[], means: Parts::OF_KIND },
];

/// A URL is found as one.
fn is_list(env: &dyn Env, name: &str) -> bool {
    env.var(name).is_some_and(|value| !value.contains("://"))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::check::memcached::KIND;
    use crate::env::MapEnv;

    /// The target and the keys of what is found; else why there is none.
    fn found(vars: &[(&str, &str)]) -> Option<String> {
        let env = MapEnv::with_vars(vars);
        (RULE.by_parts)(&env, KIND.parse).map(|parts| match parts.found {
            Ok((variables, check)) => {
                let keys: Vec<&str> = variables.iter().map(|(key, _)| *key).collect();
                format!("{} {}", check.prepare(&env).target, keys.join(" "))
            }
            Err(why) => why.to_owned(),
        })
    }

    #[test]
    fn variables_that_each_hold_a_part() {
        let login = [("MEMCACHIER_USERNAME", "app"), ("MEMCACHIER_PASSWORD", "s3cret")];
        for (vars, expected) in [
            (vec![("MEMCACHE_SERVERS", "a,b:1")], Some("memcached://a:11211,b:1 servers")),
            (
                [&[("MEMCACHIER_SERVERS", "a.example.com:11211")][..], &login].concat(),
                Some("memcached://app@a.example.com:11211 servers user password"),
            ),
            (
                vec![("MEMCACHED_HOST", "cache"), ("MEMCACHED_PORT", "1"), ("MEMCACHED_USERNAME", "app")],
                Some("memcached://cache:1 host port user"),
            ),
            // Set by Kubernetes for a Service of this name.
            (
                vec![("MEMCACHED_HOST", "cache"), ("MEMCACHED_PORT", "tcp://10.0.0.9:11211")],
                Some("memcached://cache:11211 host"),
            ),
            (vec![("MEMCACHED_PORT", "tcp://10.0.0.9:11211")], None),
            (vec![("MEMCACHE_HOST", "cache"), ("MEMCACHE_PORT", "1")], Some("memcached://cache:1 host port")),
            (vec![("MEMCACHED_SERVER", "cache:1")], Some("memcached://cache:1 servers")),
            (vec![("MEMCACHED_SERVER", "memcached://cache")], None),
            (vec![("MEMCACHED_SERVERS", "memcached://cache")], None),
            (login.to_vec(), None),
        ] {
            assert_eq!(found(&vars).as_deref(), expected, "{vars:?}");
        }
    }
}
