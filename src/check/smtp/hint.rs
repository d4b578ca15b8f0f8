//! Hints for failures of mail servers: the most likely cause and the one command or change that fixes it. General hints
//! cover names, addresses and certificates.

use super::answers::code;
use crate::cause::Cause;
use crate::check::mail;
use crate::findings::Context;
use crate::outcome::{ConnectAttempt, ConnectResult, Detail, Evidence, Fault, Phase, StreamDetail, TlsDetail};

/// The ports to which mail is handed in or sent, which networks like to block.
const MAIL_PORTS: [u16; 4] = [25, 465, 587, 2525];
/// Shorter connect attempts may have lost one packet: the general hint says so.
const LONG_ENOUGH: std::time::Duration = std::time::Duration::from_secs(1);

/// The hint for a fault, if mail servers have a specific one.
pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    let port = context.endpoints.first().map(|endpoint| endpoint.port);
    let text = match (&fault.detail, fault.phase, fault.cause) {
        (Some(Detail::Protocol { code, .. }), ..) => return of_code(code, port).map(str::to_owned),
        (_, Phase::Connect, Cause::ConnectTimeout) => return blocked(evidence, port?),
        (Some(Detail::Stream(StreamDetail::Speaks(protocol))), ..) => of_protocol(protocol)?,
        (Some(Detail::Tls(TlsDetail::StartTlsNotOffered)), ..) => {
            "The server offers no STARTTLS, and this check asks for it. Enable it on the server (Postfix: \
             smtpd_tls_security_level = may), or set `tls: implicit` for port 465, or `tls: none` if the app sends without \
             TLS, too."
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// Of a port from which nothing comes back: the network between is known for it.
fn blocked(evidence: &Evidence, port: u16) -> Option<String> {
    let of_cluster = evidence.queries.iter().any(|query| query.answers > 0 && query.name.contains(".svc."));
    let is_short = |one: &ConnectAttempt| match one.result {
        ConnectResult::Cut => one.duration < LONG_ENOUGH,
        ConnectResult::NotTried => true,
        _ => false,
    };
    let is_loopback = evidence.tries.iter().any(|one| one.address.ip().is_loopback());
    if !MAIL_PORTS.contains(&port)
        || of_cluster
        || is_loopback
        || evidence.tries.iter().any(is_short)
        || !evidence.survey.is_empty()
    {
        return None;
    }
    Some(match port {
        25 => {
            "No answer arrives on port 25, which most clouds and many networks block outwards. Use the provider's submission \
             port (587 or 465); for a mail server of your own, allow the port in firewalls and egress NetworkPolicies."
                .to_owned()
        }
        _ => format!(
            "No answer arrives on port {port}: a firewall, the cloud or an egress NetworkPolicy blocks mail ports outwards. \
             Allow the port (kubectl get netpol), or try another one of the provider (587, 465, 2525)."
        ),
    })
}

/// Of a port on which another protocol answers.
fn of_protocol(protocol: &str) -> Option<&'static str> {
    Some(match protocol {
        "POP3" | "IMAP" => {
            "A server for reading mail answers on this port. Use host and port of the SMTP server: 587 with `tls: starttls`, \
             or 465 with `tls: implicit`."
        }
        "TLS" => "The port speaks TLS at once, as port 465 does. Set `tls: implicit`, or write `smtps://`.",
        _ => return None,
    })
}

/// The hint for what a server answered, by its code.
fn of_code(code: &str, port: Option<u16>) -> Option<&'static str> {
    Some(match code {
        code::REJECTED => {
            "The server gives the same answer for a wrong password and an unknown user. Compare the Secret with what the \
             provider shows; pilotfish sends it again when its value changes, on `ask --retry`, or after 30 min."
        }
        code::THROTTLED => {
            "The server limits connections or logins of this account or address for some minutes. Wait, log in less often \
             (keep connections open in the app), or ask the provider for a higher limit."
        }
        code::CANNOT_JUDGE => {
            "The server lost whatever checks its passwords (Dovecot, LDAP, a database); the password was not judged. Check \
             that service in the mail server's log."
        }
        code::WANTS_TLS => {
            "The server accepts logins only over TLS. Set `tls: starttls` (587, 25) or `tls: implicit` (465), in the app as \
             well."
        }
        code::APP_PASSWORD => {
            "The account has a second factor, so its own password is refused over SMTP. Create an app password at the \
             provider and put it into the Secret, or set `token` for OAuth 2."
        }
        code::BROWSER => {
            "The provider blocks the login until its user confirms it. Create an app password and put it into the Secret, or log in \
             once with a browser from this network."
        }
        code::SWITCHED_OFF => {
            "The provider has switched passwords over SMTP off for this account. Enable SMTP AUTH for the mailbox (Exchange: \
             Set-CASMailbox -SmtpClientAuthenticationDisabled $false), or use OAuth 2 with `token`."
        }
        code::LOCKED => {
            "Unlock the account at the provider, and fix the credential in every client first. pilotfish does not try again \
             before 30 min have passed, unless its value changes or you run `ask --retry`."
        }
        code::DISABLED => {
            "The user exists, but the account or its password is disabled or expired. Enable it at the provider, or create a \
             new password and put it into the Secret."
        }
        code::TOO_WEAK => {
            "The server wants a stronger login than a password. Create an app password at the provider, or use OAuth 2 with \
             `token`."
        }
        code::UNSUPPORTED => {
            "Compare the port: servers accept logins on 587 (`tls: starttls`) and 465 (`tls: implicit`). If it is right, \
             enable AUTH PLAIN or LOGIN on the server."
        }
        code::OTHER => {
            "The server's own text is in the message. Look for it in the mail server's log, or in the provider's list of \
             SMTP errors."
        }
        code::STRANGE => {
            "A proxy or an unusual server answers on this port. Compare host and port with those of the SMTP server."
        }
        code::NO_AUTH => {
            "Port 25 of many servers takes mail without a login. Use the submission port (587 or 465), or remove user and \
             password if the server wants none."
        }
        code::NO_TOKEN => {
            "The server accepts no OAuth 2 tokens. Set `password` instead of `token`, or use the provider's host that \
             offers XOAUTH2."
        }
        code::NO_PASSWORD => {
            "The server accepts no plain passwords. Set `token` if it offers XOAUTH2; otherwise enable AUTH PLAIN or LOGIN \
             over TLS on the server."
        }
        code::USER_ALONE => {
            "A login needs a user and a password. Set `password`, or remove the user from URL and keys."
        }
        code::PASSWORD_ALONE => {
            "A login needs a user and a password. Set `username`, or write it before the `:` in the URL."
        }
        code::GREETS_IN_PLAIN => {
            "The server greets in plain text, and this check starts TLS at once. Set `tls: starttls` (and `smtp://`) for \
             this port, or use port 465."
        }
        code::NOT_AT_ONCE => {
            "The port does not answer TLS at once, as port 465 does. Set `tls: starttls` (and `smtp://`) for port 587 or 25; \
             otherwise read the server's log."
        }
        code::NO_GREETING if port == Some(465) => {
            "Port 465 expects TLS at once, and stays silent until then. Set `tls: implicit`, or write `smtps://`."
        }
        code::NO_GREETING => {
            "A mail server greets first: this one delays that (tarpitting, greet_pause, slow DNS), expects TLS at once, or is \
             none. Raise `timeout` for the first, set `tls: implicit` for the second; otherwise compare the port."
        }
        code::SLOW_GREETING => {
            "The greeting started and did not end in time: the server delays it on purpose (tarpitting, postscreen_greet_wait) \
             or looks up this pod's address. Raise `timeout`, or exempt the pod's address on the server."
        }
        code::SLOW_LOGIN => {
            "Servers delay the answer to a wrong password (tarpitting), or lost what checks it. Raise `timeout` to see the \
             answer, and read the server's log."
        }
        mail::code::MASKED => {
            "A firewall with SMTP inspection on the way hides STARTTLS from its clients. Disable that inspection for this \
             connection (Cisco ASA: no inspect esmtp), or use port 465 with `tls: implicit`."
        }
        other => return mail::hint(other),
    })
}

#[cfg(test)]
mod tests;
