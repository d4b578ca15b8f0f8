//! A network namespace of a test's own, with its own hosts and resolv.conf; it vanishes with the test.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{PILOTFISH, Ran, need, run};

/// One namespace; loopback is up, nothing else is there.
pub(crate) struct Namespace {
    name: String,
    etc: PathBuf,
}

impl Namespace {
    /// A fresh one with an empty hosts file and a resolv.conf that names 127.0.0.1.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("pilotfish-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let etc = PathBuf::from("/etc/netns").join(&name);
        done(ip().args(["netns", "add", &name]));
        let namespace = Self { name, etc };
        std::fs::create_dir_all(&namespace.etc).expect("root may write /etc/netns");
        namespace.hosts("");
        namespace.resolv_conf("nameserver 127.0.0.1\n");
        namespace.ip(&["link", "set", "lo", "up"]);
        namespace
    }

    /// Its name, as `ip netns` shows it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its own /etc/hosts, for commands that start from now on.
    pub(crate) fn hosts(&self, text: impl AsRef<[u8]>) {
        self.etc_file("hosts", text);
    }

    /// Its own /etc/resolv.conf, for commands that start from now on.
    pub(crate) fn resolv_conf(&self, text: impl AsRef<[u8]>) {
        self.etc_file("resolv.conf", text);
    }

    /// Any file of /etc that stands on the machine too. Written in place: a command that runs sees the change.
    pub(crate) fn etc_file(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.etc.join(name), text).expect("root may write /etc/netns");
    }

    /// `ip ARGS` inside; it must succeed.
    pub(crate) fn ip(&self, args: &[&str]) {
        done(ip().args(["-n", &self.name]).args(args));
    }

    /// `nft RULES` inside, one command a line; it must succeed.
    pub(crate) fn nft(&self, rules: &str) -> String {
        let nft = need("nft", "nftables");
        done(self.command(nft.to_str().expect("the path is UTF-8")).arg(rules)).stdout
    }

    /// A kernel setting inside: `sysctl("net/ipv6/conf/all/disable_ipv6", "1")`.
    pub(crate) fn sysctl(&self, key: &str, value: &str) {
        done(self.command("sh").args(["-c", &format!("echo {value} > /proc/sys/{key}")]));
    }

    /// A cable to another namespace: `device` in both, with these addresses (`10.0.0.1/24`, `fd00::1/64`) here and there.
    pub(crate) fn cable(&self, other: &Self, device: &str, here: &[&str], there: &[&str]) {
        self.ip(&["link", "add", device, "type", "veth", "peer", "name", device, "netns", &other.name]);
        for (end, addresses) in [(self, here), (other, there)] {
            for address in addresses {
                // Without the search for duplicates an IPv6 address is usable at once.
                let nodad: &[&str] = if address.contains(':') { &["nodad"] } else { &[] };
                end.ip(&[&["addr", "add", address, "dev", device], nodad].concat());
            }
            end.ip(&["link", "set", device, "up"]);
        }
    }

    /// A command that runs inside, with this namespace's files over those of /etc.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = ip();
        command.args(["netns", "exec", &self.name, program]);
        command
    }

    /// The same command with the same arguments, but inside.
    pub(crate) fn within(&self, command: &Command) -> Command {
        let mut inside = self.command(command.get_program().to_str().expect("the path is UTF-8"));
        inside.args(command.get_args());
        inside
    }

    /// The binary under test, inside, with a clean environment.
    pub(crate) fn pilotfish(&self, args: &[&str]) -> Ran {
        run(self.command(PILOTFISH).args(args).env_clear())
    }

    /// The JSON report of one run inside.
    pub(crate) fn json(&self, args: &[&str]) -> serde_json::Value {
        let ran = self.pilotfish(args);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // Whatever the test left undone goes too; a panic here would hide the test's own.
        drop(ip().args(["netns", "del", &self.name]).output());
        drop(std::fs::remove_dir_all(&self.etc));
    }
}

fn ip() -> Command {
    Command::new(need("ip", "iproute2"))
}

fn done(command: &mut Command) -> Ran {
    let ran = run(command);
    assert_eq!(ran.code, 0, "{command:?} needs root: {ran:?}");
    ran
}

#[test]
fn a_namespace_has_its_own_names_and_cables() {
    let (here, there) = (Namespace::new(), Namespace::new());
    here.cable(&there, "eth0", &["10.9.0.1/24", "fd09::1/64"], &["10.9.0.2/24", "fd09::2/64"]);
    here.hosts("10.9.0.2 there\n");
    assert_eq!(done(here.command("cat").arg("/etc/hosts")).stdout, "10.9.0.2 there\n");
    assert!(done(there.command("ip").args(["-br", "addr"])).stdout.contains("fd09::2"));
    there.nft("add table inet t; add counter inet t seen");
    let files = std::path::PathBuf::from("/etc/netns").join(here.name());
    drop(here);
    assert!(!files.exists());
}
