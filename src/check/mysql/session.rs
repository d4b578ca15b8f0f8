//! A session that is logged in, over any stream: queries, and the goodbye.

use tokio::io::{AsyncRead, AsyncWrite};

use super::fields::Fields;
use super::packet::{Packets, SessionError, error_in};

const COM_QUIT: u8 = 0x01;
const COM_QUERY: u8 = 0x03;
/// The most rows of an answer.
const ROWS_LIMIT: usize = 100;
/// The most bytes of an answer.
const BYTES_LIMIT: usize = 64 * 1024;
/// The most columns of an answer: MySQL's own limit.
const COLUMNS: u64 = 4096;
/// The first byte of NULL, and of a request for a file of the client.
const NULL: u8 = 0xfb;

/// What a query returns.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// The columns of the first row; `None` inside for NULL.
    pub(super) first: Option<Vec<Option<String>>>,
}

/// Runs a query and reads to the end of its answer.
///
/// # Errors
/// Every [`SessionError`].
pub(super) async fn query<S: AsyncRead + AsyncWrite + Unpin>(
    packets: &mut Packets<S>,
    text: &str,
) -> Result<Answer, SessionError> {
    packets.command(COM_QUERY, text.as_bytes()).await?;
    let packet = packets.read().await?;
    if let Some(error) = error_in(&packet) {
        return Err(SessionError::Server(error));
    }
    match packet.first() {
        Some(0) => return Ok(Answer::default()),
        // An empty packet is the refusal that keeps the session in step; then the server answers with an error.
        Some(&NULL) => {
            packets.send(&[]).await?;
            packets.read().await?;
            return Err(SessionError::Limit(
                super::code::LOCAL_FILE,
                "the query reads a file of the client (LOAD DATA LOCAL), which is not sent".to_owned(),
            ));
        }
        _ => {}
    }
    let columns = Fields(&packet).number()?;
    if !(1..=COLUMNS).contains(&columns) {
        return Err(SessionError::Unexpected("its number of columns is impossible".to_owned()));
    }
    let mut left = BYTES_LIMIT;
    let mut spend = |packet: &[u8]| -> Result<(), SessionError> {
        left = left.checked_sub(packet.len()).ok_or(SessionError::TooMuch("64 KiB"))?;
        Ok(())
    };
    for _ in 0..columns {
        spend(&packets.read().await?)?;
    }
    if !is_end(&packets.read().await?) {
        return Err(SessionError::Unexpected("its columns do not end".to_owned()));
    }
    let mut answer = Answer::default();
    for _ in 0..=ROWS_LIMIT {
        let packet = packets.read().await?;
        if let Some(error) = error_in(&packet) {
            return Err(SessionError::Server(error));
        }
        if is_end(&packet) {
            return Ok(answer);
        }
        spend(&packet)?;
        if answer.first.is_none() {
            answer.first = Some(row(&packet, columns)?);
        }
    }
    Err(SessionError::TooMuch("100 rows"))
}

/// Says goodbye and gives the stream back. Errors are ignored: the server may have closed already.
pub(super) async fn quit<S: AsyncRead + AsyncWrite + Unpin>(mut packets: Packets<S>) -> S {
    drop(packets.command(COM_QUIT, &[]).await);
    packets.into_stream()
}

/// Whether a packet ends a list: a text of the same first byte is longer.
fn is_end(packet: &[u8]) -> bool {
    packet.first() == Some(&0xfe) && packet.len() < 9
}

fn row(packet: &[u8], columns: u64) -> Result<Vec<Option<String>>, SessionError> {
    let mut fields = Fields(packet);
    let mut values = Vec::new();
    for _ in 0..columns {
        if fields.0.first() == Some(&NULL) {
            fields.take(1)?;
            values.push(None);
        } else {
            values.push(Some(String::from_utf8_lossy(fields.text()?).into_owned()));
        }
    }
    Ok(values)
}
