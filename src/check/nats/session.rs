//! A session over any stream: the server's INFO, then CONNECT with PING, then PONG. Every line is bounded.

use serde_json::{Map, Value as Json};
use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroizing;

use super::credential::Credential;
use super::errors::ServerError;
use super::info::Info;
use crate::check::reader::{ReadError, Reader};

/// The longest line that is read; only INFO is longer than a few hundred bytes.
const LINE_LIMIT: usize = 64 * 1024;
/// How many lines may come before PONG.
const MOST: usize = 64;

/// Why a session ended early.
#[derive(Debug)]
pub(super) enum SessionError {
    /// The server answered with an error.
    Refused(ServerError),
    /// Reading failed.
    Read(ReadError),
    /// The peer sent something else: what is wrong with it.
    Unexpected(&'static str),
}

impl From<ReadError> for SessionError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// What a server says.
enum Operation {
    Info(Info),
    Ping,
    Pong,
    Ok,
    Error(ServerError),
}

/// What the server said while the login went on.
#[derive(Debug, Default)]
pub(super) struct News {
    /// The addresses of the cluster, where it told them again.
    pub(super) announced: Option<Vec<crate::url::Endpoint>>,
    /// It goes into lame duck mode.
    pub(super) is_leaving: bool,
}

/// The INFO with which a server starts.
///
/// # Errors
/// Every [`SessionError`].
pub(super) async fn greeting<S: AsyncRead + Unpin>(reader: &mut Reader<S>) -> Result<Info, SessionError> {
    match next(reader).await? {
        Operation::Info(info) => Ok(info),
        Operation::Error(error) => Err(SessionError::Refused(error)),
        Operation::Ping | Operation::Pong | Operation::Ok => {
            Err(SessionError::Unexpected("it does not start with INFO"))
        }
    }
}

/// Logs in and sends PING. A server that lets nobody in sends an error and closes without reading, so what it says is read
/// even if sending failed.
///
/// # Errors
/// Every [`SessionError`].
pub(super) async fn log_in<S: AsyncRead + AsyncWrite + Unpin>(
    reader: &mut Reader<S>,
    credential: &Credential,
    nonce: &str,
    over_tls: bool,
) -> Result<News, SessionError> {
    let sent = reader.send(connect(credential, nonce, over_tls).as_bytes()).await;
    match (answer(reader).await, sent) {
        (Err(SessionError::Read(ReadError::Ended)), Err(error)) => Err(error.into()),
        (answer, _) => answer,
    }
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(reader: &mut Reader<S>) -> Result<News, SessionError> {
    let mut news = News::default();
    for _ in 0..MOST {
        match next(reader).await? {
            Operation::Pong => return Ok(news),
            Operation::Error(error) => return Err(SessionError::Refused(error)),
            Operation::Ping => reader.send(b"PONG\r\n").await?,
            Operation::Ok => {}
            Operation::Info(info) => {
                news.is_leaving |= info.is_leaving;
                news.announced = Some(info.announced).filter(|all| !all.is_empty()).or(news.announced);
            }
        }
    }
    Err(SessionError::Unexpected("too many lines came before PONG"))
}

/// CONNECT and PING in one packet.
fn connect(credential: &Credential, nonce: &str, over_tls: bool) -> Zeroizing<String> {
    let mut fields = Map::new();
    let mut set = |key: &str, value: Json| drop(fields.insert(key.to_owned(), value));
    for flag in ["verbose", "pedantic", "echo", "headers", "no_responders"] {
        set(flag, false.into());
    }
    set("tls_required", over_tls.into());
    set("name", "pilotfish".into());
    set("lang", "rust".into());
    set("version", env!("CARGO_PKG_VERSION").into());
    // The server then tells news of the cluster, and when it leaves.
    set("protocol", 1.into());
    credential.fill(&mut fields, nonce);
    Zeroizing::new(format!("CONNECT {}\r\nPING\r\n", Json::Object(fields)))
}

async fn next<S: AsyncRead + Unpin>(reader: &mut Reader<S>) -> Result<Operation, SessionError> {
    let line = reader.line(LINE_LIMIT).await?;
    let line = line.trim_ascii_end();
    let (word, rest) = line.split_at(line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len()));
    let rest = rest.trim_ascii_start();
    Ok(match word.to_ascii_uppercase().as_slice() {
        b"INFO" => Operation::Info(Info::read(rest).ok_or(SessionError::Unexpected("its INFO is not valid"))?),
        b"PING" => Operation::Ping,
        b"PONG" => Operation::Pong,
        b"+OK" => Operation::Ok,
        b"-ERR" => Operation::Error(ServerError::read(&String::from_utf8_lossy(rest))),
        _ => return Err(SessionError::Unexpected("a line is no operation of NATS")),
    })
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::{SessionError, greeting, log_in};
    use crate::check::nats::credential::Credential;
    use crate::check::reader::Reader;
    use crate::secret::Secret;

    /// What the client makes of a server that says this, and what it sent.
    async fn told(says: &str) -> (Result<bool, String>, String) {
        let (client, mut server) = tokio::io::duplex(64 * 1024);
        server.write_all(says.as_bytes()).await.expect("it fits");
        let mut reader = Reader::new(client);
        let user = Credential::Password { user: "app".to_owned(), password: Secret::new("ses\"ame".to_owned()) };
        let session = async {
            let info = greeting(&mut reader).await?;
            let news = log_in(&mut reader, &user, &info.nonce, false).await?;
            Ok::<_, SessionError>(news.is_leaving)
        };
        let result = tokio::select! {
            result = session => result,
            () = std::future::ready(()), if says.is_empty() => Ok(false),
        };
        drop(reader);
        let mut sent = String::new();
        server.read_to_string(&mut sent).await.expect("text");
        let word = |error| match error {
            SessionError::Refused(error) => error.code.to_owned(),
            SessionError::Read(error) => format!("{error:?}"),
            SessionError::Unexpected(what) => what.to_owned(),
        };
        (result.map_err(word), sent)
    }

    #[tokio::test]
    async fn one_connect_and_one_ping() {
        let (result, sent) = told("INFO {\"version\":\"2\"} \r\nPONG\r\n").await;
        assert_eq!(result, Ok(false));
        let fields = r#""verbose":false,"pedantic":false,"echo":false"#;
        assert!(sent.starts_with(&format!("CONNECT {{{fields}")) && sent.ends_with("}\r\nPING\r\n"), "{sent}");
        assert!(sent.contains(r#""name":"pilotfish""#) && sent.contains(r#""pass":"ses\"ame""#), "{sent}");
        assert_eq!(sent.matches("CONNECT").count(), 1);
    }

    #[tokio::test]
    async fn whatever_a_server_says_has_a_meaning() {
        for (says, expected) in [
            ("INFO {}\r\n+OK\r\nPING\r\nINFO {\"ldm\":true}\r\npong\r\n", Ok(true)),
            ("INFO {}\r\n-ERR 'Authorization Violation'\r\n", Err("authorization")),
            ("INFO {}\r\n-ERR 'maximum connections exceeded'\r\n", Err("max_connections")),
            ("-ERR 'Connection throttling is active. Please try again later.'\r\n", Err("throttled")),
            ("PONG\r\n", Err("it does not start with INFO")),
            ("INFO []\r\n", Err("its INFO is not valid")),
            ("INFO {}\r\nMSG a 1 1\r\n", Err("a line is no operation of NATS")),
            ("HTTP/1.1 400 Bad Request\r\n", Err("a line is no operation of NATS")),
        ] {
            let (result, sent) = told(says).await;
            assert_eq!(result, expected.map_err(str::to_owned), "{says}");
            assert!(says.starts_with("INFO {}") || !sent.contains("CONNECT"), "{sent}");
        }
        let pings = format!("INFO {{}}\r\n{}", "PING\r\n".repeat(100));
        assert_eq!(told(&pings).await.0, Err("too many lines came before PONG".to_owned()));
    }
}
