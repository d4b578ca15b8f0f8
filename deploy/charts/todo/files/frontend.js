// The todo list as a page. It asks the backend for each request.
const http = require("node:http");

const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

const page = async () => {
  const answer = await fetch(`${process.env.BACKEND_URL}/todos`, { signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(`the backend returned ${answer.status}`);
  const todos = await answer.json();
  return `<!doctype html><title>Todo</title><ul>${todos.map((todo) => `<li>${escaped(todo)}</li>`).join("")}</ul>`;
};

const server = http.createServer(async (request, response) => {
  if (request.url === "/live") return response.end("ok\n");
  try {
    const html = await page();
    response.setHeader("Content-Type", "text/html; charset=utf-8").end(html);
  } catch (error) {
    console.error(error.cause ?? error);
    response.writeHead(502).end("the backend is unreachable\n");
  }
});

// Listens on every family. On SIGTERM, finishes the open requests and exits.
server.listen(Number(process.env.PORT));
process.on("SIGTERM", () => server.close());
