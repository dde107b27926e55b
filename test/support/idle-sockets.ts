// A program that opens connections to a URL, prints "open" when all are open, and keeps them. Every other one sends one request.
import { once } from 'node:events';
import { connect } from 'node:net';

const [, , url = '', count = '0'] = process.argv;
const { hostname, port } = new URL(url);
/** One address has ports for some thousand connections to one destination. */
const PER_ADDRESS = 5_000;
/** Number of parallel attempts, so that a full queue refuses none. */
const AT_ONCE = 100;

async function open(index: number): Promise<void> {
  const localAddress = `127.0.0.${2 + Math.floor(index / PER_ADDRESS)}`;
  const socket = connect({ host: hostname, port: Number(port), localAddress });
  await once(socket, 'connect');
  if (index % 2 === 0) return;
  socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'data');
  socket.resume();
}

for (let opened = 0; opened < Number(count); opened += AT_ONCE) {
  await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => open(opened + index)));
}
process.stdout.write('open\n');
setInterval(() => {}, 60_000);
