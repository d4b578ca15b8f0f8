//! Who logs in, and with what: a password, a token, an nkey, or the user JWT and the seed of a creds file.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::nkey::Seed;
use crate::secret::Secret;

/// Who logs in.
pub(super) enum Credential {
    /// Nobody.
    None,
    /// A user with a password.
    Password { user: String, password: Secret },
    /// Whoever has the token.
    Token(Secret),
    /// The owner of a key that the server knows.
    Nkey(Seed),
    /// A user for whom an account vouches.
    Jwt(Creds),
}

/// What a creds file holds.
pub(super) struct Creds {
    jwt: Secret,
    seed: Seed,
}

/// What a JWT says of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Claims {
    /// The public key of the user.
    sub: String,
    /// When it expires, in seconds since 1970; 0: never.
    exp: i64,
}

impl Credential {
    /// As a fact.
    pub(super) const fn method(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Password { .. } => "password",
            Self::Token(_) => "token",
            Self::Nkey(_) => "nkey",
            Self::Jwt(_) => "jwt",
        }
    }

    /// Whether what is sent could be used by whoever reads it.
    pub(super) const fn is_sent_in_clear(&self) -> bool {
        matches!(self, Self::Password { .. } | Self::Token(_))
    }

    /// The fields of CONNECT, with a signature of the server's nonce.
    pub(super) fn fill(&self, fields: &mut Map<String, Json>, nonce: &str) {
        let mut set = |key: &str, text: &str| drop(fields.insert(key.to_owned(), Json::from(text)));
        let signature = |seed: &Seed| URL_SAFE_NO_PAD.encode(seed.sign(nonce.as_bytes()));
        match self {
            Self::None => {}
            Self::Password { user, password } => {
                set("user", user);
                set("pass", password.expose());
            }
            Self::Token(token) => set("auth_token", token.expose()),
            Self::Nkey(seed) => {
                set("nkey", &seed.public());
                set("sig", &signature(seed));
            }
            Self::Jwt(creds) => {
                set("jwt", creds.jwt.expose());
                set("sig", &signature(&creds.seed));
            }
        }
    }

    /// What no message may repeat.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        match self {
            Self::None | Self::Nkey(_) => Vec::new(),
            Self::Password { password, .. } => vec![password.clone()],
            Self::Token(token) => vec![token.clone()],
            Self::Jwt(creds) => vec![creds.jwt.clone()],
        }
    }
}

impl Creds {
    /// Reads the text of a creds file: a JWT, then a seed, each between two lines of dashes.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        let mut items = text.split("-----BEGIN ").skip(1).map(|item| {
            let lines = item.lines().skip(1).map(str::trim);
            lines.take_while(|line| !line.starts_with("---")).find(|line| !line.is_empty())
        });
        let (Some(Some(jwt)), Some(Some(seed))) = (items.next(), items.next()) else {
            return Err("it is not a creds file, which has a user JWT and the seed of the user");
        };
        if Claims::of(jwt).is_none() {
            return Err("its first part is not a JWT");
        }
        Ok(Self { jwt: Secret::new(jwt.to_owned()), seed: Seed::read(seed)? })
    }

    /// When the JWT expires, in seconds since 1970.
    pub(super) fn expires(&self) -> Option<i64> {
        Claims::of(self.jwt.expose()).map(|claims| claims.exp).filter(|exp| *exp > 0)
    }

    /// Whether the seed is of the user of the JWT.
    pub(super) fn fit(&self) -> bool {
        Claims::of(self.jwt.expose()).is_some_and(|claims| claims.sub == self.seed.public())
    }
}

impl Claims {
    fn of(jwt: &str) -> Option<Self> {
        let [_, claims, _] = jwt.split('.').collect::<Vec<_>>().try_into().ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::Creds;

    const SEED: &str = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
    const PUBLIC: &str = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

    fn file(claims: &str, seed: &str) -> String {
        let jwt = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        format!(
            "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n*** IMPORTANT ***\nKeep it.\n\n\
             -----BEGIN USER NKEY SEED-----\r\n{seed}\r\n------END USER NKEY SEED------\n"
        )
    }

    #[test]
    fn a_creds_file_is_read_and_any_other_is_not() {
        let creds = Creds::read(&file(&format!(r#"{{"sub":"{PUBLIC}","exp":1700000000}}"#), SEED)).expect("a file");
        assert_eq!((creds.expires(), creds.fit()), (Some(1_700_000_000), true));
        let creds = Creds::read(&file(r#"{"sub":"UOTHER"}"#, SEED)).expect("a file");
        assert_eq!((creds.expires(), creds.fit()), (None, false));
        for text in [
            String::new(),
            SEED.to_owned(),
            file("{}", "s3cret"),
            file("{}", ""),
            file("no json", SEED),
            file("{}", SEED).replace("e30.", "s3cret"),
            file("{}", SEED).split("\n\n").next().expect("a part").to_owned(),
        ] {
            let problem = Creds::read(&text).err().expect("it is none");
            assert!(!problem.contains("s3cret") && !problem.contains(SEED), "{problem}");
        }
    }
}
