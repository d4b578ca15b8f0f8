//! Names that clouds and databases as a service give out: what their shape tells of how they resolve.

/// A name that only a private DNS zone resolves.
pub(super) struct PrivateZone<'a> {
    /// The zone, as far as the name tells it.
    pub(super) zone: &'a str,
    /// What the provider calls the network that the zone is linked to.
    pub(super) network: &'static str,
}

/// The private zone that a name of a private endpoint is in: `db.privatelink.postgres.database.azure.com`,
/// `vpce-0a1b-c2d3.vpce-svc-4e5f.eu-west-1.vpce.amazonaws.com`, `account.privatelink.snowflakecomputing.com`.
pub(super) fn private_zone(name: &str) -> Option<PrivateZone<'_>> {
    let name = name.trim_end_matches('.');
    let under = |domain: &str| name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    let of_azure = AZURE.iter().any(|domain| under(domain));
    // A server that was made within a VNet is in a zone of the same kind: mydb.private.postgres.database.azure.com.
    let marks = |label: &str| matches!(label, "privatelink" | "vpce" | "psc") || (of_azure && label == "private");
    let mut at = 0;
    let mut first = None;
    for label in name.split('.') {
        // The first label is the resource.
        if at > 0 && marks(label) {
            first = first.or(Some(at));
        }
        at += label.len() + 1;
    }
    let zone = match first {
        Some(at) => name.get(at..)?,
        None if under("sql.goog") => "sql.goog",
        None => return None,
    };
    let network = if of_azure {
        "VNet"
    } else if under("amazonaws.com") || zone == "sql.goog" || zone.starts_with("psc.") {
        "VPC"
    } else {
        "VNet or VPC"
    };
    Some(PrivateZone { zone, network })
}

/// What names of Azure's services end in.
const AZURE: &[&str] = &[
    "azure.com",
    "azure.net",
    "windows.net",
    "azurecr.io",
    "azmk8s.io",
    "azurewebsites.net",
    "azuredatabricks.net",
    "azure-api.net",
    "azure-devices.net",
    "azuresynapse.net",
    "azconfig.io",
];

/// How a host whose provider gives it IPv6 addresses alone is reached over IPv4.
pub(super) fn way_over_ipv4(name: &str) -> Option<&'static str> {
    let name = name.trim_end_matches('.');
    let direct = name.strip_suffix(".supabase.co").and_then(|rest| rest.strip_prefix("db."));
    direct.filter(|reference| !reference.contains('.')).map(|_| {
        "the Supabase pooler (aws-0-REGION.pooler.supabase.com, user postgres.PROJECT) or the IPv4 add-on of the project"
    })
}

#[cfg(test)]
mod tests {
    use super::{private_zone, way_over_ipv4};

    #[test]
    fn names_of_private_endpoints() {
        for (name, expected) in [
            ("shop.privatelink.postgres.database.azure.com", Some(("privatelink.postgres.database.azure.com", "VNet"))),
            ("shop.private.postgres.database.azure.com", Some(("private.postgres.database.azure.com", "VNet"))),
            ("shop.privatelink.redis.cache.windows.net.", Some(("privatelink.redis.cache.windows.net", "VNet"))),
            ("shop.privatelink.vaultcore.azure.net", Some(("privatelink.vaultcore.azure.net", "VNet"))),
            ("vpce-0a1b.vpce-svc-4e5f.eu-west-1.vpce.amazonaws.com", Some(("vpce.amazonaws.com", "VPC"))),
            ("shop.privatelink.snowflakecomputing.com", Some(("privatelink.snowflakecomputing.com", "VNet or VPC"))),
            ("x.psc.europe-west3.gcp.cloud.es.io", Some(("psc.europe-west3.gcp.cloud.es.io", "VPC"))),
            ("0123.abcd.europe-west3.sql.goog", Some(("sql.goog", "VPC"))),
            ("shop.postgres.database.azure.com", None),
            ("private.example.com", None),
            ("db.private.example.com", None),
            ("privatelink", None),
            ("db.cluster-x.eu-west-1.rds.amazonaws.com", None),
        ] {
            assert_eq!(private_zone(name).map(|zone| (zone.zone, zone.network)), expected, "{name}");
        }
    }

    #[test]
    fn hosts_of_ipv6_alone() {
        assert!(way_over_ipv4("db.abcdefghijklmnopqrst.supabase.co").is_some());
        for name in
            ["abcdefghijklmnopqrst.supabase.co", "db.supabase.co.example.com", "aws-0-eu-central-1.pooler.supabase.com"]
        {
            assert_eq!(way_over_ipv4(name), None, "{name}");
        }
    }
}
