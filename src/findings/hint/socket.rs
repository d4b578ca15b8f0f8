//! Hints for Unix sockets that cannot be connected to.

use crate::outcome::SocketDetail;

pub(super) const fn hint(detail: SocketDetail) -> Option<&'static str> {
    Some(match detail {
        SocketDetail::Missing => {
            "Check that the server has started and that its configuration names this path. If it runs in another container, mount \
             the volume with the socket at the same path in this one."
        }
        SocketDetail::Denied => {
            "Let the server create the socket with permissions that let the user of this container write to it, or run both \
             containers with the same `runAsUser` or `runAsGroup`."
        }
        SocketDetail::Refused => {
            "The file is there, but no server is behind it: it may be left over from one that ended. Start the server, which \
             creates the socket again."
        }
        SocketDetail::Unbound => {
            "Start the server, and compare the name with its configuration: `ss -xlp` lists the sockets. Run it in this pod, \
             because an abstract socket belongs to the network of one pod."
        }
        SocketDetail::NotSocket => {
            "Write the path of the socket itself; it may be in that directory. `ss -xlp` in the server's container lists the \
             sockets."
        }
        SocketDetail::Full => {
            "The server does not accept connections fast enough. Check its log, and whether its process still works."
        }
        SocketDetail::Datagrams => {
            "Set the path of the socket on which the server accepts connections: `ss -xlp` in its container lists the sockets."
        }
        SocketDetail::Other => return None,
    })
}
