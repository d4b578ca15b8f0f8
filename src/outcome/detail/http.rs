//! What an HTTP exchange showed.

/// Why an HTTP answer is not what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpDetail {
    /// A page for people came where data was expected.
    PageForPeople,
    /// The redirects lead back to a URL that was asked before.
    RedirectLoop,
    /// There are more redirects than are followed.
    TooManyRedirects,
    /// The `Location` of a redirect cannot be followed.
    InvalidLocation,
    /// The answer is HTTP and breaks its rules: a header, Content-Length, chunks.
    BadFraming,
    /// The body is over the limit.
    BodyTooLarge,
    /// The connection ended in the middle of the body.
    BodyCut,
    /// The path has another method: the one of those that it allows that a probe would use.
    Allows(&'static str),
    /// The port wants TLS, and plain HTTP was sent.
    WantsTls,
}
