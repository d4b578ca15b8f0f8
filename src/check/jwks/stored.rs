//! The key that Better Auth signs with: the newest row of its table that has not expired, and whether the secret opens it.
//!
//! Better Auth encrypts with XChaCha20-Poly1305 under the SHA-256 of the secret (`src/crypto/index.ts`): a nonce of 24 bytes,
//! the text and the tag, in hex. Since 1.6, with several secrets, `$ba$VERSION$` comes before it. What is decrypted is not
//! kept.

use chacha20::{R20, hchacha};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use serde_json::Value as Json;
use zeroize::Zeroizing;

use super::hint::code;
use crate::cause::Cause;
use crate::check::jwk::Alg;
use crate::check::postgres::catalog::{constant, identifier};
use crate::check::postgres::database::{Database, Session};
use crate::check::provider::coded_fault;
use crate::check::slip::{self, Slip};
use crate::config::node::Keys;
use crate::env::Env;
use crate::findings::keys::JWKS_PLAINTEXT;
use crate::mask::Mask;
use crate::net::attempt::Attempt;
use crate::outcome::{Fault, Phase, clean_text};
use crate::secret::Secret;
use crate::value::Value;

/// How Better Auth marks a text that names the version of its secret.
const ENVELOPE: &str = "$ba$";
/// How many rows are read, and how much of each key.
const ROWS: usize = 20;
const KEY: usize = 32 * 1024;
/// What comes before the text: a nonce.
const NONCE: usize = 24;
/// The most versions of a secret.
const VERSIONS: usize = 32;

/// Schemes of the other databases that Better Auth takes.
const OTHERS: [&str; 10] =
    ["mysql", "mysql2", "mariadb", "file", "sqlite", "libsql", "mongodb", "mongodb+srv", "sqlserver", "mssql"];

/// Where Better Auth keeps its keys, and how it encrypts them.
#[derive(Keys)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "jwksBetterAuth"))]
pub(super) struct BetterAuthKeys {
    /// The URL of the app's PostgreSQL database. The table is found by its columns.
    pub(super) database: Value,
    /// The secret of the app: `BETTER_AUTH_SECRET`, or `AUTH_SECRET`.
    secret: Option<Value>,
    /// The versions of the secret, if the app has several: `BETTER_AUTH_SECRETS`, `2:NEW,1:OLD`.
    secrets: Option<Value>,
}

impl BetterAuthKeys {
    pub(super) const fn has_no_secret(&self) -> bool {
        self.secret.is_none() && self.secrets.is_none()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        std::iter::once(&self.database).chain(&self.secret).chain(&self.secrets)
    }

    pub(super) const fn secret(&self) -> Option<&Value> {
        self.secret.as_ref()
    }

    pub(super) fn resolve(&self, env: &dyn Env) -> Result<BetterAuth, Fault> {
        let secret = self.secret.as_ref().map(|value| value.resolve(env)).transpose()?;
        let versions = match &self.secrets {
            None => Vec::new(),
            Some(value) => versions(value.resolve(env)?.expose()).ok_or_else(|| {
                let message = format!("secrets: {} is not `VERSION:SECRET,VERSION:SECRET`", value.origin());
                Fault::new(Phase::Assert, value.invalid_cause(), message)
            })?,
        };
        let database = Database::of_url(&self.database, env).map_err(|fault| self.of_other(env).unwrap_or(fault))?;
        Ok(BetterAuth { database, secrets: Secrets { secret, versions } })
    }

    /// The limit that the keys are in a database which pilotfish does not read for them.
    fn of_other(&self, env: &dyn Env) -> Option<Fault> {
        let url = self.database.resolve(env).ok()?;
        let (scheme, _) = url.expose().split_once(':')?;
        OTHERS.contains(&scheme.to_ascii_lowercase().as_str()).then(|| {
            let message = format!(
                "pilotfish reads the keys of Better Auth from PostgreSQL only; the URL from {} is for another database",
                self.database.origin()
            );
            coded_fault(Cause::ProbeLimit, code::OTHER_DATABASE, &message).stating(message)
        })
    }
}

/// As Better Auth reads them.
fn versions(text: &str) -> Option<Vec<(u32, Secret)>> {
    let entries = text.split(',').take(VERSIONS).map(|entry| {
        let (version, secret) = entry.trim().split_once(':')?;
        let secret = secret.trim();
        Some((version.trim().parse().ok()?, Secret::new(secret.to_owned()))).filter(|_| !secret.is_empty())
    });
    entries.collect()
}

/// The secrets of an app.
struct Secrets {
    secret: Option<Secret>,
    versions: Vec<(u32, Secret)>,
}

/// The database and the secrets, with the values of one run.
pub(super) struct BetterAuth {
    database: Database,
    secrets: Secrets,
}

/// What is stored.
pub(super) struct Stored {
    /// How many rows there are, of the newest.
    pub(super) rows: usize,
    /// The name of the key that signs; none if all have expired.
    pub(super) signing: Option<String>,
}

impl BetterAuth {
    /// Nothing that a server repeats shows a secret. The target may be the URL: that it is the database is said.
    pub(super) fn blame(&self, fault: Fault) -> Fault {
        let mut mask = Mask::default();
        let versions = self.secrets.versions.iter().map(|(_, secret)| secret);
        self.secrets.secret.iter().chain(versions).for_each(|secret| mask.add(secret.expose()));
        let fault = self.database.strike(mask.strike_fault(fault));
        match fault.phase {
            Phase::Assert => fault,
            _ => {
                let message = format!("the database: {}", fault.message);
                fault.with_message(message)
            }
        }
    }

    /// Reads the table, and opens the key that signs, for one of these algorithms if there is any.
    ///
    /// # Errors
    /// Those of a login and a query; `missing_table`; `jwks_undecryptable`.
    pub(super) async fn judge(&self, attempt: &mut Attempt, algs: &[Alg]) -> Result<Stored, Fault> {
        let mut session = self.database.log_in(attempt).await?;
        let found = self.find(attempt, &mut session, algs).await;
        session.end(attempt).await;
        let Found { table, rows, signing } = found?;
        attempt.enter(Phase::Assert);
        let Some((id, stored)) = signing else { return Ok(Stored { rows, signing: None }) };
        let opened = self.secrets.open(&stored);
        let named = format!("the newest signing key ({}) in the table {table}", clean_text(&id, 48));
        match opened {
            Ok(Kept::Encrypted) => {}
            Ok(Kept::Plain) => {
                let found =
                    JWKS_PLAINTEXT.found(format!("{named} is not encrypted"), JWKS_PLAINTEXT.remedy.replace('`', ""));
                attempt.facts().noticed.push(found);
            }
            Err(Closed::Wrong) => {
                let message = format!(
                    "{named} cannot be decrypted with this secret; the key set still answers 200, but new logins and tokens fail"
                );
                let statement = "the secret does not decrypt the newest signing key";
                return Err(coded_fault(Cause::JwksUndecryptable, code::WRONG_SECRET, message).stating(statement));
            }
            Err(Closed::Slip(slip)) => {
                let text = format!("the newest signing key is decrypted by the secret {}", slip.as_str());
                let (cause, code) = match slip {
                    Slip::Space => (Cause::SecretWhitespace, code::SPACE),
                    Slip::Line => (Cause::JwksUndecryptable, code::LINE),
                    Slip::Quotes => (Cause::JwksUndecryptable, code::QUOTES),
                };
                return Err(coded_fault(cause, code, &text).stating(text));
            }
            Err(Closed::NoVersion(version)) => {
                let message = format!("{named} was encrypted with version {version} of the secret, which is not set");
                let statement =
                    format!("version {version} of the secret, which encrypted the newest signing key, is not set");
                return Err(coded_fault(Cause::JwksUndecryptable, code::VERSION, message).stating(statement));
            }
            Err(Closed::NoLegacy) => {
                let message =
                    format!("{named} was encrypted without a version, and only `secrets` is set, not `secret`");
                return Err(coded_fault(Cause::JwksUndecryptable, code::WRONG_SECRET, message)
                    .stating("the newest signing key was encrypted without a version of the secret"));
            }
            Err(Closed::Unknown) => {
                let message = format!("{named} is in no form that Better Auth writes");
                return Err(coded_fault(Cause::JwksUndecryptable, code::FORMAT, message));
            }
        }
        Ok(Stored { rows, signing: Some(id) })
    }

    /// Finds the table, and in it the key that signs. An answer has no room for all keys.
    async fn find(&self, attempt: &mut Attempt, session: &mut Session, algs: &[Alg]) -> Result<Found, Fault> {
        let place = session.column(attempt, &find(self.database.schema())).await?;
        let place: Option<Json> = place.first().and_then(|row| serde_json::from_str(row).ok());
        let Some(place) = place else {
            let text = "the database has no table with the columns privateKey and publicKey that this role can read";
            return Err(coded_fault(Cause::MissingTable, code::NO_TABLE, text).stating(text));
        };
        let rows = session.column(attempt, &read_rows(&place)).await?;
        let rows: Vec<Json> = rows.iter().filter_map(|row| serde_json::from_str(row).ok()).collect();
        let signing = match signs(&rows, algs) {
            None => None,
            Some(at) => {
                let key = session.column(attempt, &read_key(&place, at)).await?;
                let id = rows[at][0].as_str().unwrap_or_default().to_owned();
                Some((id, Zeroizing::new(key.into_iter().next().unwrap_or_default())))
            }
        };
        Ok(Found { table: clean_text(place[1].as_str().unwrap_or_default(), 63), rows: rows.len(), signing })
    }
}

/// What the table has.
struct Found {
    /// Its name, as it may be shown.
    table: String,
    /// How many rows, of the newest.
    rows: usize,
    /// The name and the text of the key that signs; none if all have expired.
    signing: Option<(String, Zeroizing<String>)>,
}

/// Looks for the table: schema, name, and the columns for id, private key, creation, expiry with its type, and algorithm.
fn find(schema: Option<&str>) -> String {
    let column = |name: &str, gives: &str| {
        format!("max({gives}::text) FILTER (WHERE replace(lower(column_name), '_', '') = '{name}')")
    };
    let name = |of: &str| column(of, "column_name");
    let first = schema.map_or_else(String::new, |schema| format!("table_schema = {} DESC, ", constant(schema)));
    format!(
        "SELECT json_build_array(table_schema::text, table_name::text, {}, {}, {}, {}, {}, {})::text \
         FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema') \
         GROUP BY table_schema, table_name HAVING {} IS NOT NULL AND {} IS NOT NULL AND {} IS NOT NULL \
         ORDER BY {first}coalesce(array_position(current_schemas(false), table_schema::name), 99), \
         lower(table_name) LIKE '%jwk%' DESC, table_name LIMIT 1",
        name("id"),
        name("privatekey"),
        name("createdat"),
        name("expiresat"),
        column("expiresat", "data_type"),
        name("alg"),
        name("privatekey"),
        name("publickey"),
        name("createdat"),
    )
}

/// The table that [`find`] found, newest rows first.
fn newest(place: &Json) -> String {
    let name = |at: usize| place[at].as_str().map(identifier).unwrap_or_default();
    format!("FROM {}.{} ORDER BY {} DESC", name(0), name(1), name(4))
}

/// Reads of each of the newest rows: its name, whether it has not expired, its algorithm.
fn read_rows(place: &Json) -> String {
    let name = |at: usize| place[at].as_str().map(identifier);
    let text = |at: usize| name(at).map_or_else(|| "NULL".to_owned(), |name| format!("{name}::text"));
    // Drizzle's timestamps have no zone, and are in UTC.
    let now = if place[6] == "timestamp without time zone" { "now() AT TIME ZONE 'UTC'" } else { "now()" };
    let live = name(5).map_or_else(|| "true".to_owned(), |expires| format!("coalesce({expires} > {now}, true)"));
    format!("SELECT json_build_array({}, {live}, {})::text {} LIMIT {ROWS}", text(2), text(7), newest(place))
}

/// Reads the private key of one of these rows.
fn read_key(place: &Json, at: usize) -> String {
    let key = place[3].as_str().map(identifier).unwrap_or_default();
    format!("SELECT left({key}::text, {KEY}) {} OFFSET {at} LIMIT 1", newest(place))
}

/// The row that Better Auth signs with: the newest that has not expired, of the algorithm that it signs with. A row without an
/// algorithm is older than that column, and has the usual one.
fn signs(rows: &[Json], algs: &[Alg]) -> Option<usize> {
    let live = |row: &Json| row[1] == true;
    let is_of = |row: &Json| {
        let alg = Alg::named(row[2].as_str().unwrap_or(Alg::EdDsa.as_str()));
        live(row) && alg.is_some_and(|alg| algs.contains(&alg))
    };
    rows.iter().position(is_of).or_else(|| rows.iter().position(live))
}

/// How a key that can be used is kept.
#[derive(Debug, PartialEq, Eq)]
enum Kept {
    Encrypted,
    Plain,
}

/// Why a key cannot be used.
#[derive(Debug, PartialEq, Eq)]
enum Closed {
    /// Another secret encrypted it.
    Wrong,
    /// Nearly the same did.
    Slip(Slip),
    /// No secret has this version.
    NoVersion(u32),
    /// It has no version, and there is no secret without one.
    NoLegacy,
    /// The text has another form.
    Unknown,
}

impl Secrets {
    /// Opens a stored key, as Better Auth does.
    fn open(&self, stored: &str) -> Result<Kept, Closed> {
        // `"<hex>"`, or the key itself where encryption is off.
        let text = match serde_json::from_str(stored) {
            Ok(Json::String(text)) => Zeroizing::new(text),
            Ok(Json::Object(key)) if key.contains_key("d") => return Ok(Kept::Plain),
            _ => return Err(Closed::Unknown),
        };
        let (secret, hex) = match text.strip_prefix(ENVELOPE).and_then(|rest| rest.split_once('$')) {
            Some((version, hex)) => {
                let version = version.parse().map_err(|_| Closed::Unknown)?;
                let secret = self.versions.iter().find(|(own, _)| *own == version);
                (secret.map(|(_, secret)| secret).ok_or(Closed::NoVersion(version))?, hex)
            }
            None => (self.secret.as_ref().ok_or(Closed::NoLegacy)?, text.as_str()),
        };
        let bytes = hex::decode(hex).map_err(|_| Closed::Unknown)?;
        let bytes = Zeroizing::new(bytes);
        let fits = |secret: &str| decrypts(secret, bytes.clone());
        match fits(secret.expose()).ok_or(Closed::Unknown)? {
            true => Ok(Kept::Encrypted),
            false => {
                Err(slip::find(secret.expose(), |text| fits(text) == Some(true)).map_or(Closed::Wrong, Closed::Slip))
            }
        }
    }
}

/// Whether the secret decrypts it; `None` if it is too short for a nonce.
fn decrypts(secret: &str, mut bytes: Zeroizing<Vec<u8>>) -> Option<bool> {
    let (nonce, sealed) = bytes.split_at_mut_checked(NONCE)?;
    let key = digest(&SHA256, secret.as_bytes());
    // XChaCha20 is ChaCha20 with a key derived from the first 16 bytes of the nonce (draft-irtf-cfrg-xchacha, section 2.3).
    let key = hchacha::<R20>(key.as_ref().try_into().ok()?, nonce[..16].try_into().ok()?);
    let key = Zeroizing::new(key);
    let mut rest = [0; 12];
    rest[4..].copy_from_slice(&nonce[16..]);
    let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &key[..]).ok()?);
    Some(key.open_in_place(Nonce::assume_unique_for_key(rest), Aad::empty(), sealed).is_ok())
}

/// A text of the column, whatever it is.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn fuzz(text: &str) {
    let secret = Some(Secret::new("0123456789abcdef0123456789abcdef".to_owned()));
    let secrets = Secrets { secret, versions: versions(text).unwrap_or_default() };
    drop(secrets.open(text));
}

#[cfg(test)]
mod tests {
    use super::{Closed, Kept, Secrets, Slip, read_key, read_rows, signs, versions};
    use crate::check::jwk::Alg;
    use crate::secret::Secret;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    /// What Better Auth's own `symmetricEncrypt` made of `{"kty":"OKP"}`.
    const SEALED: &str =
        "000102030405060708090a0b0c0d0e0f1011121314151617a7296eae86fad6345d885462de2bb1163751cea0b22d547ddb725a0dab";

    fn secrets(secret: Option<&str>, all: &str) -> Secrets {
        let versions = if all.is_empty() { Vec::new() } else { versions(all).expect(all) };
        Secrets { secret: secret.map(|secret| Secret::new(secret.to_owned())), versions }
    }

    #[test]
    fn a_stored_key_opens_with_the_secret_that_encrypted_it() {
        let bare = format!("\"{SEALED}\"");
        let second = format!("\"$ba$2${SEALED}\"");
        let changed = bare.replace("a7296e", "a7296f");
        let new = format!("2:{SECRET}, 1:other");
        for (secret, all, stored, expected) in [
            (Some(SECRET), "", bare.as_str(), Ok(Kept::Encrypted)),
            (Some("other"), "", &bare, Err(Closed::Wrong)),
            (Some(&format!("{SECRET}\n")), "", &bare, Err(Closed::Slip(Slip::Space))),
            (Some(&format!("'{SECRET}'")), "", &bare, Err(Closed::Slip(Slip::Quotes))),
            (Some(" other "), "", &bare, Err(Closed::Wrong)),
            (Some(SECRET), "", &changed, Err(Closed::Wrong)),
            (None, &new, &second, Ok(Kept::Encrypted)),
            (Some("other"), &new, &second, Ok(Kept::Encrypted)),
            (Some(SECRET), "1:old", &second, Err(Closed::NoVersion(2))),
            (Some(SECRET), "", &second, Err(Closed::NoVersion(2))),
            (Some(SECRET), "2:old", &second, Err(Closed::Wrong)),
            (None, &new, &bare, Err(Closed::NoLegacy)),
            (Some(SECRET), &new, &bare, Ok(Kept::Encrypted)),
            (Some(SECRET), "", r#"{"kty":"OKP","d":"x"}"#, Ok(Kept::Plain)),
            (Some(SECRET), "", r#"{"kty":"OKP"}"#, Err(Closed::Unknown)),
            (Some(SECRET), "", SEALED, Err(Closed::Unknown)),
            (Some(SECRET), "", "\"00\"", Err(Closed::Unknown)),
            (Some(SECRET), "", "\"zz\"", Err(Closed::Unknown)),
            (Some(SECRET), "", "\"$ba$x$00\"", Err(Closed::Unknown)),
            (Some(SECRET), "", "", Err(Closed::Unknown)),
        ] {
            assert_eq!(secrets(secret, all).open(stored), expected, "{all} {stored}");
        }
    }

    #[test]
    fn versions_are_read_as_better_auth_does() {
        let read = |text| versions(text).map(|all| all.into_iter().map(|(version, _)| version).collect::<Vec<_>>());
        assert_eq!(read("2:new,1:old"), Some(vec![2, 1]));
        assert_eq!(read(" 3 : a:b "), Some(vec![3]));
        for text in ["", "new", "2:", "x:new", "2:new,", "-1:a"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_newest_key_of_the_algorithm_signs() {
        let rows = [
            serde_json::json!(["a", false, "EdDSA"]),
            serde_json::json!(["b", true, "ES256"]),
            serde_json::json!(["c", true, null]),
            serde_json::json!(["d", true, "EdDSA"]),
        ];
        for (algs, at) in
            [(&[][..], 1), (&[Alg::EdDsa], 2), (&[Alg::Es256], 1), (&[Alg::Rs256], 1), (&[Alg::Rs256, Alg::EdDsa], 2)]
        {
            assert_eq!(signs(&rows, algs), Some(at), "{algs:?}");
        }
        assert_eq!(signs(&rows[..1], &[]), None);
    }

    #[test]
    fn names_of_the_database_stay_names() {
        let place = serde_json::json!(["s\"s", "j", "id", "private\"; DROP", "created_at", null, null, null]);
        let (rows, key) = (read_rows(&place), read_key(&place, 3));
        assert_eq!(
            rows,
            "SELECT json_build_array(\"id\"::text, true, NULL)::text FROM \"s\"\"s\".\"j\" ORDER BY \"created_at\" DESC LIMIT 20"
        );
        assert!(
            key.starts_with("SELECT left(\"private\"\"; DROP\"::text, 32768) FROM ")
                && key.ends_with("OFFSET 3 LIMIT 1")
        );
    }
}
