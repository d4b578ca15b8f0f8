//! The virtual host that the path of a URL names.

use crate::url::percent_decode;

/// The virtual host of every server, and of clients that name none.
pub(super) const DEFAULT: &str = "/";
/// The longest name, in bytes.
const LONGEST: usize = 255;
/// What a name is.
pub(super) const NAME: &str = "a name of at most 255 bytes without zero bytes";

/// The name in the raw path of a URL, from its `/` on: `/shop`, `/%2F`. As most clients read it: what is behind the first `/`,
/// decoded, and the default where that is empty.
///
/// # Errors
/// What is wrong with the path.
pub(super) fn of_path(path: &str) -> Result<Option<String>, &'static str> {
    let name = path.strip_prefix('/').unwrap_or(path);
    if name.is_empty() {
        return Ok(None);
    }
    let name = percent_decode(name).ok_or("bad percent-encoding in the path")?;
    if fits(&name) { Ok(Some(name)) } else { Err("its path is not the name of a virtual host") }
}

/// Whether a server can have a virtual host or a queue of this name.
pub(super) fn fits(name: &str) -> bool {
    (1..=LONGEST).contains(&name.len()) && !name.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::of_path;

    #[test]
    fn paths_are_read_as_most_clients_read_them() {
        for (path, expected) in [
            ("", None),
            ("/", None),
            ("//", Some("/")),
            ("/%2F", Some("/")),
            ("/%2f", Some("/")),
            ("/shop", Some("shop")),
            ("/%2Fshop", Some("/shop")),
            ("//shop", Some("/shop")),
            ("/a/b", Some("a/b")),
            ("/a%2Fb", Some("a/b")),
            ("/a b", Some("a b")),
        ] {
            assert_eq!(of_path(path).expect(path).as_deref(), expected, "{path}");
        }
        for path in ["/%zz", "/%00", &format!("/{}", "x".repeat(256))] {
            assert!(of_path(path).is_err(), "{path}");
        }
    }
}
