//! Entry points for fuzzing: what a server says, and the texts of its errors.

use std::io::Cursor;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, join, sink};

use super::errors::Known;
use super::hello::{Asked, greet};
use super::login::{Login, log_in};
use super::wire::{Wire, document_in};
use super::words::Mechanism;
use crate::net::turns::{Turns, slices};
use crate::secret::Secret;
use crate::slices::at_once;

/// The first byte says after how many the stream pauses; the rest is what comes.
pub(crate) fn mongodb(bytes: &[u8]) {
    let Some((pause, bytes)) = bytes.split_first() else { return };
    let stream = || {
        let (first, rest) = bytes.split_at(bytes.len().min(usize::from(*pause)));
        join(Cursor::new(first.to_vec()).chain(Cursor::new(rest.to_vec())), sink())
    };
    let secret = Secret::new("sesame".to_owned());
    at_once(async {
        let mut wire = Wire::new(stream());
        let asked = Asked { user: Some("admin.app"), load_balanced: false };
        let Ok(hello) = greet(&mut wire, asked).await else { return };
        assert!(hello.members.len() <= 64);
        assert!(!hello.set.unwrap_or_default().contains(|c: char| c.is_control()));
        let login = Login { user: Some("app"), password: Some(&secret), source: "admin", least_rounds: 1 };
        let mechanism = Mechanism::of_list(hello.mechanisms.as_deref());
        let turns = Turns::default();
        drop(log_in(&mut wire, mechanism, login, &turns, slices(Duration::MAX)).await);
    });
    if let Ok(reply) = document_in(bytes)
        && let Some(error) = reply.error()
    {
        for fault in [error.at_login(&[&secret], Known::Unlisted("it lists none")), error.at_request(&[&secret], true)]
        {
            assert!(!fault.message.contains(|c: char| c.is_control()), "{}", fault.message);
            assert!(!fault.message.contains("sesame"), "{}", fault.message);
        }
    }
}
