//! Entry points for fuzzing: what a server says, and the texts of its errors.

use std::io::Cursor;

use tokio::io::{AsyncReadExt as _, join, sink};

use super::auth::Trust;
use super::greeting::Greeting;
use super::login::{Login, log_in};
use super::packet::{Packets, error_in};
use super::session::query;
use crate::check::login::Cleartext;
use crate::mask::Mask;
use crate::secret::Secret;
use crate::slices::at_once;

/// The first byte says after how many the stream pauses; the rest is what comes.
pub(crate) fn mysql(bytes: &[u8]) {
    let Some((pause, bytes)) = bytes.split_first() else { return };
    let stream = || {
        let (first, rest) = bytes.split_at(bytes.len().min(usize::from(*pause)));
        join(Cursor::new(first.to_vec()).chain(Cursor::new(rest.to_vec())), sink())
    };
    at_once(async {
        let secret = Secret::new("sesame".to_owned());
        let login = Login {
            user: "app",
            password: Some(&secret),
            database: Some("shop"),
            trust: Trust::Unverified,
            cleartext: Cleartext::Verified,
            public_key: None,
        };
        let mut packets = Packets::new(stream());
        let Ok(first) = packets.first().await else { return };
        let Ok(greeting) = Greeting::read(&first) else { return };
        assert!(!greeting.version.contains(|c: char| c.is_control()) && greeting.scramble.len() <= 20);
        if log_in(&mut packets, &greeting, login).await.is_ok() {
            drop(query(&mut packets, "SELECT 1").await);
        }
    });
    at_once(async {
        drop(query(&mut Packets::new(stream()), "SELECT 1").await);
    });
    if let Some(error) = error_in(bytes) {
        for fault in [error.at_login(&Mask::default(), true, true), error.at_request(&Mask::default())] {
            assert!(!fault.message.contains(|c: char| c.is_control()), "{}", fault.message);
        }
    }
}
