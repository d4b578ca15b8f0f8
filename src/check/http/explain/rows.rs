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
    /// What was observed, for the one line that people see first: what `hint` refers to.
    pub(super) states: &'static str,
    /// Under which statuses; empty under any.
    pub(super) statuses: &'static [u16],
    /// Any of these groups, of which every mark must hold.
    pub(super) any: &'static [&'static [Mark]],
    /// What to do.
    pub(super) hint: &'static str,
}

/// The server asks for a bearer token.
pub(super) const BEARER: &str = "bearer_wanted";
/// The token that was sent is expired.
pub(super) const TOKEN_EXPIRED: &str = "token_expired";
/// The token that was sent is rejected.
pub(super) const TOKEN_REJECTED: &str = "token_rejected";
/// The login that was sent is rejected.
pub(super) const LOGIN: &str = "login_rejected";
/// The server asks for user and password.
pub(super) const BASIC: &str = "basic_wanted";
/// A health document that reports something as down.
pub(crate) const HEALTH_DOCUMENT: &str = "health_document";
/// A request for the options of a resource that is no preflight.
pub(super) const PLAIN_OPTIONS: &str = "plain_options";
/// The app does not accept the origin.
pub(super) const ORIGIN: &str = "origin_rejected";
/// A preflight.
pub(super) const PREFLIGHT: &str = "preflight_refused";

pub(super) const PLAIN_OPTIONS_HINT: &str = "The server does not serve a plain OPTIONS request: CORS middleware answers only preflights. Set `headers` with \
     Origin and Access-Control-Request-Method to send a preflight, or use GET.";
pub(super) const PREFLIGHT_HINT: &str = "The server refuses this preflight: its origin, method or headers are not allowed, or no CORS middleware is \
     active on this path. Compare them with the CORS settings of the app.";

const HOST_STATES: &str = "the app rejects this Host";
const HOST_HINT: &str = "The app rejects the Host that was sent. Add this Host to those that the app allows (ALLOWED_HOSTS, \
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
        states: "a Vault DR secondary",
        statuses: &[472],
        any: &[&[Json("\"standby\":")], &[Json("\"replication_dr_mode\":\"secondary\"")]],
        hint: "This Vault cluster is a disaster-recovery secondary, which serves no clients until it is promoted. Probe \
               the primary cluster, or add 472 to `status`.",
    },
    Row {
        code: "vault_standby",
        product: Some("Vault"),
        states: "a Vault standby",
        statuses: &[429, 473],
        any: &[&[Json("\"standby\":true")], &[Json("\"performance_standby\":true")]],
        hint: "This Vault node is a healthy standby, and this is its status for that. Ask \
               /v1/sys/health?standbyok=true&perfstandbyok=true, or add the status to `status`.",
    },
    Row {
        code: "vault_uninitialized",
        product: Some("Vault"),
        states: "Vault is not initialized",
        statuses: &[501, 503],
        any: &[&[Json("\"initialized\":false"), Json("\"sealed\":")], &[Json("{\"initialized\":false}")]],
        hint: "This Vault is not initialized: it has no keys and no data yet. Run: vault operator init, or restore its \
               storage.",
    },
    Row {
        code: "vault_sealed",
        product: Some("Vault"),
        states: "Vault is sealed",
        statuses: &[500, 503],
        any: &[&[Json("\"sealed\":true")], &[Says("vault is sealed")]],
        hint: "Vault is sealed and serves nothing until it is unsealed. Run: vault operator unseal; with auto-unseal, \
               check in its log why the key service is not reached.",
    },
    // etcd, server/etcdserver/api/etcdhttp/health.go: {"health":"false","reason":"RAFT NO LEADER"} with 503.
    Row {
        code: "etcd_unhealthy",
        product: Some("etcd"),
        states: "etcd is not healthy",
        statuses: &[503],
        any: &[&[Json("\"health\":\"false\"")]],
        hint: "etcd reports that it is not healthy: the `reason` in its answer names an alarm, or that there is no \
               leader. Run: etcdctl endpoint status --cluster and etcdctl alarm list.",
    },
    // What an app says about Host. Each framework has a list of its own.
    // Django, django/http/request.py and views/defaults.py: "Invalid HTTP_HOST header" (DisallowedHost), and with DEBUG off the
    // page <h1>Bad Request (400)</h1>, which it gives for little else.
    Row {
        code: "host_django",
        product: Some("Django"),
        states: HOST_STATES,
        statuses: &[400],
        any: &[&[Says("invalid http_host")], &[Says("disallowedhost")], &[Says("<h1>bad request (400)</h1>")]],
        hint: "Add the host of this URL to ALLOWED_HOSTS in the Django settings, or set `headers: {Host: …}` to \
               one that it allows.",
    },
    // MCP SDKs: python-sdk transport_security.py answers 421 "Invalid Host header", typescript-sdk hostHeaderValidation.ts a
    // JSON-RPC error "Invalid Host: NAME", both to protect servers on a laptop.
    Row {
        code: "host_mcp",
        product: Some("the MCP SDK"),
        states: HOST_STATES,
        statuses: &[421, 403],
        any: &[&[Json("\"jsonrpc\":"), Says("invalid host")]],
        hint: "Add the host of this URL to `allowedHosts` of the MCP server (createMcpExpressApp), or set \
               `headers: {Host: …}` to one that it allows.",
    },
    Row {
        code: "host_mcp_python",
        product: Some("the MCP SDK"),
        states: HOST_STATES,
        statuses: &[421],
        any: &[&[Says("invalid host header")]],
        hint: "Add the host and port of this URL to allowed_hosts of TransportSecuritySettings (\"HOST:*\" for any port), or \
               pass host=\"0.0.0.0\" to the MCP server. By default it accepts only localhost.",
    },
    // Starlette and FastAPI, middleware/trustedhost.py.
    Row {
        code: "host_starlette",
        product: Some("Starlette"),
        states: HOST_STATES,
        statuses: &[400],
        any: &[&[Says("invalid host header")]],
        hint: "Add the host of this URL to allowed_hosts of TrustedHostMiddleware (FastAPI, Starlette), or set \
               `headers: {Host: …}` to one that it allows.",
    },
    // Rails, actionpack host_authorization.rb, with detailed errors.
    Row {
        code: "host_rails",
        product: Some("Rails"),
        states: HOST_STATES,
        statuses: &[403],
        any: &[&[Says("blocked host")]],
        hint: "Add the host of this URL to config.hosts in config/environments of the Rails app, or set `headers: \
               {Host: …}` to one that it allows.",
    },
    // Vite, server/middlewares/hostCheck.ts, and what is built on it (Angular, Astro, SvelteKit).
    Row {
        code: "host_vite",
        product: Some("Vite"),
        states: HOST_STATES,
        statuses: &[403],
        any: &[&[Says("blocked request. this host")]],
        hint: "Add the host of this URL to server.allowedHosts (preview.allowedHosts) in vite.config, or set \
               `headers: {Host: …}` to one that it allows.",
    },
    // webpack-dev-server, lib/Server.js.
    Row {
        code: "host_webpack",
        product: Some("webpack-dev-server"),
        states: HOST_STATES,
        statuses: &[403],
        any: &[&[Says("invalid host header")]],
        hint: "Add the host of this URL to devServer.allowedHosts (webpack) or to the list that the app has, or set \
               `headers: {Host: …}` to one that it allows.",
    },
    // ASP.NET Core, HostFilteringMiddleware.cs; IIS says the same of its bindings.
    Row {
        code: "host_aspnet",
        product: Some("ASP.NET Core"),
        states: HOST_STATES,
        statuses: &[400],
        any: &[&[Says("bad request - invalid hostname")]],
        hint: "Add the host of this URL to AllowedHosts in appsettings.json, or to the bindings of IIS, or set \
               `headers: {Host: …}` to one that it allows.",
    },
    Row {
        code: "host_rejected",
        product: None,
        states: HOST_STATES,
        statuses: &[400, 403, 404, 421],
        any: &[
            &[Says("invalid host")],
            &[Says("host not allowed")],
            &[Says("host is not allowed")],
            &[Says("untrusted host")],
            &[Says("forbidden host")],
            &[Says("host is forbidden")],
            &[Says("unrecognized host")],
        ],
        hint: HOST_HINT,
    },
    // What an app says about Origin. Better Auth: {"message":"Invalid origin","code":"INVALID_ORIGIN"}, and
    // MISSING_OR_NULL_ORIGIN. MCP SDK: "Invalid Origin header". Starlette: "Disallowed CORS origin".
    Row {
        code: "origin_missing",
        product: None,
        states: "the app wants an Origin",
        statuses: &[400, 401, 403],
        any: &[&[Says("missing_or_null_origin")], &[Says("missing or null origin")], &[Says("null_or_missing_origin")]],
        hint: "The app wants an Origin header, which a probe does not send by itself. Set `headers: {Origin: …}` to the \
               public URL of the app.",
    },
    Row {
        code: ORIGIN,
        product: None,
        states: "the app rejects this Origin",
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
        states: "the preflight is refused",
        statuses: &[400, 403],
        any: &[&[Says("disallowed cors method")], &[Says("disallowed cors headers")], &[Says("invalid cors request")]],
        hint: PREFLIGHT_HINT,
    },
    // Django: "CSRF verification failed. Request aborted." Spring: "Invalid CSRF token". Rails:
    // "InvalidAuthenticityToken". Laravel: 419 "Page Expired".
    Row {
        code: "csrf_wanted",
        product: None,
        states: "a CSRF token is required",
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
        states: "no login was sent",
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
        states: "RBAC forbids it",
        statuses: &[403],
        any: &[&[Json("\"kind\":\"status\""), Json("\"reason\":\"forbidden\"")]],
        hint: "The Kubernetes API knows this account and forbids the request. Grant it with a Role or a ClusterRole; \
               kubectl auth can-i --as shows what is allowed.",
    },
    // Envoy's RBAC filter, as Istio's AuthorizationPolicy uses it: "RBAC: access denied".
    Row {
        code: "mesh_denied",
        product: Some("Envoy"),
        states: "the mesh denies this pod",
        statuses: &[403],
        any: &[&[Says("rbac: access denied")]],
        hint: "The mesh denies the request: an AuthorizationPolicy does not allow this caller. Add the service account \
               of this pod to it; without a sidecar this pod has no identity to allow.",
    },
    Row {
        code: "mesh_denied_linkerd",
        product: Some("Linkerd"),
        states: "Linkerd denies this pod",
        statuses: &[403],
        any: &[&[Header("l5d-proxy-error", "")]],
        hint: "Linkerd denies the request: no policy authorizes this client. Add it to the AuthorizationPolicy of the \
               server.",
    },
    // Cloudflare marks its challenge pages: cf-mitigated: challenge.
    Row {
        code: "cloudflare_challenge",
        product: Some("Cloudflare"),
        states: "Cloudflare blocks this client",
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
        states: "the Cloudflare tunnel is not connected",
        statuses: &[530],
        any: &[&[Says("error code: 1033")], &[Says("error 1033")], &[Says("tunnel error")]],
        hint: "The Cloudflare tunnel of this name is not connected. Check that cloudflared runs, and read its log.",
    },
    // HAProxy, src/http.c: the messages of its own errors.
    Row {
        code: "no_backend",
        product: Some("HAProxy"),
        states: "HAProxy has no backend",
        statuses: &[503],
        any: &[&[Says("no server is available to handle this request")]],
        hint: "HAProxy has no backend that is up for this request. Check that its servers listen and pass its health \
               checks: in Kubernetes, kubectl get endpointslices.",
    },
    Row {
        code: "haproxy_denied",
        product: Some("HAProxy"),
        states: "HAProxy blocks the request",
        statuses: &[403],
        any: &[&[Says("request forbidden by administrative rules")]],
        hint: "A rule of HAProxy (http-request deny, an allow-list) blocks this request. Allow the address of this pod or \
               the path there.",
    },
    Row {
        code: "bad_upstream_answer",
        product: Some("HAProxy"),
        states: "HAProxy did not reach the app",
        statuses: &[502],
        any: &[&[Says("the server returned an invalid or incomplete response")]],
        hint: UNREACHED_HINT,
    },
    Row {
        code: "slow_upstream",
        product: Some("HAProxy"),
        states: "the app was too slow for HAProxy",
        statuses: &[504],
        any: &[&[Says("the server didn't respond in time")]],
        hint: SLOW_HINT,
    },
    // Envoy, source/common/router/router.cc and upstream/…: the bodies of its local replies.
    Row {
        code: "no_healthy_upstream",
        product: Some("Envoy"),
        states: "Envoy has no healthy backend",
        statuses: &[503],
        any: &[&[Says("no healthy upstream")]],
        hint: "Envoy (a mesh or a gateway) knows no healthy endpoint for this request. Check that the Service behind it \
               has ready pods (kubectl get endpointslices), and its outlier detection.",
    },
    Row {
        code: "upstream_unreached",
        product: Some("Envoy"),
        states: "Envoy did not reach the app",
        statuses: &[502, 503, 504],
        any: &[&[Says("upstream connect error or disconnect/reset before headers")]],
        hint: "Envoy (a mesh or a gateway) did not reach the app: it does not listen on its targetPort, it crashed, or \
               mTLS differs (PeerAuthentication, DestinationRule). Check the pods of the Service and their log.",
    },
    Row {
        code: "slow_upstream_envoy",
        product: Some("Envoy"),
        states: "the app was too slow for Envoy",
        statuses: &[504],
        any: &[&[Says("upstream request timeout")]],
        hint: SLOW_HINT,
    },
    Row {
        code: "no_route",
        product: Some("Envoy"),
        states: "Envoy has no such route",
        statuses: &[404],
        any: &[&[Header("server", "envoy"), Empty]],
        hint: "Envoy (a mesh or a gateway) has no route for this Host and path. Compare them with its VirtualService, \
               HTTPRoute or Ingress, or use the Service of the app.",
    },
    // Traefik: 503 "no available server" where a service has no server.
    Row {
        code: "no_backend_traefik",
        product: Some("Traefik"),
        states: "Traefik has no backend",
        statuses: &[503],
        any: &[&[Says("no available server")]],
        hint: UPSTREAM_HINT,
    },
    // Kong.
    Row {
        code: "no_backend_kong",
        product: Some("Kong"),
        states: "Kong has no backend",
        statuses: &[503],
        any: &[&[Says("failure to get a peer from the ring-balancer")], &[Says("no healthy upstreams")]],
        hint: UPSTREAM_HINT,
    },
    Row {
        code: "no_route_kong",
        product: Some("Kong"),
        states: "Kong has no such route",
        statuses: &[404],
        any: &[&[Says("no route matched with those values")]],
        hint: "Kong has no route for this Host and path. Compare them with its routes, or use the Service of the app.",
    },
    Row {
        code: "upstream_unreached_kong",
        product: Some("Kong"),
        states: "Kong did not reach the app",
        statuses: &[502],
        any: &[&[Says("invalid response was received from the upstream server")]],
        hint: UNREACHED_HINT,
    },
    // The proxy of the Kubernetes API: "no endpoints available for service \"x\"".
    Row {
        code: "no_endpoints",
        product: Some("the Kubernetes API"),
        states: "the Service has no endpoints",
        statuses: &[503],
        any: &[&[Says("no endpoints available for service")]],
        hint: UPSTREAM_HINT,
    },
    // ingress-nginx and GKE: nothing of their rules fits.
    Row {
        code: "default_backend",
        product: Some("the ingress controller"),
        states: "no ingress rule fits",
        statuses: &[404],
        any: &[&[Says("default backend - 404")], &[Says("response 404 (backend notfound)")]],
        hint: "No rule of the ingress fits this Host and path, so that its default backend answers. Compare them with \
               kubectl get ingress, or use the Service of the app.",
    },
    // nginx: <center>nginx/1.22.1</center> at the end of its own pages.
    Row {
        code: "no_backend_nginx",
        product: Some("nginx"),
        states: "nginx has no backend",
        statuses: &[503],
        any: &[&[Says("<center>nginx")]],
        hint: "nginx itself answers: the Service behind it has no ready pod (as an ingress), or a limit of nginx is \
               reached (limit_req, limit_conn). Check kubectl get endpointslices, and its error log.",
    },
    Row {
        code: "upstream_unreached_nginx",
        product: Some("nginx"),
        states: "nginx did not reach the app",
        statuses: &[502],
        any: &[&[Says("<center>nginx")]],
        hint: "A proxy answered (nginx): it got no valid answer from the app, which does not listen on the port of \
               `proxy_pass` (or the targetPort), crashed, or speaks TLS there. The error log of nginx names which.",
    },
    Row {
        code: "slow_upstream_nginx",
        product: Some("nginx"),
        states: "the app was too slow for nginx",
        statuses: &[504],
        any: &[&[Says("<center>nginx")]],
        hint: "nginx waited for the app in vain (proxy_read_timeout, proxy_connect_timeout). Read the app's log at this \
               time; if packets to it vanish, check its address and NetworkPolicies.",
    },
    Row {
        code: "nginx_denied",
        product: Some("nginx"),
        states: "nginx forbids it",
        statuses: &[403],
        any: &[&[Says("<center>nginx")]],
        hint: "nginx forbids the request: an allow or deny rule, or a file or folder that it cannot read (no index). Its \
               error log names which.",
    },
    // Linkerd names its reason in a header.
    Row {
        code: "upstream_unreached_linkerd",
        product: Some("Linkerd"),
        states: "Linkerd did not reach the app",
        statuses: &[502, 503, 504],
        any: &[&[Header("l5d-proxy-error", "")]],
        hint: "Linkerd did not reach the app; the header l5d-proxy-error names why. Check the pods of the Service \
               (kubectl get endpointslices) and their log.",
    },
    // AWS load balancers: server: awselb/2.0.
    Row {
        code: "no_backend_aws",
        product: Some("the AWS load balancer"),
        states: "the AWS load balancer has no target",
        statuses: &[502, 503, 504],
        any: &[&[Header("server", "awselb")]],
        hint: "The AWS load balancer answers itself: its target group has no target that it reaches in time. Check the \
               health of the targets, their security group, and that the pods are ready.",
    },
    // APIs that name what is missing. AWS API Gateway gives "Missing Authentication Token" for a path or method that it does not
    // have ("API Gateway REST API missing authentication token errors").
    Row {
        code: "aws_no_route",
        product: Some("the AWS API Gateway"),
        states: "the API Gateway has no such route",
        statuses: &[403],
        any: &[&[Says("missing authentication token")]],
        hint: "The AWS API Gateway has no such path or method in this stage, or requires a signed request (IAM). Compare the URL with the stage and its routes.",
    },
    // Kong, key-auth: "No API key found in request". Others: MISSING_API_KEY, "API key required".
    Row {
        code: "api_key_wanted",
        product: None,
        states: "an API key is required",
        statuses: &[400, 401, 403],
        any: &[
            &[Says("no api key")],
            &[Says("missing_api_key")],
            &[Says("missing api key")],
            &[Says("missing x-api-key")],
            &[Says("api key is missing")],
            &[Says("api key missing")],
            &[Says("api key required")],
            &[Says("api key is required")],
            &[Says("api_key_required")],
            &[Says("api_key_missing")],
            &[Says("invalid or missing api key")],
            &[Says("missing or invalid api key")],
        ],
        hint: "The API requires an API key. Set `headers: {X-API-Key: {env: …}}` (the header that its clients send), or use a path that needs none (/health).",
    },
    Row {
        code: "api_key_rejected",
        product: None,
        states: "the API key is rejected",
        statuses: &[400, 401, 403],
        any: &[
            &[Says("invalid api key")],
            &[Says("invalid_api_key")],
            &[Says("incorrect api key")],
            &[Says("api key is invalid")],
            &[Says("api key not valid")],
            &[Says("api_key_invalid")],
            &[Says("unknown api key")],
            &[Says("api key expired")],
            &[Says("invalid authentication credentials")],
        ],
        hint: "The API does not know the API key that was sent. Compare the key in the Secret with the one of the API (revoked, of another environment).",
    },
    // jsonwebtoken: "jwt expired"; Envoy and Istio: "Jwt is expired"; PyJWT: "Signature has expired".
    Row {
        code: TOKEN_EXPIRED,
        product: None,
        states: "the token has expired",
        statuses: &[400, 401, 403],
        any: &[
            &[Says("jwt expired")],
            &[Says("jwt is expired")],
            &[Says("token has expired")],
            &[Says("token expired")],
            &[Says("token is expired")],
            &[Says("expired token")],
            &[Says("token_expired")],
            &[Says("expired_token")],
            &[Says("expiredtoken")],
            &[Says("signature has expired")],
            &[Says("the access token expired")],
            &[Says("session expired")],
            &[Header("www-authenticate", "expired")],
        ],
        hint: "The token that was sent has expired. Mount a token that is renewed (`bearer_token: {file: …}` is read for each run), and check the clock of the nodes.",
    },
    // Envoy, Istio, jwt_authn: "Jwt is missing", "Jwt verification fails", "Jwt issuer is not configured".
    Row {
        code: "token_wanted",
        product: None,
        states: "a token is required",
        statuses: &[401, 403],
        any: &[
            &[Says("jwt is missing")],
            &[Says("no authorization token was found")],
            &[Says("missing authorization header")],
            &[Says("authorization header is missing")],
            &[Says("authorization header missing")],
            &[Says("authorization header is required")],
            &[Says("authorization header required")],
            &[Says("no authorization header")],
            &[Says("missing bearer token")],
            &[Says("missing_token")],
            &[Says("missing token")],
            &[Says("token is missing")],
            &[Says("no token provided")],
            &[Says("token required")],
            &[Says("authentication credentials were not provided")],
        ],
        hint: "The server requires a token. Set `bearer_token: {file: …}` or the header that its clients send in `headers`, or use a path that needs none (/health).",
    },
    Row {
        code: TOKEN_REJECTED,
        product: None,
        states: "the token is rejected",
        statuses: &[400, 401, 403],
        any: &[
            &[Says("invalid signature")],
            &[Says("signature verification failed")],
            &[Says("jwt malformed")],
            &[Says("jwt verification fails")],
            &[Says("jwt issuer is not configured")],
            &[Says("audiences in jwt are not allowed")],
            &[Says("invalid audience")],
            &[Says("jwt audience invalid")],
            &[Says("invalid issuer")],
            &[Says("jwt issuer invalid")],
            &[Says("invalid_token")],
            &[Says("invalid token")],
            &[Says("token is invalid")],
            &[Says("token not valid")],
            &[Says("token_not_valid")],
            &[Says("invalid jwt")],
            &[Says("invalid_signature")],
            &[Header("www-authenticate", "invalid_token")],
        ],
        hint: "The server does not accept the token that was sent: it is of another issuer, audience or key. Compare its `iss` and `aud` with what the server expects.",
    },
    // Kong, ip-restriction: "Your IP address is not allowed". Cloudflare: 1006 to 1008 and 1020 are rules about the address.
    Row {
        code: "address_blocked",
        product: None,
        states: "this address is blocked",
        statuses: &[403, 401, 451],
        any: &[
            &[Says("ip address is not allowed")],
            &[Says("ip address not allowed")],
            &[Says("ip not allowed")],
            &[Says("ip_not_allowed")],
            &[Says("ip is not allowed")],
            &[Says("ip address has been blocked")],
            &[Says("your ip has been blocked")],
            &[Says("ip address is blocked")],
            &[Says("your ip is blocked")],
            &[Says("ip blocked")],
            &[Says("ip address has been banned")],
            &[Says("not whitelisted")],
            &[Says("not in the allowlist")],
            &[Says("not in allowlist")],
            &[Says("not in whitelist")],
            &[Says("ip restriction")],
            &[Says("error code: 1006")],
            &[Says("error code: 1007")],
            &[Says("error code: 1008")],
            &[Says("error code: 1009")],
            &[Says("error code: 1020")],
            &[Says("error 1020")],
        ],
        hint: "A rule blocks the address that this request comes from. Add the egress address of this cluster (its NAT) to the allow-list there, or probe the Service of the app.",
    },
    // GitHub reports its rate limits with 403: "API rate limit exceeded for …", "secondary rate limit".
    Row {
        code: "rate_limited",
        product: None,
        states: "the rate limit is reached",
        statuses: &[403, 503],
        any: &[
            &[Says("rate limit exceeded")],
            &[Says("secondary rate limit")],
            &[Says("rate_limit_exceeded")],
            &[Says("ratelimitexceeded")],
            &[Says("too many requests")],
            &[Says("quota exceeded")],
            &[Says("quotaexceeded")],
            &[Says("over_query_limit")],
        ],
        hint: "The server limits the rate of this client or account, and reports it with this status. Probe less often (`interval`), or exempt this pod.",
    },
    // What an app says of its own state.
    Row {
        code: "maintenance",
        product: None,
        states: "it is under maintenance",
        statuses: &[502, 503],
        any: &[
            &[Says("under maintenance")],
            &[Says("in maintenance")],
            &[Says("maintenance mode")],
            &[Says("for maintenance")],
            &[Says("scheduled maintenance")],
            &[Says("undergoing maintenance")],
            &[Says("maintenance in progress")],
            &[Says("<title>maintenance")],
            &[Json("\"status\":\"maintenance\"")],
            &[Json("\"maintenance\":true")],
            &[Json("\"status\":\"under_maintenance\"")],
        ],
        hint: "The app or a proxy reports maintenance. Wait until it is over, or switch the maintenance mode off (artisan up, occ maintenance:mode --off).",
    },
    Row {
        code: "shutting_down",
        product: None,
        states: "it is shutting down",
        statuses: &[500, 502, 503],
        any: &[
            &[Says("shutting down")],
            &[Says("shutdown in progress")],
            &[Says("is draining")],
            &[Says("draining connections")],
            &[Says("is terminating")],
            &[Says("going down for")],
            &[Json("\"status\":\"draining\"")],
            &[Json("\"status\":\"shutting_down\"")],
            &[Json("\"status\":\"shuttingdown\"")],
            &[Json("\"status\":\"terminating\"")],
            &[Json("\"shuttingdown\":true")],
            &[Json("\"draining\":true")],
        ],
        hint: "The app is shutting down and takes no new requests. Wait for the new pod; if it never ends, check `terminationGracePeriodSeconds` and what restarts it (kubectl describe pod).",
    },
    Row {
        code: "starting",
        product: None,
        states: "it is still starting",
        statuses: &[500, 502, 503],
        any: &[
            &[Says("warming up")],
            &[Says("starting up")],
            &[Says("still starting")],
            &[Says("is starting")],
            &[Says("not ready yet")],
            &[Says("not yet ready")],
            &[Says("still initializing")],
            &[Says("is initializing")],
            &[Says("still loading")],
            &[Json("\"status\":\"starting\"")],
            &[Json("\"status\":\"initializing\"")],
            &[Json("\"status\":\"warming_up\"")],
            &[Json("\"status\":\"warmingup\"")],
            &[Json("\"status\":\"starting_up\"")],
            &[Json("\"status\":\"loading\"")],
            &[Json("\"status\":\"booting\"")],
        ],
        hint: "The app reports that it is still starting. Wait for it; if it never ends, its log shows which step it waits for, and `start_period` how long that may take.",
    },
    // Spring Boot: "status":"DOWN". health+json: "status":"fail". NestJS Terminus: "status":"error". ASP.NET: "Unhealthy".
    Row {
        code: HEALTH_DOCUMENT,
        product: None,
        states: "its health document reports a failure",
        statuses: &[500, 503],
        any: &[
            &[Json("\"status\":\"down\"")],
            &[Json("\"status\":\"out_of_service\"")],
            &[Json("\"status\":\"fail\"")],
            &[Json("\"status\":\"unhealthy\"")],
            &[Json("\"healthy\":false")],
            &[Json("\"status\":\"error\""), Json("\"details\":")],
            &[Json("\"status\":\"error\""), Json("\"checks\":")],
        ],
        hint: "The app reports that a part of it is down, and names it in its answer. Use the kind `peer`, which names the part, or read the answer with pilotfish check.",
    },
    // A page on which people log in.
    Row {
        code: "login_form",
        product: None,
        states: "a login page answers",
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
    // FastAPI and fastapi-users, Better Auth, Django REST, Spring, Devise: what a login answers.
    Row {
        code: LOGIN,
        product: None,
        states: "user or password are rejected",
        statuses: &[400, 401, 403],
        any: &[
            &[Says("incorrect username or password")],
            &[Says("incorrect email or password")],
            &[Says("invalid username or password")],
            &[Says("invalid email or password")],
            &[Says("invalid_email_or_password")],
            &[Says("invalid credentials")],
            &[Says("bad credentials")],
            &[Says("bad_credentials")],
            &[Says("no active account found")],
        ],
        hint: "The server rejects the user or password of this login. Compare the Secret with the account: it may not exist in \
               this database (seed data), or have another password.",
    },
    // RFC 9110, 11.6.1: the challenge names the scheme.
    Row {
        code: BEARER,
        product: None,
        states: "a bearer token is required",
        statuses: &[401, 403],
        any: &[&[Header("www-authenticate", "bearer")]],
        hint: "The server requires a bearer token. Set `bearer_token`, or use a path that needs none (/health).",
    },
    Row {
        code: BASIC,
        product: None,
        states: "user and password are required",
        statuses: &[401],
        any: &[&[Header("www-authenticate", "basic")]],
        hint: "The server requires a user and a password. Set `basic_auth`, or use a path that needs none (/health).",
    },
    Row {
        code: "other_scheme_wanted",
        product: None,
        states: "another login is required",
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
