//! Entry points for fuzzing: sessions with a server that says anything, the texts of its errors, and connection strings.

use std::io::Cursor;

use tokio::io::{AsyncReadExt as _, join, sink};

use super::guard::{Guard, Trust};
use super::login::{Login, log_in};
use super::sqlstate::{Link, ServerError};
use super::url::UrlPart;
use super::words::ChannelBinding;
use crate::check::login::Cleartext;
use crate::net::turns::Turns;
use crate::outcome::Fault;
use crate::secret::Secret;
use crate::slices::at_once;

/// The first byte says who logs in, the second after how many bytes the stream pauses; the rest is what the server says.
pub(crate) fn postgres(bytes: &[u8]) {
    let Some(([who, pause], bytes)) = bytes.split_first_chunk() else { return };
    let secret = Secret::new("sesame".to_owned());
    let login = Login {
        user: "app",
        database: "shop",
        application_name: "pilotfish",
        options: None,
        password: Some(&secret).filter(|_| who & 1 == 0),
        passfile: who & 2 != 0,
        channel_binding: if who & 4 == 0 { ChannelBinding::Prefer } else { ChannelBinding::Require },
        cleartext: if who & 8 == 0 { Cleartext::Verified } else { Cleartext::Encrypted },
        trust: [Trust::Plain, Trust::Unverified, Trust::Verified, Trust::Local][usize::from(who >> 4) % 4],
        certificate: who & 64 != 0,
        min_rounds: Some(1),
        end_point: Some(vec![1; 32]).filter(|_| who & 128 != 0),
    };
    let (first, rest) = bytes.split_at(bytes.len().min(usize::from(*pause)));
    let stream = join(Cursor::new(first.to_vec()).chain(Cursor::new(rest.to_vec())), sink());
    let guard = Guard::new(stream, login.rules(), Turns::default());
    at_once(async {
        let logged_in = log_in(&guard, &login).await;
        // The session is the last to hold the stream.
        drop(guard);
        match logged_in {
            Ok(mut session) => {
                session.parameters();
                let asked = session.query("SELECT 1").await;
                assert!(!format!("{:?}", asked.err()).contains("sesame"));
                session.terminate().await;
            }
            Err(error) => assert!(!format!("{error:?}").contains("sesame"), "{error:?}"),
        }
        if let Some((first, rest)) = bytes.split_first() {
            Guard::refusal(join(rest, sink()), *first).await;
        }
    });
}

/// The fields of an error.
pub(crate) fn error(bytes: &[u8]) {
    let error = ServerError::read(bytes);
    error.takes_request_for_protocol();
    error.of_upstream("app", true);
    let told = [Link::Plain, Link::PlainForced, Link::Tls].map(|link| error.at_login(link));
    for Fault { message, .. } in told.into_iter().chain([error.at_request()]) {
        assert!(!message.contains(|c: char| c.is_control()), "{message}");
    }
}

/// A URL as libpq reads it, or a string of keys and values in one of the forms of other clients.
pub(crate) fn url(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    super::dsn::is_one(&text);
    super::forms::is_one(&text);
    drop(super::dsn::read(&text));
    drop(super::forms::read(&text));
    if let Ok(part) = UrlPart::read(&text) {
        part.names_user();
    }
    drop(super::url::read_hosts(&text));
}
