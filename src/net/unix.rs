//! Connecting to a Unix socket: one try, recorded. Nothing is resolved, and no port of this pod is used.

use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep};

use crate::cause::Cause;
use crate::duration::show;
use crate::net::attempt::Attempt;
use crate::net::descriptors::Permitted;
use crate::net::io::Io;
use crate::net::oserr;
use crate::outcome::{ConnectResult, Detail, Fault, Phase, SocketAttempt, SocketDetail};
use crate::url::SocketPath;

const ENOENT: i32 = 2;
const EAGAIN: i32 = 11;
const EACCES: i32 = 13;
const ENOTDIR: i32 = 20;
const EPROTOTYPE: i32 = 91;
const ECONNREFUSED: i32 = 111;

/// How long to wait before the next try where the queue of the server is full: the kernel reports no room later.
const PAUSE: Duration = Duration::from_millis(20);

impl Attempt {
    /// Connects to a Unix socket: phase `connect`.
    ///
    /// # Errors
    /// `file_missing`, `file_invalid`, `connect_not_permitted`, `connect_refused` and the other causes of that phase.
    pub async fn connect_unix(&mut self, path: &SocketPath) -> Result<Io, Fault> {
        self.forget_stream();
        self.enter(Phase::Connect);
        let permit = self.socket_permit().await;
        let began = Instant::now();
        // The login and the request keep their half.
        let until = began + self.deadline().saturating_duration_since(began) / 2;
        let result = loop {
            match connect(path) {
                Err(error) if error.raw_os_error() == Some(EAGAIN) && Instant::now() < until => sleep(PAUSE).await,
                result => break result,
            }
        };
        let duration = began.elapsed();
        let errno = result.as_ref().err().and_then(io::Error::raw_os_error);
        let outcome = match (&result, errno) {
            (Ok(_), _) => ConnectResult::Connected,
            (Err(_), Some(EAGAIN)) => ConnectResult::Cut,
            (Err(error), _) => oserr::try_result(error),
        };
        self.evidence().sockets.push(SocketAttempt { path: path.to_string(), result: outcome, errno, duration });
        match result {
            Ok(stream) => {
                let io = Io::over(Permitted::new(stream, permit)).within(Some(self.world().buffers.clone()));
                self.take_stream(&io);
                Ok(io)
            }
            Err(error) => Err(fault(path, &error, outcome, duration)),
        }
    }
}

fn connect(path: &SocketPath) -> io::Result<UnixStream> {
    let address = match (path.path(), path.abstract_name()) {
        (Some(path), _) => SockAddr::unix(path)?,
        (None, name) => SockAddr::unix(format!("\0{}", name.unwrap_or_default()))?,
    };
    let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking().cloexec(), None)?;
    // It connects at once or not at all.
    socket.connect(&address)?;
    UnixStream::from_std(socket.into())
}

fn fault(path: &SocketPath, error: &io::Error, result: ConnectResult, duration: Duration) -> Fault {
    let (cause, detail, text) = match error.raw_os_error() {
        // To the kernel, whatever is no socket has no listener, or may not be written to.
        Some(ECONNREFUSED | EACCES) if let Some(what) = other_type(path) => {
            (Cause::FileInvalid, SocketDetail::NotSocket, format!("{path} is {what}, not a socket"))
        }
        Some(ENOENT | ENOTDIR) => {
            (Cause::FileMissing, SocketDetail::Missing, format!("the socket {path} does not exist"))
        }
        Some(ECONNREFUSED) => {
            let detail = if path.path().is_some() { SocketDetail::Refused } else { SocketDetail::Unbound };
            (Cause::ConnectRefused, detail, format!("nothing listens on the socket {path}"))
        }
        Some(EACCES) => (
            Cause::ConnectNotPermitted,
            SocketDetail::Denied,
            format!("this user may not connect to the socket {path}"),
        ),
        Some(EPROTOTYPE) => {
            (Cause::FileInvalid, SocketDetail::Datagrams, format!("the socket {path} is one for datagrams"))
        }
        Some(EAGAIN) => {
            let text = format!("the queue of the socket {path} is full: its server accepts no connection");
            (Cause::ConnectTimeout, SocketDetail::Full, text)
        }
        _ => {
            let cause = oserr::connect_cause(result).unwrap_or(Cause::ConnectNotPermitted);
            (cause, SocketDetail::Other, format!("cannot connect to the socket {path}"))
        }
    };
    let message = match detail {
        SocketDetail::Full => format!("{text} within {}", show(duration)),
        SocketDetail::Other => format!("{text}: {error}"),
        _ => text.clone(),
    };
    Fault::new(Phase::Connect, cause, message).with(Detail::Socket(detail)).stating(text)
}

/// The type of a file that is no socket, in words.
fn other_type(path: &SocketPath) -> Option<&'static str> {
    let found = std::fs::metadata(path.path()?).ok()?.file_type();
    Some(match found {
        found if found.is_socket() => return None,
        found if found.is_dir() => "a directory",
        found if found.is_file() => "a regular file",
        _ => "a device or a pipe",
    })
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::{UnixDatagram, UnixListener};
    use std::sync::Arc;
    use std::time::Duration;

    use socket2::{Domain, SockAddr, Socket, Type};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::Instant;

    use crate::env::MapEnv;
    use crate::net::World;
    use crate::net::attempt::{Attempt, AttemptOptions};
    use crate::net::dial::DialRules;
    use crate::net::resolve::Walk;
    use crate::outcome::{ConnectResult, Detail, Evidence, Fault, Phase, SocketDetail};
    use crate::url::SocketPath;

    fn attempt(timeout: Duration) -> Attempt {
        let deadline = Instant::now() + timeout;
        let options = AttemptOptions { rules: DialRules::default(), deadline, walk: Walk::Full, pinned: None };
        Attempt::new(Arc::new(World::new(Arc::new(MapEnv::default()))), options)
    }

    async fn connect(path: &str) -> (Result<(), Fault>, Evidence) {
        let mut attempt = attempt(Duration::from_millis(200));
        let result = attempt.connect_unix(&SocketPath::parse(path).expect(path)).await.map(drop);
        (result, *attempt.finish())
    }

    /// A folder that vanishes with the test.
    struct Folder(std::path::PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("pilotfish-unix-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).expect("a folder");
            Self(path)
        }

        fn join(&self, name: &str) -> String {
            self.0.join(name).to_str().expect("the path is UTF-8").to_owned()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    #[tokio::test]
    async fn a_server_is_reached() {
        let folder = Folder::new("server");
        let path = folder.join("s");
        let listener = UnixListener::bind(&path).expect("a socket");
        let peer = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut asked = [0; 4];
            stream.read_exact(&mut asked).expect("it is sent");
            stream.write_all(b"PONG").expect("it is read");
            stream.read_to_end(&mut Vec::new()).expect("it ends")
        });
        let mut attempt = attempt(Duration::from_secs(5));
        let mut io = attempt.connect_unix(&SocketPath::parse(&path).unwrap()).await.expect("it listens");
        io.write_all(b"PING").await.expect("it is open");
        let mut answer = [0; 4];
        io.read_exact(&mut answer).await.expect("an answer");
        assert_eq!((&answer, attempt.monitor().expect("a stream").seen().received), (b"PONG", 4));
        attempt.close(io).await;
        assert_eq!(peer.join().expect("it ends"), 0, "the stream ended in order");
        let evidence = attempt.finish();
        assert!(evidence.is_connected() && evidence.tries.is_empty() && evidence.sockets.len() == 1);
    }

    #[tokio::test]
    async fn every_way_not_to_connect_has_its_cause() {
        let folder = Folder::new("faults");
        drop(UnixListener::bind(folder.join("left")).expect("a socket"));
        let _datagrams = UnixDatagram::bind(folder.join("datagrams")).expect("a socket");
        std::fs::write(folder.join("file"), "").expect("a file");
        let full = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
        full.bind(&SockAddr::unix(folder.join("full")).expect("short"))
            .and_then(|()| full.listen(0))
            .expect("it listens");
        let held: Vec<Socket> =
            (0..2).map(|_| Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None).expect("one")).collect();
        for one in &held {
            drop(one.connect(&SockAddr::unix(folder.join("full")).expect("short")));
        }
        for (name, cause, text) in [
            ("none", "file_missing", "does not exist"),
            ("file/none", "file_missing", "does not exist"),
            ("left", "connect_refused", "nothing listens on the socket"),
            ("file", "file_invalid", "file is a regular file, not a socket"),
            ("", "file_invalid", "is a directory, not a socket"),
            ("datagrams", "file_invalid", "one for datagrams"),
            ("full", "connect_timeout", "the queue of the socket"),
        ] {
            let (result, evidence) = connect(&folder.join(name)).await;
            let fault = result.expect_err(name);
            assert_eq!((fault.phase, fault.cause.slug()), (Phase::Connect, cause), "{name}: {}", fault.message);
            assert!(fault.message.contains(text) && fault.statement.is_some(), "{}", fault.message);
            assert!(fault.cause.phases().contains(&Phase::Connect), "{cause}");
            assert!(!evidence.is_connected() && evidence.sockets.len() == 1);
        }
        let denied = std::io::Error::from_raw_os_error(super::EACCES);
        let path = SocketPath::parse("/run/x").unwrap();
        let fault = super::fault(&path, &denied, ConnectResult::NotPermitted, Duration::ZERO);
        assert_eq!(fault.cause.slug(), "connect_not_permitted");
        let path = SocketPath::parse("/dev/null").unwrap();
        let fault = super::fault(&path, &denied, ConnectResult::NotPermitted, Duration::ZERO);
        assert_eq!(fault.message, "/dev/null is a device or a pipe, not a socket");
        let other = std::io::Error::from_raw_os_error(24);
        let fault = super::fault(&path, &other, crate::net::oserr::try_result(&other), Duration::ZERO);
        assert_eq!(fault.cause.slug(), "local_limit");
    }

    #[tokio::test]
    async fn an_abstract_socket_is_reached() {
        let name = format!("pilotfish-unix-{}", std::process::id());
        let server = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
        server.bind(&SockAddr::unix(format!("\0{name}")).expect("short")).expect("it is free");
        server.listen(1).expect("it listens");
        connect(&format!("@{name}")).await.0.expect("it listens");
        drop(server);
        let fault = connect(&format!("@{name}")).await.0.expect_err("it is gone");
        assert_eq!(fault.cause.slug(), "connect_refused");
        assert_eq!(fault.detail, Some(Detail::Socket(SocketDetail::Unbound)), "it has no file");
    }
}
