//! A scripted peer of `same_secret`: honest, or one that lies.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use pilotfish::proof::exchange::{Side, start};
use pilotfish::proof::wire::{Offer, Question, Refusal, Reply};
use pilotfish::secret::Secret;

/// Answers each question as a closure says that is made for each connection; it serves until the tests end.
pub(crate) fn scripted<F>(make: impl Fn() -> F + Send + 'static) -> SocketAddr
where
    F: FnMut(&Question) -> String + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = make();
            std::thread::spawn(move || serve(stream, answer));
        }
    });
    address
}

fn serve(mut stream: TcpStream, mut answer: impl FnMut(&Question) -> String) {
    let mut seen = Vec::new();
    let mut bytes = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut bytes) {
        seen.extend_from_slice(&bytes[..read]);
        let text = String::from_utf8_lossy(&seen).into_owned();
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body);
        let Some(question) = body.and_then(|body| Question::read(body.as_bytes())) else { continue };
        seen.clear();
        let body = answer(&question);
        let page = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        if stream.write_all(page.as_bytes()).is_err() {
            return;
        }
        if matches!(question, Question::Proof(_)) {
            return;
        }
    }
}

/// One that holds the secret, and proves it to as many as ask.
pub(crate) fn honest(secret: &'static str) -> SocketAddr {
    scripted(move || {
        let mut open = None;
        move |question: &Question| match question {
            Question::Hello(hello) => {
                let secret = Secret::new(secret.to_owned());
                let started = start(Side::Answers, &hello.name, &secret).expect("random bytes");
                let offer = Reply::Offer(Offer { session: [5; 16], has_previous: false, message: started.message });
                let transcript = format!("{}\n{}", question.text(), offer.text());
                open = Some((started, hello.message, transcript));
                offer.text()
            }
            Question::Proof(proof) => {
                let (started, theirs, transcript) = open.take().expect("a hello comes first");
                let agreed = started.finish(&theirs, transcript.as_bytes()).expect("an honest message");
                match agreed.is_confirmed_by(&proof.tag) {
                    true => Reply::Proved(agreed.confirmation()).text(),
                    false => Reply::Refused(Refusal::Differs).text(),
                }
            }
        }
    })
}
