//! The explanations: what servers, proxies and frameworks write, as their source or their documentation has it. The first
//! row that holds is taken, so that what names its reason comes before what names only its sender.

use Mark::{Empty, Header, Json, Says};

/// What an answer must have for a row to be its explanation.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mark {
    /// The body contains this text, in whatever case; white space counts as one space.
    Says(&'static str),
    /// The body is JSON and contains this, written without white space and in lower case.
    Json(&'static str),
    /// There is no body.
    Empty,
    /// This header contains this text, in whatever case.
    Header(&'static str, &'static str),
}

/// A row: an explanation.
pub(super) struct Row {
    /// What it is about, in a word.
    pub(super) code: &'static str,
    /// Who answers so, where that is one product.
    pub(super) product: Option<&'static str>,
    /// Under which statuses; empty under any.
    pub(super) statuses: &'static [u16],
    /// Any of these groups, of which every mark must hold.
    pub(super) any: &'static [&'static [Mark]],
    /// What to do.
    pub(super) hint: &'static str,
}

/// The server asks for a bearer token.
pub(super) const BEARER: &str = "bearer_wanted";
/// The server asks for user and password.
pub(super) const BASIC: &str = "basic_wanted";
/// A request for the options of a resource that is no preflight.
pub(super) const PLAIN_OPTIONS: &str = "plain_options";
/// A preflight.
pub(super) const PREFLIGHT: &str = "preflight_refused";

pub(super) const PLAIN_OPTIONS_HINT: &str = "The server does not serve a plain OPTIONS request: CORS middleware answers only preflights. Set `headers` with \
     Origin and Access-Control-Request-Method to send a preflight, or use GET.";
pub(super) const PREFLIGHT_HINT: &str = "The server refuses this preflight: its origin, method or headers are not allowed, or no CORS middleware is \
     active on this path. Compare them with the CORS settings of the app.";

const HOST_HINT: &str = "The app rejects the Host that was sent. Add it to the hosts that the app allows (ALLOWED_HOSTS, \
     TrustedHostMiddleware, config.hosts, allowedHosts), or set `headers: {Host: …}` to one of them.";
const ORIGIN_HINT: &str = "The app rejects the Origin of the request. Set `headers: {Origin: …}` to the public URL of the \
     app, or add this origin to the ones that it trusts (trustedOrigins, ALLOWED_ORIGINS, its base URL).";
const UPSTREAM_HINT: &str = "The proxy has no healthy backend for this request. Check that the Service behind it has \
     ready pods: kubectl get endpointslices.";
const UNREACHED_HINT: &str = "The proxy did not reach the app: it does not listen on the port that the proxy uses, it \
     crashed, or only one side speaks TLS (mTLS). Check the pods of the Service, its targetPort and their log.";
const SLOW_HINT: &str = "The proxy reached the app, which did not answer in time. Read the app's log at this time, or \
     raise the timeout of the proxy if the app is only slow.";

pub(super) const ROWS: &[Row] = &[
    // HashiCorp Vault and OpenBao, api-docs/system/health: "429 if unsealed and standby, 472 if disaster recovery
    // secondary, 473 if performance standby, 474 if standby node but cannot connect to the active node, 501 if not
    // initialized, 503 if sealed". A body comes with each, and none with HEAD.
    Row {
        code: "vault_dr_secondary",
        product: Some("Vault"),
        statuses: &[472],
        any: &[&[Json("\"standby\":")], &[Json("\"replication_dr_mode\":\"secondary\"")]],
        hint: "This Vault cluster is a disaster-recovery secondary, which serves no clients until it is promoted. Probe \
               the primary cluster, or add 472 to `status`.",
    },
    Row {
        code: "vault_standby",
        product: Some("Vault"),
        statuses: &[429, 473],
        any: &[&[Json("\"standby\":true")], &[Json("\"performance_standby\":true")]],
        hint: "This Vault node is a healthy standby, and this is its status for that. Ask \
               /v1/sys/health?standbyok=true&perfstandbyok=true, or add the status to `status`.",
    },
    Row {
        code: "vault_uninitialized",
        product: Some("Vault"),
        statuses: &[501, 503],
        any: &[&[Json("\"initialized\":false"), Json("\"sealed\":")], &[Json("{\"initialized\":false}")]],
        hint: "This Vault is not initialized: it has no keys and no data yet. Run: vault operator init, or restore its \
               storage.",
    },
    Row {
        code: "vault_sealed",
        product: Some("Vault"),
        statuses: &[500, 503],
        any: &[&[Json("\"sealed\":true")], &[Says("vault is sealed")]],
        hint: "Vault is sealed and serves nothing until it is unsealed. Run: vault operator unseal; with auto-unseal, \
               check in its log why the key service is not reached.",
    },
    // etcd, server/etcdserver/api/etcdhttp/health.go: {"health":"false","reason":"RAFT NO LEADER"} with 503.
    Row {
        code: "etcd_unhealthy",
        product: Some("etcd"),
        statuses: &[503],
        any: &[&[Json("\"health\":\"false\"")]],
        hint: "etcd reports that it is not healthy: the `reason` in its answer names an alarm, or that there is no \
               leader. Run: etcdctl endpoint status --cluster and etcdctl alarm list.",
    },
    // What an app says about Host.
    // Django: "Invalid HTTP_HOST header" (DisallowedHost), and with DEBUG off the page <h1>Bad Request (400)</h1>, which it
    // gives for little else. Starlette: "Invalid host header". Rails: "Blocked hosts: …". Vite: "Blocked request. This host
    // (…) is not allowed". MCP SDK and webpack-dev-server: "Invalid Host header".
    Row {
        code: "host_rejected",
        product: None,
        statuses: &[400, 403, 404, 421],
        any: &[
            &[Says("invalid host")],
            &[Says("invalid http_host")],
            &[Says("disallowedhost")],
            &[Says("blocked host")],
            &[Says("host not allowed")],
            &[Says("host is not allowed")],
            &[Says("blocked request. this host")],
            &[Says("untrusted host")],
            &[Says("<h1>bad request (400)</h1>")],
        ],
        hint: HOST_HINT,
    },
    // What an app says about Origin. Better Auth: {"message":"Invalid origin","code":"INVALID_ORIGIN"}, and
    // MISSING_OR_NULL_ORIGIN. MCP SDK: "Invalid Origin header". Starlette: "Disallowed CORS origin".
    Row {
        code: "origin_missing",
        product: None,
        statuses: &[400, 401, 403],
        any: &[&[Says("missing_or_null_origin")], &[Says("missing or null origin")], &[Says("null_or_missing_origin")]],
        hint: "The app wants an Origin header, which a probe does not send by itself. Set `headers: {Origin: …}` to the \
               public URL of the app.",
    },
    Row {
        code: "origin_rejected",
        product: None,
        statuses: &[400, 401, 403],
        any: &[
            &[Says("invalid_origin")],
            &[Says("invalid origin")],
            &[Says("origin not allowed")],
            &[Says("origin is not allowed")],
            &[Says("origin_not_allowed")],
            &[Says("disallowed cors origin")],
            &[Says("untrusted origin")],
            &[Says("untrusted_origin")],
            &[Says("not allowed by cors")],
        ],
        hint: ORIGIN_HINT,
    },
    Row {
        code: PREFLIGHT,
        product: None,
        statuses: &[400, 403],
        any: &[&[Says("disallowed cors method")], &[Says("disallowed cors headers")], &[Says("invalid cors request")]],
        hint: PREFLIGHT_HINT,
    },
    // Django: "CSRF verification failed. Request aborted." Spring: "Invalid CSRF token". Rails:
    // "InvalidAuthenticityToken". Laravel: 419 "Page Expired".
    Row {
        code: "csrf_wanted",
        product: None,
        statuses: &[400, 401, 403, 419, 422],
        any: &[
            &[Says("csrf")],
            &[Says("xsrf")],
            &[Says("authenticity token")],
            &[Says("invalidauthenticitytoken")],
            &[Says("page expired")],
        ],
        hint: "The app wants a CSRF token for this method, which only its own pages have. Use GET on a path that changes \
               nothing, or exempt this path from CSRF protection.",
    },
    // The Kubernetes API: {"kind":"Status",…,"message":"forbidden: User \"system:anonymous\" cannot get path …"}.
    Row {
        code: "kubernetes_anonymous",
        product: Some("the Kubernetes API"),
        statuses: &[401, 403],
        any: &[
            &[Json("\"kind\":\"status\""), Says("system:anonymous")],
            &[Json("\"kind\":\"status\""), Json("\"reason\":\"unauthorized\"")],
        ],
        hint: "The Kubernetes API does not know who asks. Set `bearer_token: {file: \
               /var/run/secrets/kubernetes.io/serviceaccount/token}`, and allow the path with RBAC.",
    },
    Row {
        code: "kubernetes_forbidden",
        product: Some("the Kubernetes API"),
        statuses: &[403],
        any: &[&[Json("\"kind\":\"status\""), Json("\"reason\":\"forbidden\"")]],
        hint: "The Kubernetes API knows this account and forbids the request. Grant it with a Role or a ClusterRole; \
               kubectl auth can-i --as shows what is allowed.",
    },
    // Envoy's RBAC filter, as Istio's AuthorizationPolicy uses it: "RBAC: access denied".
    Row {
        code: "mesh_denied",
        product: Some("Envoy"),
        statuses: &[403],
        any: &[&[Says("rbac: access denied")]],
        hint: "The mesh denies the request: an AuthorizationPolicy does not allow this caller. Add the service account \
               of this pod to it; without a sidecar this pod has no identity to allow.",
    },
    Row {
        code: "mesh_denied_linkerd",
        product: Some("Linkerd"),
        statuses: &[403],
        any: &[&[Header("l5d-proxy-error", "")]],
        hint: "Linkerd denies the request: no policy authorizes this client. Add it to the AuthorizationPolicy of the \
               server.",
    },
    // Cloudflare marks its challenge pages: cf-mitigated: challenge.
    Row {
        code: "cloudflare_challenge",
        product: Some("Cloudflare"),
        statuses: &[403, 429, 503],
        any: &[
            &[Header("cf-mitigated", "challenge")],
            &[Says("<title>just a moment...</title>")],
            &[Says("attention required! | cloudflare")],
        ],
        hint: "Cloudflare asks for proof that a person is there, or blocks this address. Probe the app behind it (its \
               Service), or exempt this path and address with a WAF rule.",
    },
    // 1033: "Argo Tunnel error", the tunnel has no connection. 1016: "Origin DNS error".
    Row {
        code: "cloudflare_tunnel",
        product: Some("Cloudflare"),
        statuses: &[530],
        any: &[&[Says("error code: 1033")], &[Says("error 1033")], &[Says("tunnel error")]],
        hint: "The Cloudflare tunnel of this name is not connected. Check that cloudflared runs, and read its log.",
    },
    // HAProxy, src/http.c: the messages of its own errors.
    Row {
        code: "no_backend",
        product: Some("HAProxy"),
        statuses: &[503],
        any: &[&[Says("no server is available to handle this request")]],
        hint: "HAProxy has no backend that is up for this request. Check that its servers listen and pass its health \
               checks: in Kubernetes, kubectl get endpointslices.",
    },
    Row {
        code: "haproxy_denied",
        product: Some("HAProxy"),
        statuses: &[403],
        any: &[&[Says("request forbidden by administrative rules")]],
        hint: "A rule of HAProxy (http-request deny, an allow-list) blocks this request. Allow the address of this pod or \
               the path there.",
    },
    Row {
        code: "bad_upstream_answer",
        product: Some("HAProxy"),
        statuses: &[502],
        any: &[&[Says("the server returned an invalid or incomplete response")]],
        hint: UNREACHED_HINT,
    },
    Row {
        code: "slow_upstream",
        product: Some("HAProxy"),
        statuses: &[504],
        any: &[&[Says("the server didn't respond in time")]],
        hint: SLOW_HINT,
    },
    // Envoy, source/common/router/router.cc and upstream/…: the bodies of its local replies.
    Row {
        code: "no_healthy_upstream",
        product: Some("Envoy"),
        statuses: &[503],
        any: &[&[Says("no healthy upstream")]],
        hint: "Envoy (a mesh or a gateway) knows no healthy endpoint for this request. Check that the Service behind it \
               has ready pods (kubectl get endpointslices), and its outlier detection.",
    },
    Row {
        code: "upstream_unreached",
        product: Some("Envoy"),
        statuses: &[502, 503, 504],
        any: &[&[Says("upstream connect error or disconnect/reset before headers")]],
        hint: "Envoy (a mesh or a gateway) did not reach the app: it does not listen on its targetPort, it crashed, or \
               mTLS differs (PeerAuthentication, DestinationRule). Check the pods of the Service and their log.",
    },
    Row {
        code: "slow_upstream_envoy",
        product: Some("Envoy"),
        statuses: &[504],
        any: &[&[Says("upstream request timeout")]],
        hint: SLOW_HINT,
    },
    Row {
        code: "no_route",
        product: Some("Envoy"),
        statuses: &[404],
        any: &[&[Header("server", "envoy"), Empty]],
        hint: "Envoy (a mesh or a gateway) has no route for this Host and path. Compare them with its VirtualService, \
               HTTPRoute or Ingress, or use the Service of the app.",
    },
    // Traefik: 503 "no available server" where a service has no server.
    Row {
        code: "no_backend_traefik",
        product: Some("Traefik"),
        statuses: &[503],
        any: &[&[Says("no available server")]],
        hint: UPSTREAM_HINT,
    },
    // Kong.
    Row {
        code: "no_backend_kong",
        product: Some("Kong"),
        statuses: &[503],
        any: &[&[Says("failure to get a peer from the ring-balancer")], &[Says("no healthy upstreams")]],
        hint: UPSTREAM_HINT,
    },
    Row {
        code: "no_route_kong",
        product: Some("Kong"),
        statuses: &[404],
        any: &[&[Says("no route matched with those values")]],
        hint: "Kong has no route for this Host and path. Compare them with its routes, or use the Service of the app.",
    },
    Row {
        code: "upstream_unreached_kong",
        product: Some("Kong"),
        statuses: &[502],
        any: &[&[Says("invalid response was received from the upstream server")]],
        hint: UNREACHED_HINT,
    },
    // The proxy of the Kubernetes API: "no endpoints available for service \"x\"".
    Row {
        code: "no_endpoints",
        product: Some("the Kubernetes API"),
        statuses: &[503],
        any: &[&[Says("no endpoints available for service")]],
        hint: UPSTREAM_HINT,
    },
    // ingress-nginx and GKE: nothing of their rules fits.
    Row {
        code: "default_backend",
        product: Some("the ingress controller"),
        statuses: &[404],
        any: &[&[Says("default backend - 404")], &[Says("response 404 (backend notfound)")]],
        hint: "No rule of the ingress fits this Host and path, so that its default backend answers. Compare them with \
               kubectl get ingress, or use the Service of the app.",
    },
    // nginx: <center>nginx/1.22.1</center> at the end of its own pages.
    Row {
        code: "no_backend_nginx",
        product: Some("nginx"),
        statuses: &[503],
        any: &[&[Says("<center>nginx")]],
        hint: "nginx itself answers: the Service behind it has no ready pod (as an ingress), or a limit of nginx is \
               reached (limit_req, limit_conn). Check kubectl get endpointslices, and its error log.",
    },
    Row {
        code: "upstream_unreached_nginx",
        product: Some("nginx"),
        statuses: &[502],
        any: &[&[Says("<center>nginx")]],
        hint: "A proxy answered (nginx): it got no valid answer from the app, which does not listen on the port of \
               `proxy_pass` (or the targetPort), crashed, or speaks TLS there. The error log of nginx names which.",
    },
    Row {
        code: "slow_upstream_nginx",
        product: Some("nginx"),
        statuses: &[504],
        any: &[&[Says("<center>nginx")]],
        hint: "nginx waited for the app in vain (proxy_read_timeout, proxy_connect_timeout). Read the app's log at this \
               time; if packets to it vanish, check its address and NetworkPolicies.",
    },
    Row {
        code: "nginx_denied",
        product: Some("nginx"),
        statuses: &[403],
        any: &[&[Says("<center>nginx")]],
        hint: "nginx forbids the request: an allow or deny rule, or a file or folder that it cannot read (no index). Its \
               error log names which.",
    },
    // Linkerd names its reason in a header.
    Row {
        code: "upstream_unreached_linkerd",
        product: Some("Linkerd"),
        statuses: &[502, 503, 504],
        any: &[&[Header("l5d-proxy-error", "")]],
        hint: "Linkerd did not reach the app; the header l5d-proxy-error names why. Check the pods of the Service \
               (kubectl get endpointslices) and their log.",
    },
    // AWS load balancers: server: awselb/2.0.
    Row {
        code: "no_backend_aws",
        product: Some("the AWS load balancer"),
        statuses: &[502, 503, 504],
        any: &[&[Header("server", "awselb")]],
        hint: "The AWS load balancer answers itself: its target group has no target that it reaches in time. Check the \
               health of the targets, their security group, and that the pods are ready.",
    },
    // A page on which people log in.
    Row {
        code: "login_form",
        product: None,
        statuses: &[401, 403],
        any: &[
            &[Says("<form"), Says("type=\"password\"")],
            &[Says("<form"), Says("type='password'")],
            &[Says("<form"), Says("type=password")],
            &[Says("<html"), Says(">sign in")],
            &[Says("<html"), Says(">log in")],
        ],
        hint: "A page on which people log in answers: an app or a login proxy (oauth2-proxy, Authelia) guards this path. \
               Probe a path that needs no login (/health), or exempt this one there.",
    },
    // RFC 9110, 11.6.1: the challenge names the scheme.
    Row {
        code: BEARER,
        product: None,
        statuses: &[401, 403],
        any: &[&[Header("www-authenticate", "bearer")]],
        hint: "The server requires a bearer token. Set `bearer_token`, or use a path that needs none (/health).",
    },
    Row {
        code: BASIC,
        product: None,
        statuses: &[401],
        any: &[&[Header("www-authenticate", "basic")]],
        hint: "The server requires a user and a password. Set `basic_auth`, or use a path that needs none (/health).",
    },
    Row {
        code: "other_scheme_wanted",
        product: None,
        statuses: &[401],
        any: &[
            &[Header("www-authenticate", "negotiate")],
            &[Header("www-authenticate", "ntlm")],
            &[Header("www-authenticate", "digest")],
        ],
        hint: "The server requires a login that pilotfish does not speak (Negotiate, NTLM or Digest). Use a path that \
               needs none (/health), or add 401 to `status` if it is enough that the server answers.",
    },
];
