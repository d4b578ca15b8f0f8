//! What a status means where nothing else explains it: the likeliest cause, and what to do.

/// The hint of a status that is not wanted.
pub(super) fn hint(code: Option<u16>) -> Option<&'static str> {
    let code = code?;
    of_request(code).or_else(|| of_server(code))
}

/// 4xx: about the request.
fn of_request(code: u16) -> Option<&'static str> {
    Some(match code {
        400 => {
            "The server rejects the request: a Host that it does not allow (ALLOWED_HOSTS, TrustedHost), a wrong \
             method or a wrong body. Its log shows which."
        }
        401 => {
            "The server requires a login, and does not say of which kind. Use a path that needs none (/health), or send \
             in `headers` what the clients of this API send."
        }
        402 => "The service refuses until a bill is paid or a quota is raised. Check the account of this API.",
        403 => {
            "The server forbids the request: credentials are missing, or a rule blocks this client, Host or origin \
             (an ingress allow-list, a mesh's AuthorizationPolicy, a firewall). Its log shows which."
        }
        404 => {
            "The server has no such path, or does not know this Host. Compare the path with the routes of the app (a prefix \
             such as /api may be missing), and the Host with the rules of its ingress."
        }
        405 => {
            "The path exists, but not for this method. Set `method`; the header Allow of the answer lists the methods."
        }
        406 => {
            "The server requires another Accept header. Set `headers: {Accept: …}` (MCP servers require \
             application/json and text/event-stream)."
        }
        407 => {
            "A proxy answers and wants a login of its own. Use the Service of the app, to which no proxy leads, or set \
             `headers: {Proxy-Authorization: …}`."
        }
        408 => {
            "The server waited for the rest of the request and gave up: a body is missing that it expects, or it is \
             overloaded. Check `method` and `body`, and the server's log."
        }
        409 => "The request contradicts the state of the resource. Probe with GET on a path that changes nothing.",
        410 => "The path was removed for good. Probe the path that took its place.",
        411 => {
            "Set `body`, or use GET. The server requires a Content-Length, which a request without a body need not have."
        }
        412 | 428 => "Set the header of the condition that the server requires (If-Match and the like), or use GET.",
        413 => {
            "The server takes no body of this size. Send a smaller `body`, or raise its limit (client_max_body_size)."
        }
        414 => "The URL is too long for the server. Shorten its query, or send it as `body`.",
        415 | 422 => {
            "The path exists, but the body or the headers are not what it expects. The answer names what is \
             missing: set `body` and `headers: {Content-Type: …}`."
        }
        421 => {
            "The server does not serve this Host. A FastMCP server accepts only localhost until host=\"0.0.0.0\" or \
             allowed_hosts is set; otherwise use the name that it serves."
        }
        425 => "The server does not take early data (TLS 0-RTT) from the proxy in between. Repeat the request.",
        426 => {
            "The server wants another protocol on this path: a WebSocket, or a newer version of HTTP (see the header \
             Upgrade of the answer). Probe a path of plain HTTP, or set `http_version`."
        }
        429 => "The server limits the rate. Probe less often (`interval`), or exempt this pod.",
        431 => {
            "The headers of the request are too large for the server. Shorten what `headers` sets (cookies, tokens), or \
             raise its limit."
        }
        451 => {
            "The server must not serve this for legal reasons, often by the country of the address. Probe another path."
        }
        // Vault, api-docs/system/health; to HEAD it sends no body.
        472..=474 => {
            "This is a status of Vault: 472 is a disaster-recovery secondary, 473 a performance standby, 474 a standby \
             without its active node. Add 472 and 473 to `status`, or ask /v1/sys/health?perfstandbyok=true."
        }
        // AWS, "Troubleshoot your Application Load Balancers".
        460 | 463 | 464 => {
            "This is a status of the AWS load balancer: 460 is a client that gave up, 463 too many X-Forwarded-For, 464 \
             the wrong HTTP version. Compare `http_version` with the protocol of its target group."
        }
        // nginx, ngx_http_request.h.
        499 => {
            "A proxy (nginx) reports that its client gave up first. Compare the timeouts: the outer one must be the \
             longest."
        }
        _ => return None,
    })
}

/// 5xx: about the server.
fn of_server(code: u16) -> Option<&'static str> {
    Some(match code {
        501 => "The server does not know this method, or is not set up yet (Vault). Use GET, or finish its setup.",
        503 => {
            "The app reports that it is unavailable, or a proxy has no ready backend. kubectl get endpointslices \
             shows whether there is one; then read its log."
        }
        502 | 504 => {
            "A proxy answered that its upstream is down, or too slow (504). Check the upstream: kubectl get \
             endpointslices."
        }
        505 => "The server does not speak this version of HTTP. Set `http_version`.",
        507 => "The server has no space left. Free its disk or raise its quota.",
        508 => "The server found a loop in its own links or proxies. Check that the proxy does not point to itself.",
        511 => "Allow this pod in the network in between: it requires a login (captive portal).",
        // Cloudflare, docs "Cloudflare 5xx errors".
        520 => {
            "Cloudflare got an empty or invalid answer from the origin. The origin crashed or closed the connection: \
             read its log, and compare its headers with the limits."
        }
        521 => {
            "Cloudflare reached the origin's address, which refused the connection. Check that the origin listens on \
             this port and allows Cloudflare's addresses."
        }
        522 => {
            "Cloudflare got no connection to the origin in time. Check the origin's address in the DNS settings, and \
             that its firewall allows Cloudflare's addresses."
        }
        523 => "Cloudflare has no route to the origin. Check the origin's address in the DNS settings.",
        524 => {
            "Cloudflare reached the origin, which did not answer in time. Probe a faster path, or read the app's log."
        }
        525 => {
            "The TLS handshake between Cloudflare and the origin failed. Check that the origin has a certificate for \
             this name and speaks TLS on this port."
        }
        526 => {
            "Cloudflare does not trust the origin's certificate (mode Full strict). Renew it, or use an origin \
             certificate of Cloudflare."
        }
        527 => "The connection between Cloudflare's Railgun and the origin failed. Check the listener at the origin.",
        530 => {
            "Cloudflare does not resolve the name of the origin; an error 1xxx in the page says why. Check the origin in \
             its DNS settings, or that the tunnel (cloudflared) runs."
        }
        // AWS, "Troubleshoot your Application Load Balancers".
        561 => {
            "The AWS load balancer got an error from its identity provider. Check the OIDC settings of the listener."
        }
        500.. => "The app failed. Read its log at this time (kubectl logs).",
        _ => return None,
    })
}
