use super::{SHOP, at, in_list};
use crate::cause::Cause;
use crate::findings::testing::{query, with_queries};
use crate::outcome::{Detail, DnsDetail, Evidence, Fault, Phase, Query, SearchList};

fn unresolved(target: &str, cause: Cause, queries: Vec<Query>) -> String {
    // Where nobody was asked, the hosts file has the name.
    let detail = queries.is_empty().then_some(Detail::Dns(DnsDetail::HostsFile));
    at(&Fault { detail, ..Fault::new(Phase::Resolve, cause, "") }, target, &with_queries(queries))
}

#[test]
fn names_that_do_not_resolve() {
    use Cause::{DnsNoAddress, DnsNotFound, DnsServerFailure, DnsTimeout};
    for (target, cause, queries, says) in [
        (
            "backend-api:80",
            DnsNotFound,
            vec![in_list("backend-api", "NXDOMAIN")],
            &[
                "no Service backend-api in the namespace todo-production",
                "headless without a ready pod",
                "backend-api.NAMESPACE",
            ][..],
        ),
        (
            "db.data:80",
            DnsNotFound,
            vec![in_list("db.data", "NXDOMAIN")],
            &["no Service db in the namespace data", "get svc,endpointslices -A | grep db"],
        ),
        ("db.dev:80", DnsNotFound, vec![], &["no Service db in a namespace dev, and no public name db.dev"]),
        ("todo.local:80", DnsNotFound, vec![], &["a laptop's hosts file"]),
        ("host.docker.internal:80", DnsNotFound, vec![], &["Only Docker"]),
        ("api.exmaple.com:80", DnsNotFound, vec![], &["nslookup api.exmaple.com"]),
        (
            "a.exmaple.com:80",
            DnsNotFound,
            vec![query("_mongodb._tcp.a.exmaple.com.", "SRV", "NXDOMAIN", 0)],
            &["nslookup -type=SRV _mongodb._tcp.a.exmaple.com"],
        ),
        (
            "db:80",
            DnsNotFound,
            vec![query(&format!("_pg._tcp.db.{SHOP}."), "SRV", "NXDOMAIN", 0)],
            &["no Service db in the namespace todo-production, it has no port named pg"],
        ),
        ("db:80", DnsNoAddress, vec![], &["/etc/hosts has the name"]),
        ("db:80", DnsNoAddress, vec![query("db.", "AAAA", "NOERROR", 1)], &["has only AAAA records", "`addresses`"]),
        (
            "db:80",
            DnsNoAddress,
            vec![query("db.", "A", "NOERROR", 0).alias("gone.example.com")],
            &["db. is an alias of gone.example.com, for which no A record came"],
        ),
        (
            "db:80",
            DnsServerFailure,
            vec![in_list("db", "NXDOMAIN").alias("gone.example.com"), query("db.", "A", "SERVFAIL", 0)],
            &["alias of gone.example.com, which does not exist. Correct the externalName"],
        ),
        (
            "db:80",
            DnsServerFailure,
            vec![in_list("db", "NXDOMAIN"), query("db.", "A", "SERVFAIL", 0)],
            &[
                "db.todo-production.svc.cluster.local. is NXDOMAIN. If db should be",
                "grep db",
                "the upstream of CoreDNS fails",
            ],
        ),
        (
            "db:80",
            DnsTimeout,
            vec![in_list("db", "NXDOMAIN").took(800), query("db.", "A", "TIMEOUT", 0).took(90)],
            &["db.todo-production.svc.cluster.local. is NXDOMAIN", "slow answers used up its time"],
        ),
        (
            "shop:80",
            DnsNoAddress,
            vec![query("shop.svc.cluster.local.", "A", "NOERROR", 0).suffix("svc.cluster.local")],
            &["shop.svc.cluster.local. is a namespace, not a Service. Write SERVICE.shop"],
        ),
        (
            "example.shop:80",
            DnsNoAddress,
            vec![in_list("example.shop", "NXDOMAIN"), query("example.shop.", "A", "NOERROR", 0)],
            &["has neither A nor AAAA records"],
        ),
        (
            "db:80",
            DnsNoAddress,
            vec![query("db.", "A", "NOERROR", 0).alias("db")],
            &["db. is an alias of itself, in a loop"],
        ),
        ("db:80", DnsNotFound, vec![query("db.", "A", "NXDOMAIN", 0)], &["Only db. was looked up", "dnsPolicy"]),
        (
            "db:80",
            DnsNotFound,
            vec![
                query("db.corp.example.", "A", "NXDOMAIN", 0).suffix("corp.example"),
                query("db.", "A", "NXDOMAIN", 0),
            ],
            &["not one of a cluster", "ClusterFirstWithHostNet"],
        ),
        (
            "db.shop.svc.cluster.local:80",
            DnsNotFound,
            vec![query("db.shop.svc.cluster.local.svc.k8s.corp.", "A", "NXDOMAIN", 0).suffix("svc.k8s.corp")],
            &["named NAME.NAMESPACE.svc.k8s.corp here. Compare db.shop.svc.cluster.local"],
        ),
        (
            "db.shop.cluster.local:80",
            DnsNotFound,
            vec![in_list("db.shop.cluster.local", "NXDOMAIN")],
            &["named NAME.NAMESPACE.svc.cluster.local here. Compare db.shop.cluster.local"],
        ),
        ("db:80", DnsNotFound, vec![in_list("localhost", "NXDOMAIN")], &["need not know localhost"]),
        ("db:80", DnsNoAddress, vec![in_list("db", "SERVFAIL")], &["kubectl -n todo-production get svc db -o wide"]),
        (
            "db:80",
            DnsTimeout,
            vec![in_list("db", "TIMEOUT")],
            &["10.96.0.10:53 did not answer", "NetworkPolicy", "check whether CoreDNS runs"],
        ),
        (
            "db:80",
            DnsTimeout,
            vec![in_list("api.example.com", "NXDOMAIN"), query("api.example.com.", "A", "TIMEOUT", 0)],
            &["answered other names so slowly that no time was left for this one", "raise `timeout`"],
        ),
        (
            "db:80",
            DnsTimeout,
            vec![in_list("api.example.com", "NXDOMAIN"), query("api.example.com.", "A", "TIMEOUT", 0).took(900)],
            &["answered some names, but not this one"],
        ),
        ("db:80", DnsTimeout, vec![in_list("db", "TRUNCATED")], &["Allow TCP 53"]),
        (
            "db:80",
            DnsTimeout,
            vec![
                query("a.", "A", "TRUNCATED", 0),
                query("a.", "A", "NOERROR", 60).tcp(),
                query("db.", "A", "TIMEOUT", 0).took(900),
            ],
            &["answered some names, but not this one"],
        ),
        ("db:80", DnsTimeout, vec![in_list("db", "refused")], &["No name server listens at 10.96.0.10:53"]),
        ("db:80", DnsTimeout, vec![in_list("db", "refused").from("169.254.20.10:53")], &["k8s-app=node-local-dns"]),
        ("db:80", DnsTimeout, vec![in_list("db", "forbidden")], &["forbids the query", "UDP and TCP to 10.96.0.10:53"]),
        (
            "db:80",
            DnsTimeout,
            vec![in_list("db", "no way")],
            &["10.96.0.10:53: network is unreachable. Run ip route get"],
        ),
        ("db:80", DnsServerFailure, vec![in_list("db", "SERVFAIL")], &["logs -l k8s-app=kube-dns"]),
    ] {
        let text = unresolved(target, cause, queries);
        for part in says {
            assert!(text.contains(part), "{target}: {text}");
        }
    }
    // A `dns` check has no endpoint, or its server's.
    let evidence = with_queries(vec![in_list("backend-api", "NXDOMAIN")]);
    let text = at(&Fault::new(Phase::Resolve, DnsNotFound, ""), "10.96.0.10:53", &evidence);
    assert!(text.contains("no Service backend-api in"), "{text}");
}

/// What a provider's name leads to resolves only within the network that its private zone is linked to.
#[test]
fn private_endpoints_without_their_zone() {
    let alias = |name: &str, answer: &str, to: &str| vec![query(name, "A", answer, 0).alias(to)];
    for (target, cause, queries, zone, network) in [
        (
            "shop.postgres.database.azure.com:5432",
            Cause::DnsNotFound,
            alias("shop.postgres.database.azure.com.", "NXDOMAIN", "shop.privatelink.postgres.database.azure.com"),
            "privatelink.postgres.database.azure.com",
            "VNet",
        ),
        (
            "shop.postgres.database.azure.com:5432",
            Cause::DnsNoAddress,
            alias("shop.postgres.database.azure.com.", "NOERROR", "a1b2.shop.private.postgres.database.azure.com"),
            "private.postgres.database.azure.com",
            "VNet",
        ),
        (
            "db:5432",
            Cause::DnsServerFailure,
            vec![
                in_list("db", "NXDOMAIN").alias("shop.privatelink.database.windows.net"),
                query("db.", "A", "SERVFAIL", 0),
            ],
            "privatelink.database.windows.net",
            "VNet",
        ),
        (
            "queue.example.com:443",
            Cause::DnsNotFound,
            alias("queue.example.com.", "NXDOMAIN", "vpce-0a1b.vpce-svc-4e5f.eu-west-1.vpce.amazonaws.com"),
            "vpce.amazonaws.com",
            "VPC",
        ),
        (
            "acme.privatelink.snowflakecomputing.com:443",
            Cause::DnsNotFound,
            vec![query("acme.privatelink.snowflakecomputing.com.", "A", "NXDOMAIN", 0)],
            "privatelink.snowflakecomputing.com",
            "VNet or VPC",
        ),
    ] {
        let text = unresolved(target, cause, queries);
        assert!(text.contains(&format!("only the private DNS zone {zone} resolves")), "{text}");
        assert!(text.contains(&format!("to the {network} of this cluster")) && text.len() <= 300, "{text}");
        assert!(!text.contains("externalName"), "{text}");
    }
    let text = unresolved("db:80", Cause::DnsNotFound, vec![in_list("db", "NXDOMAIN").alias("gone.example.com")]);
    assert!(text.contains("Correct the externalName"), "{text}");
    let only = vec![query("db.abcdefghijklmnopqrst.supabase.co.", "AAAA", "NOERROR", 1)];
    let text = unresolved("db.abcdefghijklmnopqrst.supabase.co:5432", Cause::DnsNoAddress, only);
    assert!(text.contains("only AAAA records. Use the Supabase pooler"), "{text}");
}

#[test]
fn a_literal_of_the_family_that_the_check_does_not_allow() {
    for (target, says) in [
        ("10.0.0.7:80", ["10.0.0.7 is an IPv4 address", "allows IPv6 alone"]),
        ("[::ffff:10.0.0.7]:80", ["is an IPv4 address", "allows IPv6 alone"]),
        ("[fd00::7]:80", ["[fd00::7] is an IPv6 address", "allows IPv4 alone"]),
        ("db:80", ["The address is not of the family", "Remove `addresses`"]),
    ] {
        let fault = Fault::new(Phase::Resolve, Cause::DnsNoAddress, "").with(Detail::Dns(DnsDetail::Excluded));
        let text = at(&fault, target, &with_queries(vec![]));
        assert!(says.iter().all(|part| text.contains(part)), "{target}: {text}");
    }
}

/// `.internal`, `.corp` and the like are nobody's namespace; and without a search list of a cluster there are no Services.
#[test]
fn names_of_a_private_network_are_no_services() {
    let fault = Fault::new(Phase::Resolve, Cause::DnsNotFound, "");
    let listed = |suffixes: &[&str], name: &str| Evidence {
        search_list: Some(SearchList {
            suffixes: suffixes.iter().map(|suffix| (*suffix).to_owned()).collect(),
            ..SearchList::default()
        }),
        ..with_queries(vec![query(&format!("{name}."), "A", "NXDOMAIN", 0)])
    };
    for name in ["db.internal", "db.corp", "db.lan", "db.example", "a.b.intranet"] {
        let end = name.rsplit('.').next().unwrap();
        let text = at(&fault, &format!("{name}:5432"), &listed(&[SHOP, "svc.cluster.local", "cluster.local"], name));
        assert!(text.contains(&format!("let CoreDNS forward {end}")) && !text.contains("namespace"), "{text}");
    }
    for name in ["db.internal", "db.shop", "db", "db.dev", "db-0.db", "nowhere.example"] {
        for suffixes in [&[][..], &["corp.example"]] {
            let text = at(&fault, &format!("{name}:5432"), &listed(suffixes, name));
            assert!(text.contains(&format!("knows {name}")), "{text}");
            for word in ["Service", "kubectl", "svc", "CoreDNS", "NAMESPACE", "namespace"] {
                assert!(!text.contains(word), "{name} {word}: {text}");
            }
        }
    }
    // In a cluster, and for a name that is one of a cluster's, Services are what it is about.
    let text = at(&fault, "db.shop:5432", &listed(&[SHOP, "svc.cluster.local"], "db.shop"));
    assert!(text.contains("There is no Service db in the namespace shop"), "{text}");
    let text = at(&fault, "db.shop.svc.cluster.local:5432", &listed(&[], "db.shop.svc.cluster.local"));
    assert!(text.contains("Service"), "{text}");
}
