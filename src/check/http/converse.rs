//! Two requests over one connection, for a server whose second answer depends on what it has kept of the first: behind a Service,
//! another connection may lead to another replica.

use http_body_util::Full;
use hyper::Version;
use hyper::body::Bytes;
use hyper::header::CONNECTION;
use hyper::http::response::Parts;

use crate::check::http::ask::extent;
use crate::check::http::exchange::{self, HttpResponse};
use crate::check::http::{BodyUse, Exchange};
use crate::net::attempt::Attempt;
use crate::outcome::{Fault, Phase};

impl Exchange {
    /// Sends a body, and over the same connection the one that `next` makes of the answer, or none; in HTTP/1.1, whatever the keys
    /// say, and without redirects. The running phase afterwards is `assert`.
    ///
    /// # Errors
    /// Every cause of the phases up to `request`.
    pub(crate) async fn converse(
        &self,
        attempt: &mut Attempt,
        first: Bytes,
        next: impl FnOnce(&HttpResponse) -> Option<Bytes>,
    ) -> Result<(HttpResponse, Option<HttpResponse>), Fault> {
        let mut request = self.request.clone();
        request.body = first;
        let secure = request.origin.secure;
        let (mut io, proxy) = self.keys.proxy.connect(attempt, &request, secure).await?;
        if secure {
            let mut options = self.keys.tls.options(&request.origin.endpoint.host, attempt.world())?;
            options.alpn = vec!["http/1.1".to_owned()];
            io = attempt.start_tls(io, &options).await?;
        }
        let mut wire = request.to_wire(Version::HTTP_11, proxy.as_deref().filter(|_| !secure))?;
        let mut last = wire.clone();
        // The second one ends the connection.
        wire.headers_mut().remove(CONNECTION);
        let next = |answer: &HttpResponse| {
            *last.body_mut() = Full::new(next(answer)?);
            Some(last)
        };
        let extent = |head: &Parts| extent(&self.keys, BodyUse::Expected, head);
        let answers = exchange::converse(attempt, io, wire, extent, next).await?;
        attempt.enter(Phase::Assert);
        attempt.facts().requested = Some(request.requested());
        Ok(answers)
    }

    /// What the status of an answer shows.
    ///
    /// # Errors
    /// As the kind `http` judges it.
    pub(crate) fn status(&self, answer: &HttpResponse) -> Result<(), Fault> {
        self.wanted.status(&self.request, answer)
    }
}
