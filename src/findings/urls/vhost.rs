//! Paths of URLs that name a virtual host, where clients read another name in them.
//!
//! Read so by: pika, kombu and Celery, aio-pika, amqplib, amqp091-go, the clients for Java and .NET.

use super::rows::MISREAD;
use crate::finding::Finding;
use crate::findings::context::Reading;
use crate::scheme::Schemes;
use crate::url::Url;

const FIX: &str =
    "write one `/` and then the name, percent-encoded: %2F is the virtual host `/`. Every client reads that alike";

/// The finding of a URL whose path clients read differently.
pub(super) fn judge(reading: &Reading, schemes: Schemes) -> Option<Finding> {
    let text = super::values::bare(reading.text.expose());
    let (scheme, _) = text.split_once("://")?;
    schemes.stem(scheme).filter(|scheme| scheme.has_vhost)?;
    let what = told(&Url::parse(text).ok()?.path)?;
    Some(MISREAD.found(format!("{} {what}", reading.origin), FIX))
}

/// What clients make of such a path; `None` for a path that all read alike.
fn told(path: &str) -> Option<&'static str> {
    let name = path.strip_prefix('/')?;
    Some(match name {
        "" => "ends with `/`: the Java client opens the virtual host with the empty name, the others open `/`",
        "/" => {
            "ends with `//`: Celery, Go and Node open the virtual host `/`, pika the empty name, and Java rejects the URL"
        }
        _ if name.contains('/') => {
            "has more than one `/` in its path: Celery, Go and Node take them for a part of the name, pika reads up to the next \
             one, and Java and .NET reject the URL"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn only_a_path_that_clients_read_differently_is_told() {
        for (path, start) in
            [("/", "ends with `/`:"), ("//", "ends with `//`:"), ("/a/b", "has more than"), ("//shop", "has more than")]
        {
            assert!(told(path).is_some_and(|text| text.starts_with(start)), "{path}");
        }
        for path in ["", "/shop", "/%2F", "/%2Fshop", "/a%2Fb"] {
            assert_eq!(told(path), None, "{path}");
        }
    }
}
