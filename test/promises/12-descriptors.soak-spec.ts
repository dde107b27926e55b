// A real limit of open files: connections leave descriptors to the rest, and the service reports when none is left.
import { execPath } from 'node:process';
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { fixture, startProgram } from '../support/program.js';
import { promise } from '../support/promises.js';
import { RawClient, requestFor } from '../support/raw-client.js';

const OPEN_FILES = 120;
const FULL = 'the limit of connections is reached; further ones are closed at once';
const NONE_LEFT = 'no file descriptor is left; further connections are closed at once';
const AGAIN = 'connections are accepted again';

/** Sends a request on an existing connection. */
async function askOn(client: RawClient, path: string): Promise<{ readonly status: number; readonly body: string }> {
  const { length } = await client.answers(0);
  await client.send(requestFor(path));
  const answer = (await client.answers(length + 1)).at(-1);
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

promise(12, () => {
  it('reports once when connections or descriptors run out, in the log and in readiness, and recovers without a restart', async () => {
    await using program = await startProgram({
      node: '/bin/sh',
      nodeArgs: ['-c', `ulimit -n ${OPEN_FILES}; exec "$0" "$@"`, execPath],
      env: { CACHE_PLUGIN_PATH: fixture('faults/takes-all-descriptors.mjs') },
    });
    const { maxConnections } = await program.line('the limit of open files allows fewer connections');
    expect(maxConnections).toBeGreaterThan(10);
    expect(maxConnections).toBeLessThan(OPEN_FILES / 2);
    using kept = await RawClient.connect(program.url);
    expect((await askOn(kept, '/health/ready')).status).toBe(200);

    const clients: RawClient[] = [];
    for (let opened = 0; opened < OPEN_FILES; opened++) clients.push(await RawClient.connect(program.url));
    await program.line(FULL, { level: 50, maxConnections });
    const full = await askOn(kept, '/health/ready');
    expect([full.status, JSON.parse(full.body)]).toMatchObject([503, { detail: `http: ${FULL}` }]);
    expect((await askOn(kept, '/health/live')).status).toBe(200);
    // The reserved descriptors are available, for example for a file of the plugin.
    expect((await askOn(kept, '/fib/14')).status).toBe(200);
    for (const client of clients) client.leave();
    await program.line(AGAIN, { level: 30 });
    expect((await askOn(kept, '/health/ready')).status).toBe(200);

    expect((await askOn(kept, '/fib/13')).status).toBe(200);
    await program.line(NONE_LEFT, { level: 50 });
    using lost = await RawClient.connect(program.url);
    expect(await lost.closed()).toEqual([]);
    const none = await askOn(kept, '/health/ready');
    expect([none.status, JSON.parse(none.body)]).toMatchObject([503, { detail: `http: ${NONE_LEFT}` }]);
    expect((await askOn(kept, '/health/live')).status).toBe(200);
    expect((await askOn(kept, '/fib/14')).status).toBe(200);
    await eventually('the next connections', async () => (await askOn(kept, '/health/ready')).status === 200);

    await program.caughtUp();
    expect(program.lines.filter(({ level }) => level >= 40).map(({ msg }) => msg)).toEqual([FULL, NONE_LEFT]);
    expect(program.logged(AGAIN)).toHaveLength(2);
    expect((await program.stop()).code).toBe(0);
  });
});
