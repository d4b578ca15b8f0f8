// Connects once, and prints the result: `connected MS`, or `failed MS CODE ADDRESS:PORT, …`.
const net = require('node:net');
const [host, port] = process.argv.slice(2);
const began = process.hrtime.bigint();
const spent = () => Number((process.hrtime.bigint() - began) / 1000000n);
const place = (e) => `${e.code} ${net.isIPv6(e.address) ? `[${e.address}]` : e.address}:${e.port}`;
net.connect({ host, port: Number(port) })
  .on('connect', () => { console.log(`connected ${spent()}`); process.exit(0); })
  .on('error', (error) => {
    const all = error.errors ? `AggregateError [${error.code}]: ${error.errors.map(place).join(', ')}` : `connect ${place(error)}`;
    console.log(`failed ${spent()} ${all}`);
    process.exit(1);
  });
