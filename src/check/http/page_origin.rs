//! The origin of a page, as browsers send it in `Origin` (RFC 6454, 6.2): no path, no slash at the end, no default port.

use std::fmt;
use std::str::FromStr;

use hyper::header::HeaderValue;

use crate::url::parse_port;

/// The origin of a page: `https://app.example.com`, or `null`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageOrigin(String);

impl PageOrigin {
    /// It as the header has it.
    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("an origin has letters, digits and a few signs")
    }

    /// It as text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PageOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PageOrigin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = |what: &str| Err(format!("an origin as browsers send it: {what}"));
        if text == "null" {
            return Ok(Self(text.to_owned()));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return expected("https://app.example.com, with the scheme");
        };
        if rest.trim_end_matches('/') != rest {
            return expected("without a slash at the end");
        }
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return expected("in lower case");
        }
        let fits = |text: &str, signs: &str| {
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || signs.contains(c);
            !text.is_empty() && text.chars().all(fits)
        };
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !rest.ends_with(']') => (host, Some(port)),
            _ => (rest, None),
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).filter(|host| fits(host, ":."));
        if !fits(scheme, "+-.") || (bare.is_none() && !fits(host, "-._")) {
            return expected("scheme, host and port, such as https://app.example.com, and nothing else");
        }
        match port.map(parse_port) {
            Some(Err(_)) => expected("with a port from 1 to 65535"),
            Some(Ok(80)) if scheme == "http" => expected("without :80, which they leave out"),
            Some(Ok(443)) if scheme == "https" => expected("without :443, which they leave out"),
            Some(Ok(_)) | None => Ok(Self(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PageOrigin;

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        for text in [
            "https://app.example.com",
            "http://localhost:3000",
            "http://[::1]:3000",
            "http://[::1]",
            "https://a_b.example",
            "capacitor://localhost",
            "null",
        ] {
            assert_eq!(text.parse::<PageOrigin>().expect(text).as_str(), text);
        }
        for (text, problem) in [
            ("https://app.example.com/", "slash"),
            ("https://app.example.com/x", "nothing else"),
            ("https://App.example.com", "lower case"),
            ("https://app.example.com:443", ":443"),
            ("http://app:80", ":80"),
            ("app.example.com", "scheme"),
            ("https://", "nothing else"),
            ("https://u:p@h", "port"),
            ("https://u@h", "nothing else"),
            ("https://a b", "nothing else"),
            ("https://ä", "nothing else"),
            ("https://a:0", "port"),
            ("https://a\r\nX: y", "lower case"),
            ("https://a\r\nx", "nothing else"),
            ("*", "scheme"),
            ("", "scheme"),
        ] {
            let fault = text.parse::<PageOrigin>().expect_err(text);
            assert!(fault.contains(problem), "{text}: {fault}");
        }
    }
}
