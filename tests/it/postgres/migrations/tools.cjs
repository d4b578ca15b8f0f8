// Drizzle, Knex, Sequelize's storage of umzug, and TypeORM apply migrations of their own:
// tools.cjs MODULES TOOL URL FOLDER TARGET. There are two migrations; TARGET is how many of them are applied.
const fs = require("node:fs");
const path = require("node:path");

const [modules, tool, url, folder, target] = process.argv.slice(2);
const load = (name) => require(require.resolve(name, { paths: [modules] }));
const count = Number(target);
const write = (name, text) => {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
};

const tools = {
  async drizzle() {
    const entries = [1712000000001, 1712000000002].map((when, idx) => ({ idx, version: "7", when, tag: `000${idx}_x`, breakpoints: true }));
    entries.forEach(({ tag, idx }) => write(`${tag}.sql`, `CREATE TABLE d${idx} (n int);`));
    write("meta/_journal.json", JSON.stringify({ version: "7", dialect: "postgresql", entries: entries.slice(0, count) }));
    const { drizzle } = load("drizzle-orm/node-postgres");
    const { migrate } = load("drizzle-orm/node-postgres/migrator");
    const pool = new (load("pg").Pool)({ connectionString: url });
    await migrate(drizzle(pool), { migrationsFolder: folder });
    await pool.end();
  },
  async knex() {
    for (const number of [1, 2].slice(0, count)) {
      write(`2024010${number}_step.js`, "exports.up = (knex) => knex.raw('SELECT 1'); exports.down = () => Promise.resolve();");
    }
    const knex = load("knex")({ client: "pg", connection: url });
    await knex.migrate.latest({ directory: folder });
    await knex.destroy();
  },
  async sequelize() {
    const { Sequelize } = load("sequelize");
    const { Umzug, SequelizeStorage } = load("umzug");
    const sequelize = new Sequelize(url, { logging: false });
    const migrations = [1, 2].slice(0, count).map((number) => ({ name: `2024010${number}-step.js`, up: async () => {}, down: async () => {} }));
    await new Umzug({ migrations, storage: new SequelizeStorage({ sequelize }), logger: undefined }).up();
    await sequelize.close();
  },
  async typeorm() {
    const { DataSource } = load("typeorm");
    const made = [1712000000001, 1712000000002].slice(0, count).map((when) => {
      const name = `Step${when}`;
      return { [name]: class { name = name; async up() {} async down() {} } }[name];
    });
    const source = new DataSource({ type: "postgres", driver: load("pg"), url, migrations: made });
    await source.initialize();
    await source.runMigrations();
    await source.destroy();
  },
};
tools[tool]().catch((error) => {
  console.error(error);
  process.exit(1);
});
