//! A request to switch protocols, and the stream afterwards.

use http_body_util::Full;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::HeaderMap;
use hyper::http::response::Parts;
use hyper_util::rt::TokioIo;

use crate::check::http::exchange::{
    Broken, Extent, HEAD_LIMIT, HttpResponse, Part, Switching, Tasks, finish, note_head, send, take,
};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::outcome::{Fault, Phase};

/// How much is read of a body that explains why the server does not switch, in bytes.
const EXPLANATION: u64 = 64 * 1024;

/// What came of a request to switch protocols.
pub(crate) enum Upgraded {
    /// The server switched: its headers, and the stream with what it sent already.
    Switched(HeaderMap, Io, Bytes),
    /// It answered otherwise.
    Answered(HttpResponse),
}

/// Sends a request to switch protocols: phase `request`. Where the server does not, the stream is given up with a goodbye.
///
/// # Errors
/// Those of [`crate::check::http::exchange::exchange`].
pub(crate) async fn upgrade(
    attempt: &mut Attempt,
    io: Io,
    request: hyper::Request<Full<Bytes>>,
) -> Result<Upgraded, Fault> {
    attempt.enter(Phase::Request);
    let wire = io.monitor();
    wire.set_limit(wire.seen().received + HEAD_LIMIT);
    let tasks = Tasks::default();
    let version = request.version();
    let result = async {
        let head = |error| Broken::Hyper(error, Part::Head);
        let mut response = send(attempt, io, &tasks, request, Switching::Allowed).await.map_err(head)?;
        note_head(attempt, &response)?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let extent = |_: &Parts| Extent::Start(EXPLANATION);
            return take(attempt, &wire, response, extent).await.map(Upgraded::Answered);
        }
        let switched = hyper::upgrade::on(&mut response).await.map_err(head)?;
        let parts = switched.downcast::<TokioIo<Io>>().map_err(|_| Broken::OtherStream)?;
        Ok(Upgraded::Switched(std::mem::take(response.headers_mut()), parts.io.into_inner(), parts.read_buf))
    };
    let result = result.await;
    finish(attempt, &wire, &tasks, version, result).await
}
