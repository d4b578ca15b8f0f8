//! How TLS is asked for inside SMTP (RFC 3207).

use crate::cause::Cause;
use crate::check::login::LoginRefusal;
use crate::check::mail::{Client, Opening, code};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::outcome::{Detail, Fault};

/// Asks for TLS; afterwards nothing that the server said in plain text is unread.
pub(super) async fn ask(attempt: &Attempt, io: &mut Io) -> Result<(), Fault> {
    let mut client = Client::new(io);
    let opening = Opening { attempt, name: "pilotfish", busy: LoginRefusal::Stopping };
    let greeting = opening.greeting(&mut client).await?;
    let hello = opening.ehlo(&mut client, Some(&greeting)).await?;
    opening.start_tls(&mut client, &hello).await
}

/// Whether the server that gave this fault speaks SMTP and waits for our goodbye.
pub(super) fn expects_goodbye(fault: &Fault) -> bool {
    let refused_client =
        matches!(fault.detail, Some(Detail::Protocol { code: code::REFUSED | code::NO_MAIL | code::BAD_NAME, .. }));
    refused_client || fault.cause == Cause::TlsUnsupported
}
