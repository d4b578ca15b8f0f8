//! Hints for upgrades that fail: the most likely cause and the one change that fixes it. What `http` knows of a status, a
//! redirect or a page counts where WebSocket has nothing to add.

use crate::cause::Cause;
use crate::check::http::hint as of_http;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault, HttpDetail, RedirectPurpose};

/// What a failure is about; hints are chosen by it.
pub(super) mod code {
    pub(in crate::check::websocket) const BAD_UPGRADE: &str = "websocket_bad_upgrade";
    pub(in crate::check::websocket) const WRONG_ACCEPT: &str = "websocket_wrong_accept";
    pub(in crate::check::websocket) const NO_SUBPROTOCOL: &str = "websocket_no_subprotocol";
    pub(in crate::check::websocket) const OTHER_MESSAGE: &str = "websocket_other_message";
    pub(in crate::check::websocket) const BAD_FRAME: &str = "websocket_bad_frame";
    pub(in crate::check::websocket) const CLOSED: &str = "websocket_closed";
    pub(in crate::check::websocket) const POLICY: &str = "websocket_policy";
    pub(in crate::check::websocket) const OWN_CODE: &str = "websocket_own_code";
    pub(in crate::check::websocket) const FAILED: &str = "websocket_failed";
    pub(in crate::check::websocket) const LATER: &str = "websocket_later";
}

/// What the code of a close frame is about (RFC 6455, 7.4, and IANA's registry).
pub(super) const fn of_close(code: Option<u16>) -> &'static str {
    match code {
        Some(1008) => code::POLICY,
        Some(1011) => code::FAILED,
        Some(1012..=1014) => code::LATER,
        Some(3000..=4999) => code::OWN_CODE,
        _ => code::CLOSED,
    }
}

/// The hint for a fault, if there is one beyond the general ones.
pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    let own = match (&fault.detail, fault.cause) {
        (Some(Detail::Protocol { code, .. }), _) if let Some(text) = of_code(code) => Some(text),
        (Some(Detail::Http(HttpDetail::WantsTls)), _) => {
            Some("Write wss:// in the URL. The port speaks TLS, and the upgrade was sent in plain text.")
        }
        (_, Cause::HttpStatus) if of_http::explained(fault).is_none() => of_status(evidence.facts.status_code),
        (_, Cause::HttpRedirect) => Some(of_redirect(evidence)),
        (_, Cause::TlsNotTls) => {
            Some("This port speaks no TLS. Write ws:// in the URL, or use the TLS port of the server.")
        }
        _ => None,
    };
    own.map(str::to_owned).or_else(|| of_http::hint(fault, evidence, context))
}

fn of_code(code: &str) -> Option<&'static str> {
    Some(match code {
        code::BAD_UPGRADE => {
            "Compare host and path with those of the WebSocket server: what answers switches to something that was not \
             asked for."
        }
        code::WRONG_ACCEPT => {
            "A cache or a proxy answers with headers of another connection, or the server is none of WebSocket. Exempt the \
             path from caching, and compare it with the route of the app."
        }
        code::NO_SUBPROTOCOL => {
            "Compare `subprotocol` with the names that the server accepts (graphql-transport-ws, graphql-ws, mqtt, ocpp1.6): \
             clients give up on a server that chooses another one."
        }
        code::OTHER_MESSAGE => {
            "Compare the first message with `expect`: pilotfish check shows an excerpt. Another app may answer on this path."
        }
        code::BAD_FRAME => {
            "Fix what the server or a proxy sends: it breaks RFC 6455, and clients close such connections."
        }
        code::POLICY => {
            "The server refuses this client: a login or an Origin is missing. Set `headers` (Origin, Authorization, Cookie) \
             as the app's clients send them."
        }
        code::OWN_CODE => {
            "The code is the app's own, as a rule for a missing or expired login. Set `headers` or `bearer_token`, and \
             look the code up in the app."
        }
        code::FAILED => "The app failed on the connection. Read its log at this time (kubectl logs).",
        code::LATER => "The server is restarting, overloaded, or a proxy does not reach it. Read its log.",
        code::CLOSED => "The server ended the session at once. Read its log at this time (kubectl logs).",
        _ => return None,
    })
}

/// Of a redirect, which no client of WebSocket follows.
fn of_redirect(evidence: &Evidence) -> &'static str {
    match evidence.facts.redirect.as_ref().map(|redirect| redirect.purpose) {
        Some(RedirectPurpose::Login) => {
            "The path requires a login: the redirect leads to a page on which people log in. Set `headers` (Cookie, \
             Authorization) as the app's clients send them, or exempt the path from the login."
        }
        Some(RedirectPurpose::Tls) => "The server requires TLS. Write wss:// in the URL.",
        _ => "WebSocket clients follow no redirects. Write the URL to which this one leads, with ws:// or wss://.",
    }
}

/// Of an answer other than 101.
fn of_status(status: Option<u16>) -> Option<&'static str> {
    Some(match status? {
        200..=299 => {
            "The path answers like any page: it is no WebSocket, or a proxy drops the header Upgrade. Compare the path; in \
             nginx set proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade and Connection \"upgrade\"."
        }
        400 | 426 => {
            "The app got no upgrade: a proxy in between dropped the headers Upgrade and Connection. Let it pass them on (nginx: \
             proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\")."
        }
        401 => {
            "The server requires a login for the upgrade. Set `bearer_token`, `basic_auth`, or `headers` (Cookie) as the app's \
             clients send them."
        }
        403 => {
            "The server refuses the upgrade: it checks the Origin, or wants a login. Set `headers: {Origin: …}` to the \
             address of the app's pages, which it must allow."
        }
        404 => {
            "The server has no such path, or a proxy drops the header Upgrade and the app has no page there. Compare the \
             path with the app's route (/ws, /socket.io/?EIO=4&transport=websocket)."
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{code, of_close, of_code, of_status};

    #[test]
    fn every_code_has_a_short_hint() {
        let closes = [None, Some(1002), Some(1008), Some(1011), Some(1013), Some(4401)].map(of_close);
        let own = [code::BAD_UPGRADE, code::WRONG_ACCEPT, code::NO_SUBPROTOCOL, code::OTHER_MESSAGE, code::BAD_FRAME];
        let texts = closes.into_iter().chain(own).map(|code| of_code(code).expect(code));
        let statuses = [200, 400, 426, 401, 403, 404].map(|status| of_status(Some(status)).expect("a hint"));
        for text in texts.chain(statuses) {
            assert!(text.len() <= 300 && text.ends_with('.'), "{}: {text}", text.len());
        }
        assert_eq!(of_status(Some(503)), None, "http has one");
    }
}
