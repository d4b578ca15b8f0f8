// Asks once through each client, and prints its answer: `NAME: BODY`.
const http = require('http');
const axios = require('axios');

const url = process.argv[2];

const plain = () =>
  new Promise((resolve, reject) => {
    http
      .get(url, (answer) => {
        let body = '';
        answer.on('data', (part) => (body += part));
        answer.on('end', () => resolve(body));
        answer.on('error', reject);
      })
      .on('error', reject);
  });

(async () => {
  for (const [name, ask] of [
    ['fetch', async () => (await fetch(url)).text()],
    ['http of Node', plain],
    ['axios', async () => (await axios.get(url, { validateStatus: null })).data],
  ]) {
    // fetch asks a proxy for a tunnel, also for http://; ours gives none.
    const failed = (error) => (/Proxy response|Request was cancelled/.test(error.cause) ? 'proxy' : `${error} ${error.cause}`);
    console.log(`${name}: ${await ask().catch(failed)}`);
  }
  process.exit(0);
})();
