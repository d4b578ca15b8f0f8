//! Hints for what poolers, proxies and providers say; see `sqlstate::wordings`.

use crate::check::postgres::sqlstate::code;

/// The hint of a code that says all by itself, whatever the cause.
pub(super) fn hint(about: &str) -> Option<&'static str> {
    Some(match about {
        code::NO_BACKEND => {
            "The pooler cannot connect to the database: it is down, it rejects the pooler's login, or the pool is \
             used up. Read the pooler's log (SHOW POOLS, SHOW pool_nodes)."
        }
        code::DRAINING => {
            "This node of CockroachDB is draining. Connect to a Service or load balancer that asks /health?ready=1, which \
             leaves such nodes out."
        }
        code::CLUSTER_SILENT => {
            "This node gets no answer from the rest of its YugabyteDB cluster. Check the masters and tablet servers: \
             yb-admin list_all_masters, list_all_tablet_servers."
        }
        code::PROXY_BACKEND => {
            "The proxy got no connection to the database: all of its pool are in use, or the database is down or rejects \
             it. Check the database in the provider's console, then lower the pools of the proxy's clients."
        }
        code::POOLER_FULL => {
            "The pooler is full and did not ask the database. SHOW CLIENTS in its console shows who uses it; lower \
             their pools, or raise the limit that the message names."
        }
        code::PROXY_FULL => {
            "The provider's pooler accepts no more clients and did not ask the database. Lower the pools of its clients \
             (serverless functions need one connection each), use transaction mode, or raise its limit."
        }
        code::RATE => {
            "The provider limits new connections for now. Keep connections in a pool instead of opening one for each \
             request, and retry more slowly."
        }
        code::PROXY_SECRET => {
            "RDS Proxy has no Secrets Manager secret for this role. Add one to the authentication of the proxy, or use a \
             role that has one."
        }
        code::PROXY_PASSWORD => {
            "RDS Proxy rejected the password before it asked the database. Compare the Secret of this pod with the \
             proxy's secret in Secrets Manager; a rotation changes only the latter."
        }
        code::PROXY_METHOD => {
            "RDS Proxy requires another login method. Compare its client authentication type and IAM setting with what \
             this client sends, and change one of them."
        }
        code::PROXY_PARAMETER => {
            "The proxy rejects a startup parameter. Remove it (`options`, for example) from the URL."
        }
        code::TOKEN => {
            "The server rejected the IAM or Entra token, which is sent as the password and is valid for 15 to 60 minutes. \
             Create a new one for each login, for exactly this user, with an identity that may log in."
        }
        code::USER_AT_SERVER => {
            "This server expects the user as USER@SERVER. Write it so, with %40 for the `@` in a URL."
        }
        code::QUOTA => {
            "The provider suspended the database because a quota of the plan is used up. Raise the plan or the quota in \
             the provider's console, or wait for the next billing period."
        }
        code::BLOCKED => {
            "The proxy blocks logins for a while after too many failed ones. Correct the password in every client that \
             logs in as this user, then wait."
        }
        code::ENDPOINT => {
            "The proxy finds the endpoint by the TLS name (SNI). Connect with TLS to its full host name, or add \
             options=endpoint%3DID to the URL."
        }
        code::NO_ENDPOINT => {
            "The proxy knows no such endpoint: it was deleted, or the host name is wrong. Copy the host from the \
             provider's console."
        }
        code::ENDPOINT_DISABLED => {
            "The endpoint is disabled: no connection starts its compute. Enable it in the provider's console or API."
        }
        code::COMPUTE => {
            "The compute of this database is suspended and did not start in time. Retry after a few seconds; if it stays \
             so, see the provider's console and status page."
        }
        code::CLUSTER => {
            "The gateway does not find the cluster. Copy host and database from the provider's console, or add \
             options=--cluster%3DNAME to the URL."
        }
        code::TENANT => {
            "The pooler does not know this user. Supabase expects USER.PROJECT as the user name, at the host that its \
             Connect page shows."
        }
        code::ADDRESS => {
            "The provider accepts only listed addresses. Add the cluster's egress address (NAT gateway) to its list."
        }
        code::NO_ROUTE => {
            "The pooler has no pool for this database and user. Add one to its configuration, or correct the names in the \
             URL."
        }
        code::ADMIN_CONSOLE => {
            "The login works, but this database is PgBouncer's admin console, which runs no SQL. Set `query: SHOW VERSION`, \
             or name a database that PgBouncer serves."
        }
        code::HBA_SETTING => {
            "No line of CockroachDB's setting for logins accepts this user and address, whatever the password. Add one to \
             server.host_based_authentication.configuration, or an allowed address in the console of the provider."
        }
        code::POOLER_CONFIG => {
            "PgBouncer's settings for logins contradict each other (auth_type, auth_dbname, auth_user). Its log names the \
             setting: correct it in pgbouncer.ini, then RELOAD."
        }
        code::POOLER_MEMORY => {
            "PgBouncer is out of memory. Raise the memory limit of its container, or lower max_client_conn and the pools."
        }
        code::POOLER_TIMEOUT => {
            "A time limit of PgBouncer ended the session (query_timeout, client_idle_timeout). Use a cheaper query, or \
             raise the limit in pgbouncer.ini."
        }
        code::POOLER_DISABLED => {
            "An administrator disabled this database in PgBouncer. Run ENABLE with its name in the pooler's console."
        }
        code::POOLER_USER => {
            "The pooler rejected this user before it reached PostgreSQL. Check its userlist.txt, auth_query or \
             pool_passwd, and its own hba file."
        }
        code::POOLER_PARAMETER => {
            "The pooler rejects a startup parameter. Add it to ignore_startup_parameters in pgbouncer.ini, or remove \
             it from the URL."
        }
        code::UPSTREAM_LOGIN => {
            "PostgreSQL rejected the pooler's own login. Compare the password in the pooler's userlist.txt, \
             [databases] or pool_passwd with the role's (ALTER ROLE … PASSWORD)."
        }
        _ => return None,
    })
}
