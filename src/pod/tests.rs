use std::net::IpAddr;
use std::time::Duration;

use super::{Service, Sockets, addresses, descriptors, listeners, services, sockets, throttled};
use crate::env::MapEnv;

const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

/// A row of /proc/net/tcp; the words of an address are those of a machine with the low byte first.
fn row(local: &str, state: &str) -> String {
    let none = "0".repeat(local.len() - 5);
    format!(
        "   0: {local} {none}:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n"
    )
}

fn shown(tcp: &str, tcp6: Option<&str>) -> Option<Vec<String>> {
    let mut env = MapEnv::default().with_file("/proc/net/tcp", tcp.as_bytes());
    if let Some(tcp6) = tcp6 {
        env = env.with_file("/proc/net/tcp6", tcp6.as_bytes());
    }
    Some(listeners(&env)?.iter().map(ToString::to_string).collect())
}

#[test]
#[cfg(target_endian = "little")]
fn listeners_of_both_families() {
    let four = [
        HEAD,
        &row("0100007F:1F90", "0A"),
        &row("00000000:0BB8", "0A"),
        &row("0700000A:0050", "0A"),
        &row("0700000A:9C40", "01"),
        &row("00000000:FFFF", "0A"),
    ]
    .concat();
    let six = [
        HEAD,
        &row("00000000000000000000000001000000:1F91", "0A"),
        &row("00000000000000000000000000000000:0BB8", "0A"),
        &row("0000000000000000FFFF00000100007F:2328", "0A"),
        &row("000080FE00000000FF005450B6AD1DFE:1F92", "0A"),
    ]
    .concat();
    assert_eq!(
        shown(&four, Some(&six)).unwrap(),
        [
            "10.0.0.7:80",
            "0.0.0.0:3000",
            "[::]:3000",
            "127.0.0.1:8080",
            "[::1]:8081",
            "[fe80::5054:ff:fe1d:adb6]:8082",
            "127.0.0.1:9000"
        ],
        "what stands behind the first connection is not looked at: the kernel writes listeners first"
    );
    assert_eq!(shown(HEAD, None).unwrap(), [""; 0], "a kernel without IPv6");
}

#[test]
fn what_is_not_shown_is_not_known() {
    assert_eq!(listeners(&MapEnv::default()), None);
    let endless = row("0100007F:1F90", "0A").repeat(12_000);
    let cut = &endless[..usize::try_from(crate::env::FILE_LIMIT).unwrap()];
    assert_eq!(shown(&format!("{HEAD}{cut}")[..cut.len()], None), None, "the list goes on where reading ends");
    let odd = format!("{HEAD}\nnonsense\n   0: zz:1F90 00000000:0000 0A x\n   0: 0100007F:1F90 0:0 0A x\n");
    assert_eq!(shown(&odd, Some("")).unwrap(), ["127.0.0.1:8080"]);
}

#[test]
fn own_addresses() {
    let trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     |-- 10.0.0.7\n        \
                /32 host LOCAL\n     |-- 10.0.0.255\n        /32 link BROADCAST\nLocal:\n     |-- 10.0.0.7\n        \
                /32 host LOCAL\n        |-- 127.0.0.1\n           /32 host LOCAL\n";
    let six = "00000000000000000000000000000001 01 80 10 80       lo\nfd000000000000000000000000000007 02 40 00 80 eth0\n\
               fe80000000000000505400fffe1dadb6 02 40 20 80 eth0\n";
    let env = MapEnv::default()
        .with_file("/proc/net/fib_trie", trie.as_bytes())
        .with_file("/proc/net/if_inet6", six.as_bytes());
    let expected: Vec<IpAddr> = vec!["10.0.0.7".parse().unwrap(), "fd00::7".parse().unwrap()];
    assert_eq!(addresses(&env), expected);
    assert!(addresses(&MapEnv::default()).is_empty());
}

#[test]
fn sockets_limits_and_throttling() {
    let env = MapEnv::default()
        .with_file(
            "/proc/net/sockstat",
            b"sockets: used 9\nTCP: inuse 5 orphan 0 tw 28000 alloc 8 mem 1\nUDP: inuse 1\n",
        )
        .with_file("/proc/net/sockstat6", b"TCP6: inuse 2\n")
        .with_file("/proc/sys/net/ipv4/ip_local_port_range", b"32768\t60999\n")
        .with_file(
            "/proc/self/limits",
            b"Limit  Soft Limit  Hard Limit  Units\nMax open files            1024  4096  files\n",
        )
        .with_file("/sys/fs/cgroup/cpu.stat", b"usage_usec 5\nnr_periods 9\nnr_throttled 3\nthrottled_usec 250000\n");
    assert_eq!(sockets(&env), Some(Sockets { in_use: 7, time_wait: 28_000, ports: (32_768, 60_999) }));
    assert_eq!(descriptors(&env), Some(1024));
    assert_eq!(throttled(&env), Some(Duration::from_millis(250)));
    let older =
        MapEnv::default().with_file("/sys/fs/cgroup/cpu/cpu.stat", b"nr_throttled 3\nthrottled_time 250000000\n");
    assert_eq!(throttled(&older), Some(Duration::from_millis(250)), "version 1 counts nanoseconds");
    let empty = MapEnv::default();
    assert_eq!((sockets(&empty), descriptors(&empty), throttled(&empty)), (None, None, None));
}

#[test]
fn services_of_the_namespace() {
    let env = MapEnv::with_vars(&[
        ("BACKEND_API_SERVICE_HOST", "10.96.0.7"),
        ("BACKEND_API_SERVICE_PORT", "8000"),
        ("BACKEND_API_SERVICE_PORT_METRICS", "9000"),
        ("BACKEND_API_PORT", "tcp://10.96.0.7:8000"),
        ("BACKEND_SERVICE_HOST", "not an address"),
        ("DB_SERVICE_HOST", "10.96.0.8"),
    ]);
    let address = "10.96.0.7".parse().unwrap();
    assert_eq!(services(&env), [Service { prefix: "BACKEND_API".to_owned(), address, ports: vec![8000, 9000] }]);
}
