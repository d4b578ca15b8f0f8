//! A JSON Web Token in compact form (RFC 7515, section 7.1), as far as it is read without a key.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value as Json;
use zeroize::Zeroizing;

/// The longest token that is read, in bytes: headers of HTTP have no room for more.
const LONGEST: usize = 16 * 1024;

/// A token.
pub(super) struct Jwt {
    /// `alg` of its header.
    pub(super) alg: String,
    /// `kid` of its header.
    pub(super) kid: Option<String>,
    /// What it claims.
    pub(super) claims: Json,
    /// The bytes that are signed, and the signature.
    pub(super) signed: Zeroizing<String>,
    pub(super) signature: Vec<u8>,
}

/// Reads a token. The error states why a text is none, and shows no part of it.
pub(super) fn read(text: &str) -> Result<Jwt, &'static str> {
    if text.len() > LONGEST {
        return Err("it is longer than 16 KiB");
    }
    if text.trim() != text {
        return Err("it starts or ends with white space");
    }
    if text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer ")) {
        return Err("it starts with `Bearer `");
    }
    if text.starts_with(['"', '\'']) {
        return Err("it is in quotes");
    }
    let parts: Vec<&str> = text.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        return Err(match parts.len() {
            5 => "it is encrypted (JWE): it has five parts, not three",
            _ => "it is no JWT: it has not three parts with dots between them",
        });
    };
    let json = |part: &str| {
        let bytes = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(part).ok()?);
        serde_json::from_slice::<Json>(&bytes).ok().filter(Json::is_object)
    };
    let (Some(header), Some(claims)) = (json(header), json(claims)) else {
        return Err("it is no JWT: its parts are not JSON in base64url");
    };
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| "its signature is not base64url")?;
    let end = text.rfind('.').unwrap_or(text.len());
    Ok(Jwt {
        alg: header["alg"].as_str().unwrap_or_default().to_owned(),
        kid: header["kid"].as_str().map(str::to_owned),
        claims,
        signed: Zeroizing::new(text[..end].to_owned()),
        signature,
    })
}

impl Jwt {
    /// A claim that is a moment, in seconds since 1970.
    pub(super) fn moment(&self, name: &str) -> Option<i64> {
        let value = self.claims.get(name)?;
        #[expect(clippy::cast_possible_truncation, reason = "it saturates, and a fraction of a second is no matter")]
        let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64));
        seconds
    }

    /// The audiences that it names.
    pub(super) fn audiences(&self) -> Vec<&str> {
        match &self.claims["aud"] {
            Json::Array(all) => all.iter().filter_map(Json::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn what_is_no_token_is_named_and_not_shown() {
        let token = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImEifQ.eyJhdWQiOlsieCIsInkiXSwiZXhwIjoxLjV9.AAEC";
        let read_one = read(token).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!((read_one.alg.as_str(), read_one.kid.as_deref()), ("HS256", Some("a")));
        assert_eq!(
            (read_one.audiences(), read_one.moment("exp"), read_one.moment("nbf")),
            (vec!["x", "y"], Some(1), None)
        );
        for (text, says) in [
            (format!("{token}\n"), "white space"),
            (format!("Bearer {token}"), "`Bearer `"),
            (format!("\"{token}\""), "quotes"),
            (token.replace('.', ""), "three parts"),
            (format!("{token}.a.b"), "JWE"),
            (token.replace("eyJhdW", "!!"), "base64url"),
            (token.replace("AAEC", "A=="), "signature"),
            ("a.".repeat(9_000), "16 KiB"),
            (String::new(), "three parts"),
            ("..".to_owned(), "base64url"),
        ] {
            let why = read(&text).err().unwrap_or_default();
            assert!(why.contains(says), "{text}: {why}");
        }
    }
}
