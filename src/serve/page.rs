//! `/` for people: one page, live from `/status`, which decides who sees what. The page itself holds nothing of this pod.

use hyper::header::{self, HeaderMap};

use crate::packed;

/// Nothing but the script and the style of the page, by their digests, and questions to this server.
pub(super) const POLICY: &str = "default-src 'none'; connect-src 'self'; \
                      script-src 'sha256-dyoIcfeLtZ47XuWYPjR12zLxojGLekNCvTf6e08grzU='; \
                      style-src 'sha256-Iz0yjUhc5UMH5xAkPWVsYk4Lo1poOAJBdfLfWggXsso='; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Whether a browser asks: everything else gets the list of paths.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// The page.
pub(super) fn text() -> String {
    packed::text(include_bytes!(concat!(env!("OUT_DIR"), "/page.html.zlib")))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use ring::digest::{SHA256, digest};

    use super::POLICY;

    #[test]
    fn the_policy_names_the_script_and_the_style_that_the_page_has() {
        let page = super::text();
        assert!(page.len() < 30_000);
        for (name, tag) in [("script-src", "script"), ("style-src", "style")] {
            let (_, rest) = page.split_once(&format!("<{tag}>")).unwrap();
            let (text, after) = rest.split_once(&format!("</{tag}>")).unwrap();
            assert!(!after.contains(&format!("<{tag}")), "only one");
            let digest = STANDARD.encode(digest(&SHA256, text.as_bytes()));
            assert!(POLICY.contains(&format!("{name} 'sha256-{digest}';")), "{name} {digest}");
        }
        for markup in
            ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", " style=", " onclick=", "://"]
        {
            assert!(!page.contains(markup), "{markup}");
        }
    }
}
