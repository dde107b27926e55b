// A plugin emits its secrets in many ways; none is readable in the log, an error, the status or an answer.
import { expect, it } from 'vitest';
import { pluginStatus, TOKEN } from '../support/admin.js';
import { fixture, startProgram } from '../support/program.js';
import { promise } from '../support/promises.js';
import { get } from '../support/request.js';

const PASSWORD = 'p"a\\ss wörd%+&=1';
const KEY = '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nAqCAQEAwJ8h3kLmN0pQrStU\n-----END KEY-----';

/** The forms in which a text may contain a secret. */
function formsOf(secret: string): string[] {
  const escaped = JSON.stringify(secret).slice(1, -1);
  return [secret, escaped, JSON.stringify(escaped).slice(1, -1), encodeURIComponent(secret), encodeURI(secret)];
}

promise(19, () => {
  it.each(['inline', 'worker', 'process'])('in any output of a plugin, %s', async (isolation) => {
    await using program = await startProgram({
      env: {
        ADMIN_TOKEN: TOKEN,
        CACHE_PLUGIN_PATH: fixture('faults/says-secrets.mjs'),
        CACHE_PLUGIN_ISOLATION: isolation,
        SEC_PASS: PASSWORD,
        SEC_KEY: KEY,
      },
    });
    await get(program.url, '/fib/20');
    const answers = [await get(program.url, '/health/ready'), await pluginStatus(program)];
    const { stdout, stderr } = await program.stop();

    // Inline, the console of a plugin is that of the program, without a filter.
    const logged = isolation === 'inline' ? stdout.replace(`9 printed ${KEY}`, '') : stdout;
    const said = logged + stderr + JSON.stringify(answers.map(({ body, headers }) => [body, headers]));
    expect(stdout).toContain('[plugin/case] 8 several lines');
    expect([...formsOf(PASSWORD), ...formsOf(KEY)].filter((form) => said.includes(form))).toEqual([]);
    expect(KEY.split('\n').filter((line) => said.includes(line))).toEqual([]);
    expect(said).toContain('***');
  });

  it.each(['inline', 'worker', 'process'])('a logger never throws, and an error is readable, %s', async (isolation) => {
    await using program = await startProgram({
      env: {
        CACHE_PLUGIN_PATH: fixture('faults/logs-an-error.mjs'),
        CACHE_PLUGIN_ISOLATION: isolation,
        SEC_PASS: 'a secret',
      },
    });
    await get(program.url, '/fib/20');
    await program.line('[plugin/case] connection lost', { level: 50 });

    const refused = { message: 'connection refused', code: 'ECONNREFUSED' };
    expect(program.logged('[plugin/case] with error')).toMatchObject([{ error: refused }]);
    expect(program.logged('[plugin/case] deeper')).toMatchObject([{ context: { error: refused } }]);
    expect(program.logged('[plugin/case] own keys')).toMatchObject([{ level: 40, pid: program.pid }]);
    expect((await program.stop()).stdout).not.toMatch(/"level":99|"level":\d+.*"level":/);
  });
});
