//! Hints for calls that fail: the most likely cause and the one change that fixes it. General hints cover names, addresses
//! and certificates.

use super::status::code;
use crate::cause::Cause;
use crate::findings::Context;
use crate::net::speaks::Protocol;
use crate::outcome::{Detail, Evidence, Fault, HttpDetail, Phase, StreamDetail, TlsDetail};

/// The hint for a fault, if gRPC has a specific one.
pub(super) fn hint(fault: &Fault, evidence: &Evidence, _: &Context<'_>) -> Option<String> {
    let text = match (&fault.detail, fault.cause) {
        (Some(Detail::Protocol { code, .. }), _) => of_code(code, evidence.facts.status_code)?,
        (Some(Detail::Http(HttpDetail::WantsTls)), _) => {
            "The port speaks TLS, and the call was sent in plain text. Write grpcs:// in the URL, or set `tls: {}`."
        }
        (Some(Detail::Tls(TlsDetail::NoSharedProtocol | TlsDetail::Alert(TlsDetail::NO_APPLICATION_PROTOCOL))), _) => {
            of_code(code::NO_ALPN, None)?
        }
        (_, Cause::ConnectReset) if evidence.facts.http_version.is_some() && evidence.facts.tls_version.is_none() => {
            "The server accepts connections and closes them at once: it wants TLS, or a proxy or mesh has no upstream. Write \
             grpcs:// in the URL for the first; otherwise read the log of what listens there."
        }
        (Some(Detail::Stream(StreamDetail::Speaks(protocol))), _) => of_protocol(protocol, fault.phase)?,
        (_, Cause::ConnectionClosed) if fault.phase == Phase::Request => {
            "The server or a proxy ended the connection before it answered: the port wants TLS (grpcs://), it speaks no \
             HTTP/2, or the server is shutting down. Read its log at this time."
        }
        (_, Cause::ProtocolError) if fault.phase == Phase::Request => {
            "What answers is no gRPC server, or a proxy that speaks HTTP/1 to one. Compare the port with the server's, and let \
             the proxy pass gRPC on as HTTP/2 (nginx: grpc_pass)."
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// Of a port on which another protocol answers.
fn of_protocol(protocol: &str, phase: Phase) -> Option<&'static str> {
    Some(match protocol {
        name if name == Protocol::Http.as_str() && phase == Phase::Tls => {
            "This port speaks plain HTTP/1. Use the gRPC port of the server, or grpc:// if it speaks no TLS."
        }
        name if name == Protocol::Http.as_str() => {
            "An HTTP/1 server or proxy answers, and gRPC needs HTTP/2 all the way. Use the gRPC port of the server, or enable \
             HTTP/2 in the proxy (nginx: `http2 on` and grpc_pass; Kubernetes: appProtocol kubernetes.io/h2c)."
        }
        name if name == Protocol::Http2.as_str() && phase == Phase::Tls => {
            "The port speaks HTTP/2 without TLS. Write grpc:// in the URL and remove `tls`, or enable TLS on the server."
        }
        _ => return None,
    })
}

pub(super) fn of_code(code: &str, http_status: Option<u16>) -> Option<&'static str> {
    Some(match code {
        code::NOT_SERVING => {
            "The server itself reports that it is not ready: it is starting or shutting down, or something that it needs is \
             down. Read its log."
        }
        code::UNKNOWN_HEALTH => {
            "The server has a health service, but never set a status for this service. Set it to SERVING in the server once \
             it is ready."
        }
        code::UNKNOWN_SERVICE => {
            "The health service does not know this name. Compare `service` with the names that the server registers, with \
             their package (shop.v1.Orders), or remove it to ask for the server as a whole."
        }
        code::NO_HEALTH => {
            "The server speaks gRPC but does not implement grpc.health.v1.Health, or this port belongs to another server. \
             Add the health service to the server (Go: health.NewServer; Python: grpcio-health-checking), or use a `tcp` \
             check."
        }
        code::UNAUTHENTICATED => {
            "The server rejected the credentials. Compare the token in `metadata` with what the server accepts, and check \
             whether it has expired."
        }
        code::NO_CREDENTIALS => {
            "The server wants credentials for its health service. Exempt grpc.health.v1.Health from the login in the server, \
             or send them in `metadata` (authorization)."
        }
        code::DENIED => {
            "The server, or a mesh in between (AuthorizationPolicy), forbids this call. Allow /grpc.health.v1.Health/Check \
             for this pod's service account."
        }
        code::EXHAUSTED => {
            "The server or a proxy limits calls. Probe less often (`interval`), or exempt grpc.health.v1.Health from the \
             limit."
        }
        code::UNAVAILABLE => {
            "The server accepts connections but does not serve calls now: it is starting, draining or overloaded. Read its \
             log."
        }
        code::PROXY => {
            "A proxy (Envoy, Istio) answers, and it does not reach the server behind it. Check that its pods are ready: \
             kubectl get endpointslices; and that the Service port has appProtocol grpc."
        }
        code::DEADLINE => {
            "The server or a proxy gave up on the call. Raise `timeout`, or read the server's log for what its health check \
             waits for."
        }
        code::OTHER => "The server's own text is in the message. Look for it in the server's log.",
        code::NO_STATUS => {
            "A proxy in between drops the trailers of HTTP/2, so no gRPC client works through it. Pass gRPC on as HTTP/2 to \
             the end (nginx: grpc_pass; AWS: protocol version GRPC), or connect to the Service itself."
        }
        code::BAD_MESSAGE => "Another service answers under the name of the health service. Compare host and port.",
        code::NO_ALPN => {
            "The TLS server does not offer HTTP/2 (ALPN h2), which gRPC requires. Enable HTTP/2 on it, or connect to the \
             gRPC port of the server itself."
        }
        code::NOT_GRPC => of_status(http_status),
        _ => return None,
    })
}

/// Of an answer that is HTTP/2 and no gRPC, by its status.
fn of_status(status: Option<u16>) -> &'static str {
    match status {
        Some(404) => {
            "A web server or an ingress answers and does not route gRPC. Pass the path /grpc.health.v1.Health/ on to the \
             gRPC server (ingress-nginx: backend-protocol GRPC), or connect to its Service."
        }
        Some(401 | 403) => {
            "A proxy in front of the server refuses the call. Send credentials in `metadata`, or connect to the Service of \
             the server itself."
        }
        Some(502..=504) => {
            "A proxy answers, and it does not reach the gRPC server behind it. Check that its pods are ready (kubectl get \
             endpointslices), and that the proxy speaks HTTP/2 to it."
        }
        _ => {
            "A web server or proxy answers that does not speak gRPC. Compare the port with the one on which the server \
             listens for gRPC, or let the proxy pass gRPC on."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{of_code, of_status};
    use crate::check::grpc::status::meaning;

    #[test]
    fn every_code_has_a_short_hint() {
        let codes = (1..=16)
            .flat_map(|status| [meaning(status, "", true).code, meaning(status, "no healthy upstream", false).code]);
        let texts = codes.map(|code| of_code(code, None).expect(code));
        for text in texts.chain([None, Some(404), Some(403), Some(502)].map(of_status)) {
            assert!(text.len() <= 300 && text.ends_with('.'), "{}: {text}", text.len());
        }
    }
}
