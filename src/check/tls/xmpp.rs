//! How TLS is asked for inside XMPP (RFC 6120, 5): streams of XML, of which a few marks are looked for and no more is read.

use crate::cause::Cause;
use crate::check::mail::TOO_MUCH;
use crate::check::reader::{ReadError, Reader};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::speaks::Protocol;
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{Detail, Fault, TlsDetail};
use crate::url::Host;

/// The longest opening of a stream, with its features.
const LONGEST: usize = 16 * 1024;

/// Opens a stream to the host, and asks; afterwards the connection is ready for the handshake.
pub(super) async fn ask(attempt: &Attempt, io: &mut Io, host: &Host) -> Result<(), Fault> {
    const EXPECTED: Expected = Expected { what: "the XMPP stream", protocol: Some(Protocol::Xmpp) };
    let failed = |error: ReadError| attempt.stream_error(error.as_stream_error(), EXPECTED);
    let mut reader = Reader::new(io);
    // No host holds a quotation mark or a bracket.
    let opening = format!(
        "<?xml version='1.0'?><stream:stream to='{host}' version='1.0' xmlns='jabber:client' \
         xmlns:stream='http://etherx.jabber.org/streams'>"
    );
    reader.send(opening.as_bytes()).await.map_err(failed)?;
    let features = until(&mut reader, &["</stream:features>", "<stream:features/>", "</stream:stream>"]).await;
    let features = features.map_err(failed)?;
    if !features.trim_start().starts_with('<') {
        return Err(attempt.stream_error(StreamError::Unexpected(""), EXPECTED));
    }
    if let Some((_, error)) = features.split_once("<stream:error>") {
        let message = format!("the XMPP server answers with the stream error {}", condition(error));
        return Err(attempt.fault(Cause::ProtocolError, message));
    }
    if !features.contains("urn:ietf:params:xml:ns:xmpp-tls") {
        let message = "the XMPP server offers no STARTTLS among its features";
        let detail = Detail::Tls(TlsDetail::StartTlsNotOffered);
        return Err(attempt.fault(Cause::TlsUnsupported, message).with(detail));
    }
    reader.send(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await.map_err(failed)?;
    let answer = until(&mut reader, &[">"]).await.map_err(failed)?;
    match answer.trim_start() {
        answer if answer.starts_with("<proceed") && reader.is_drained() => Ok(()),
        answer if answer.starts_with("<proceed") => Err(attempt.fault(Cause::ProtocolError, TOO_MUCH)),
        _ => {
            let message = "the XMPP server offers STARTTLS, and refuses it";
            let detail = Detail::Tls(TlsDetail::StartTlsRefused { temporary: false });
            Err(attempt.fault(Cause::TlsUnsupported, message).with(detail))
        }
    }
}

/// The condition of an error (RFC 6120, 4.9.3), of which each is an element of its own.
fn condition(error: &str) -> &str {
    const CONDITIONS: [&str; 10] = [
        "connection-timeout",
        "host-gone",
        "host-unknown",
        "improper-addressing",
        "not-authorized",
        "policy-violation",
        "resource-constraint",
        "see-other-host",
        "system-shutdown",
        "unsupported-version",
    ];
    let found = CONDITIONS.into_iter().find(|name| error.trim_start_matches('<').starts_with(name));
    found.unwrap_or("undefined-condition")
}

/// What comes up to one of these marks.
async fn until(reader: &mut Reader<&mut Io>, marks: &[&str]) -> Result<String, ReadError> {
    let mut text = String::new();
    while !marks.iter().any(|mark| text.ends_with(mark)) {
        if text.len() == LONGEST {
            return Err(ReadError::TooLong(LONGEST));
        }
        let [byte] = reader.array().await?;
        text.push(byte.into());
    }
    Ok(text)
}
