//! Connection strings of Go's driver, `user:password@unix(/run/mysqld/mysqld.sock)/database?tls=true`, as a URL.

use zeroize::Zeroizing;

use crate::check::server_keys::Form;
use crate::mask::percent_encode;
use crate::url::{SocketPath, percent_decode};

/// Where the driver connects to without an address.
const USUAL: &str = "127.0.0.1";

/// What golang-migrate, and tools like it, take before such a string.
const SCHEMES: [&str; 2] = ["mysql://", "mariadb://"];

/// Reads such a string; `None` for any other text. As the driver reads it: the last `/` ends the address, the last `@` before
/// it the login, and nothing of the login is percent-encoded. Behind a scheme, as golang-migrate takes it, the login is encoded
/// as in the query of a URL.
pub(super) fn form(text: &str) -> Option<Result<Form, &'static str>> {
    let scheme = SCHEMES.iter().find(|scheme| text.starts_with(**scheme));
    let text = scheme.map_or(text, |scheme| &text[scheme.len()..]);
    let (before, after) = text.rsplit_once('/')?;
    let (login, address) = before.rsplit_once('@')?;
    let (network, address) = address.strip_suffix(')')?.split_once('(')?;
    let (host, socket) = match network {
        "unix" => match SocketPath::parse(address) {
            Ok(path) => ("localhost", Some(path)),
            Err(problem) => return Some(Err(problem)),
        },
        "tcp" if address.is_empty() => (USUAL, None),
        "tcp" => (address, None),
        _ => return None,
    };
    let encoded = |text: &str| {
        let decoded = scheme.and_then(|_| percent_decode(&Zeroizing::new(text.replace('+', " ")))).map(Zeroizing::new);
        Zeroizing::new(percent_encode(decoded.as_ref().map_or(text, |decoded| decoded)))
    };
    let login = match login.split_once(':') {
        Some((user, password)) => Zeroizing::new(format!("{}:{}", *encoded(user), *encoded(password))),
        None => encoded(login),
    };
    let url = Zeroizing::new(format!("mysql://{}@{host}/{after}", *login));
    Some(Ok(Form { url, tls: false, socket }))
}

#[cfg(test)]
mod tests {
    use super::form;

    #[test]
    fn a_dsn_is_read_as_the_driver_reads_it() {
        for (text, url, socket) in [
            ("app:pw@tcp(db:3306)/shop?tls=true", "mysql://app:pw@db:3306/shop?tls=true", "-"),
            ("app:p/w@x@tcp([::1]:3306)/", "mysql://app:p%2fw%40x@[::1]:3306/", "-"),
            ("app@tcp()/shop", "mysql://app@127.0.0.1/shop", "-"),
            (
                "app:a:b@unix(/run/mysqld/mysqld.sock)/shop",
                "mysql://app:a%3ab@localhost/shop",
                "/run/mysqld/mysqld.sock",
            ),
            ("mysql://app:p%2Fw+x@tcp(db:3306)/shop", "mysql://app:p%2fw%20x@db:3306/shop", "-"),
            ("mysql://app:p@w/%zz@tcp(db)/shop?x-no-lock=1", "mysql://app:p%40w%2f%25zz@db/shop?x-no-lock=1", "-"),
            ("mariadb://app:pw@unix(/run/m.sock)/shop", "mysql://app:pw@localhost/shop", "/run/m.sock"),
            ("app:x://y@tcp(db)/", "mysql://app:x%3a%2f%2fy@db/", "-"),
        ] {
            let form = form(text).expect(text).expect(text);
            let found = form.socket.map_or_else(|| "-".to_owned(), |path| path.to_string());
            assert_eq!((form.url.as_str(), found.as_str()), (url, socket));
        }
        assert!(
            form("app:s3cret@unix(run.sock)/shop").expect("it is one").is_err_and(|problem| !problem.contains("s3"))
        );
        for text in ["mysql://app:x@db/shop", "app:x@db/shop", "app:x@tcp(db)", "app:x@udp(db)/x", "tcp(db)/x", ""] {
            assert!(form(text).is_none(), "{text}");
        }
    }
}
