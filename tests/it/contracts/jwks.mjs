// Better Auth with its jwt plugin over PostgreSQL, as an app has it: `MODULES` has the packages, `FOLDER` gets the port. The
// rest of the environment is the app's: DATABASE_URL, BETTER_AUTH_SECRET, BETTER_AUTH_SECRETS, BETTER_AUTH_URL.
// TABLES=drizzle keeps the tables as the generator for Drizzle makes them; PLAIN=1 turns encryption off.
// GET /sign signs a token, as the app does for a session; everything else is Better Auth's own.
import { createServer } from "node:http";
import { writeFileSync, renameSync } from "node:fs";
import { createRequire } from "node:module";

const { FOLDER: folder, MODULES: modules } = process.env;
const require = createRequire(`${modules}/`);
const load = (name) => import(require.resolve(name));
const { betterAuth } = await load("better-auth");
const { jwt } = await load("better-auth/plugins");
const { toNodeHandler } = await load("better-auth/node");
const pg = (await load("pg")).default;

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
let database = pool;
if (process.env.TABLES === "drizzle") {
    const { drizzle } = await load("drizzle-orm/node-postgres");
    const { boolean, pgTable, text, timestamp } = await load("drizzle-orm/pg-core");
    const { drizzleAdapter } = await load("better-auth/adapters/drizzle");
    const jwks = pgTable("jwks", {
        id: text("id").primaryKey(),
        publicKey: text("public_key").notNull(),
        privateKey: text("private_key").notNull(),
        createdAt: timestamp("created_at").notNull(),
        expiresAt: timestamp("expires_at"),
        alg: text("alg"),
        crv: text("crv"),
    });
    // The other tables are only looked at in the schema.
    const id = { id: text("id").primaryKey(), createdAt: timestamp("created_at"), updatedAt: timestamp("updated_at") };
    const texts = (...names) => Object.fromEntries(names.map((name) => [name, text(name)]));
    const user = pgTable("user", { ...id, ...texts("name", "email", "image"), emailVerified: boolean("email_verified") });
    const session = pgTable("session", {
        ...id,
        ...texts("token", "ipAddress", "userAgent", "userId"),
        expiresAt: timestamp("expires_at"),
    });
    const account = pgTable("account", {
        ...id,
        ...texts("accountId", "providerId", "userId", "accessToken", "refreshToken", "idToken", "scope", "password"),
        accessTokenExpiresAt: timestamp("access_token_expires_at"),
        refreshTokenExpiresAt: timestamp("refresh_token_expires_at"),
    });
    const verification = pgTable("verification", { ...id, ...texts("identifier", "value"), expiresAt: timestamp("expires_at") });
    await pool.query(`CREATE TABLE IF NOT EXISTS jwks (id text PRIMARY KEY, public_key text NOT NULL, private_key text NOT NULL,
        created_at timestamp NOT NULL, expires_at timestamp, alg text, crv text)`);
    database = drizzleAdapter(drizzle(pool), { provider: "pg", schema: { user, session, account, verification, jwks } });
}
const options = {
    database,
    emailAndPassword: { enabled: true },
    logger: { disabled: true },
    telemetry: { enabled: false },
    plugins: [jwt({ jwks: { disablePrivateKeyEncryption: process.env.PLAIN === "1" } })],
};
if (database === pool) {
    const { getMigrations } = await load("better-auth/db/migration");
    await (await getMigrations(options)).runMigrations();
}
const auth = betterAuth(options);
const handler = toNodeHandler(auth);
const server = createServer(async (request, response) => {
    if (request.url !== "/sign") return handler(request, response);
    try {
        const { token } = await auth.api.signJWT({ body: { payload: { sub: "user" } } });
        response.end(token);
    } catch (error) {
        response.statusCode = 500;
        response.end(String(error.message));
    }
});
server.listen(0, "127.0.0.1", () => {
    writeFileSync(folder + "/port.new", String(server.address().port));
    renameSync(folder + "/port.new", folder + "/port");
});
