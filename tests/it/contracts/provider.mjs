// A provider of OpenID Connect: panva's oidc-provider, with two clients: `MODULES` has the packages, `FOLDER` gets the
// port and a line in `log` for each request. ISSUER is the issuer that it states, where that is not its own address.
import { createServer } from "node:http";
import { appendFileSync, writeFileSync, renameSync } from "node:fs";
import { createRequire } from "node:module";

const { FOLDER: folder, MODULES: modules } = process.env;
const { default: Provider } = await import(createRequire(`${modules}/`).resolve("oidc-provider"));
const server = createServer();
server.listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    const provider = new Provider(process.env.ISSUER ?? `http://127.0.0.1:${port}`, {
        clients: [
            { client_id: "web", client_secret: "not-asked-for", redirect_uris: ["https://shop.example.com/cb"] },
            { client_id: "implicit", redirect_uris: ["https://shop.example.com/cb"], grant_types: ["implicit"], response_types: ["id_token"], token_endpoint_auth_method: "none" },
        ],
    });
    const handle = provider.callback();
    server.on("request", (request, response) => {
        appendFileSync(folder + "/log", request.method + " " + request.url.split("?")[0] + "\n");
        handle(request, response);
    });
    writeFileSync(folder + "/port.new", String(port));
    renameSync(folder + "/port.new", folder + "/port");
});
