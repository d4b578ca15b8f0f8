//! The health service of a gRPC server (grpc.health.v1).

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{HeaderMap, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

/// The values of `ServingStatus`.
const SERVING: u8 = 1;
const NOT_SERVING: u8 = 2;

/// Answers every call with the status of the service, until the client closes the connection.
pub(crate) async fn session(client: TcpStream, serves: bool) -> std::io::Result<()> {
    let status = if serves { SERVING } else { NOT_SERVING };
    let service = service_fn(move |_: Request<hyper::body::Incoming>| async move {
        // Not compressed, 2 bytes: field 1, a number.
        let message = Full::new(Bytes::copy_from_slice(&[0, 0, 0, 0, 2, 8, status]));
        let trailers = HeaderMap::from_iter([("grpc-status".parse().expect("a name"), HeaderValue::from_static("0"))]);
        let body = message.with_trailers(async { Some(Ok::<_, Infallible>(trailers)) });
        let answer = Response::builder().header("content-type", "application/grpc").body(body);
        Ok::<_, Infallible>(answer.expect("a valid answer"))
    });
    let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    server.serve_connection(TokioIo::new(client), service).await.map_err(std::io::Error::other)
}
