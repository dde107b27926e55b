// The admin routes of a program that was started with ADMIN_TOKEN.
import type { Program } from './program.js';
import { type Answer, ask } from './request.js';

export const TOKEN = 'a token for tests';

const headers = { Authorization: `Bearer ${TOKEN}` };

export async function swap(program: Program, body: object): Promise<Answer> {
  return await ask(program.url, '/admin/plugins/cache', {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
  }).answer;
}

export async function pluginStatus(program: Program): Promise<Answer> {
  return await ask(program.url, '/admin/plugins/cache', { headers }).answer;
}
