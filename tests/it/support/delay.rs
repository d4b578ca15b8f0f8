//! A link between two namespaces with latency: a pair of devices in each and a process that carries packets between
//! them and holds some back, since not every kernel has netem.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use super::netns::Namespace;
use super::{Folder, Running, need};

/// The link; it ends with the test.
pub(crate) struct Link {
    _process: Running,
    _folder: Folder,
}

impl Link {
    /// Joins both by a device with these addresses. What goes from `pod` to one of `holds` is held back for so many
    /// milliseconds, so that a handshake takes as long; `drop` loses it.
    pub(crate) fn join(pod: (&Namespace, &[&str]), net: (&Namespace, &[&str]), holds: &[String]) -> Self {
        const DEVICE: &str = "eth0";
        const FAR: &str = "far0";
        const HARDWARE: &str = "02:00:00:00:00:01";
        for (namespace, addresses) in [pod, net] {
            namespace.ip(&["link", "add", DEVICE, "address", HARDWARE, "type", "veth", "peer", "name", FAR]);
            // Whoever is asked for lives behind it: nobody answers who has which address.
            namespace.ip(&["link", "set", DEVICE, "arp", "off"]);
            namespace.sysctl(&format!("net/ipv6/conf/{FAR}/disable_ipv6"), "1");
            namespace.ip(&["link", "set", FAR, "up"]);
            for address in addresses {
                let nodad: &[&str] = if address.contains(':') { &["nodad"] } else { &[] };
                namespace.ip(&[&["addr", "add", address, "dev", DEVICE], nodad].concat());
            }
        }
        let folder = Folder::new();
        let script = folder.write("delay.py", include_str!("delay.py"));
        let mut command = std::process::Command::new(need("python3", "python3"));
        command
            .arg(script)
            .args([DEVICE, FAR, HARDWARE, pod.0.name(), net.0.name()])
            .args(holds)
            .stdout(Stdio::piped());
        let mut process = Running::start(&mut command);
        let stdout = process.0.stdout.take().expect("it is piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("it says that the link stands");
        assert_eq!(line, "joined\n", "the link needs root");
        for (namespace, _) in [pod, net] {
            namespace.ip(&["link", "set", DEVICE, "up"]);
        }
        Self { _process: process, _folder: folder }
    }
}
