//! How a conversation is opened: the whole greeting, EHLO, and TLS where it is asked for. Nothing may follow the server's
//! consent to TLS: it would be taken for something that came over TLS.

use tokio::io::{AsyncRead, AsyncWrite};

use super::client::{Client, Reply};
use super::refusal::{TurnedAway, code, is_about_name};
use crate::cause::Cause;
use crate::check::login::LoginRefusal;
use crate::net::attempt::Attempt;
use crate::net::speaks::{Protocol, recognise};
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{Detail, Fault, TlsDetail};

/// What no server may do, in any protocol: something behind its consent would be taken for something said under TLS.
pub const TOO_MUCH: &str = "the server accepts TLS, but continues in plain text";

/// Most servers know a dozen mechanisms at most.
const MECHANISMS: usize = 32;
/// RFC 4422 allows 20 characters; XOAUTH2 and its like keep to it.
const LONGEST_MECHANISM: usize = 20;

/// How a kind opens a conversation.
#[derive(Clone, Copy)]
pub struct Opening<'a> {
    /// The attempt, for faults in its running phase.
    pub attempt: &'a Attempt,
    /// The name that EHLO gives.
    pub name: &'a str,
    /// What an answer means that says no more than to try again later.
    pub busy: LoginRefusal,
}

/// What a server answers EHLO.
#[derive(Debug)]
pub enum Ehlo {
    /// What it offers.
    Known(Hello),
    /// It does not know the command.
    Unknown(Reply),
}

/// What a server offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hello {
    /// STARTTLS.
    pub starttls: bool,
    /// Mechanisms of AUTH, in upper case, in its order.
    pub mechanisms: Vec<String>,
    /// A word of it is X throughout, as inspection in Cisco's firewalls leaves it (`250-XXXXXXXA`).
    is_masked: bool,
}

impl Hello {
    fn read(reply: &Reply) -> Self {
        let mut hello = Self::default();
        for line in &reply.lines {
            hello.starttls |= line.eq_ignore_ascii_case("STARTTLS");
            hello.is_masked |= line.starts_with("XXXXX");
            // `AUTH=PLAIN LOGIN` is for clients of the last century.
            let Some(rest) = line.get(..4).filter(|word| word.eq_ignore_ascii_case("AUTH")).map(|_| &line[4..]) else {
                continue;
            };
            let Some(rest) = rest.strip_prefix([' ', '=']) else { continue };
            let fits = |word: &&str| {
                word.len() <= LONGEST_MECHANISM
                    && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            };
            for word in rest.split_ascii_whitespace().filter(fits).map(str::to_ascii_uppercase) {
                if !hello.mechanisms.contains(&word) && hello.mechanisms.len() < MECHANISMS {
                    hello.mechanisms.push(word);
                }
            }
        }
        hello
    }
}

impl Opening<'_> {
    /// Waits for the whole greeting.
    ///
    /// # Errors
    /// Those of a stream; the refusal of a server that sends its client away.
    pub async fn greeting<S: AsyncRead + AsyncWrite + Unpin>(self, client: &mut Client<S>) -> Result<Reply, Fault> {
        let greeting = client.reply().await.map_err(|error| error.fault(self.attempt, client.awaited()))?;
        if greeting.code == 220 { Ok(greeting) } else { Err(self.refusal(&greeting, "greets with")) }
    }

    /// Says EHLO; behind this greeting, which may be that of an FTP server.
    ///
    /// # Errors
    /// As [`Opening::greeting`].
    pub async fn ehlo<S>(self, client: &mut Client<S>, greeting: Option<&Reply>) -> Result<Ehlo, Fault>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let reply = self.say(client, &format!("EHLO {}\r\n", self.name), "the answer to EHLO").await?;
        match reply.code {
            500.. if greeting.is_some_and(|one| recognise(one.last().as_bytes()) == Some(Protocol::Ftp)) => {
                let expected = Expected { what: Client::<S>::GREETING, protocol: Some(Protocol::Smtp) };
                Err(self.attempt.stream_error(StreamError::Unexpected("it is that of an FTP server"), expected))
            }
            250 => Ok(Ehlo::Known(Hello::read(&reply))),
            _ if is_about_name(&reply) => {
                let message = format!("the SMTP server does not accept the name {}: {}", self.name, reply.last());
                let detail = Detail::Protocol { code: code::BAD_NAME, product: None };
                Err(self.attempt.of_connection(LoginRefusal::NotAllowed.fault(message).with(detail)))
            }
            500..=504 => Ok(Ehlo::Unknown(reply)),
            _ => Err(self.refusal(&reply, "answers EHLO with")),
        }
    }

    /// Asks for TLS; afterwards the stream is ready for the handshake.
    ///
    /// # Errors
    /// `tls_unsupported` for a server that does not offer it, or refuses it; those of [`Opening::greeting`].
    pub async fn start_tls<S>(self, client: &mut Client<S>, hello: &Ehlo) -> Result<(), Fault>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let attempt = self.attempt;
        match hello {
            Ehlo::Known(Hello { starttls: true, .. }) => {}
            Ehlo::Known(Hello { is_masked: true, .. }) => {
                let message = "a firewall on the way overwrites STARTTLS with X in the answer to EHLO";
                let detail = Detail::Protocol { code: code::MASKED, product: None };
                return Err(attempt.fault(Cause::TlsUnsupported, message).with(detail));
            }
            Ehlo::Known(_) => {
                return Err(self.not_offered("the SMTP server does not offer STARTTLS in its answer to EHLO"));
            }
            Ehlo::Unknown(reply) => {
                let message = format!("the SMTP server does not know EHLO, so it has no STARTTLS: {}", reply.last());
                return Err(self.not_offered(&message));
            }
        }
        let consent = self.say(client, "STARTTLS\r\n", "the answer to STARTTLS").await?;
        match consent.code {
            220 if client.is_drained() => Ok(()),
            220 => Err(attempt.fault(Cause::ProtocolError, TOO_MUCH)),
            421 => Err(self.refusal(&consent, "answers STARTTLS with")),
            code => {
                let message = format!("the SMTP server offers STARTTLS, and refuses it with {}", consent.last());
                let detail = TlsDetail::StartTlsRefused { temporary: code < 500 };
                Err(attempt.fault(Cause::TlsUnsupported, message).with(Detail::Tls(detail)))
            }
        }
    }

    async fn say<S>(self, client: &mut Client<S>, line: &str, awaited: &'static str) -> Result<Reply, Fault>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        client.say(line, awaited).await.map_err(|error| error.fault(self.attempt, awaited))
    }

    fn not_offered(self, message: &str) -> Fault {
        self.attempt.fault(Cause::TlsUnsupported, message).with(Detail::Tls(TlsDetail::StartTlsNotOffered))
    }

    /// The server speaks SMTP, and sends this client away: a refusal before any login.
    fn refusal(self, reply: &Reply, how: &str) -> Fault {
        let Some(turned_away) = TurnedAway::read(reply) else {
            let message = format!("the SMTP server {how} {}", reply.last());
            return self.attempt.fault(Cause::ProtocolError, message);
        };
        let meaning = match turned_away {
            TurnedAway::Full => LoginRefusal::Full,
            TurnedAway::Busy => self.busy,
            TurnedAway::Stopping => LoginRefusal::Stopping,
            TurnedAway::NoMail | TurnedAway::ThisClient => LoginRefusal::NotAllowed,
        };
        let fault = meaning.fault(format!("the SMTP server {}: it {how} {}", turned_away.says(), reply.last()));
        self.attempt.of_connection(fault.with(Detail::Protocol { code: turned_away.code(), product: None }))
    }
}
