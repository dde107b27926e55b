// The upper bound for a server on Node: the answer of a hit as constant bytes, with node:http only.
import { createServer } from 'node:http';

createServer((_request, response) => {
  response.writeHead(200, ['Content-Type', 'application/json; charset=utf-8', 'Content-Length', '15']);
  response.end('{"result":6765}');
}).listen(Number(process.env['PORT'] ?? 0), '127.0.0.1');
