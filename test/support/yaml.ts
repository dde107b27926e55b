// Reads YAML files by the parser of check-jsonschema, which `npm run test:soak` installs, and checks them.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './program.js';

const BIN = join(ROOT, 'node_modules', '.cache', 'python', 'check-jsonschema', 'bin');
const TO_JSON = `import json, sys
from ruamel.yaml import YAML
json.dump(YAML(typ="safe").load(open(sys.argv[1])), sys.stdout)`;

const run = promisify(execFile);

/** The content of a file. */
export async function readYaml(path: string): Promise<unknown> {
  return JSON.parse((await run(join(BIN, 'python'), ['-c', TO_JSON, path])).stdout);
}

/** Checks a file by the schema of the compose specification. @throws its output */
export async function checkCompose(path: string): Promise<string> {
  return (await run(join(BIN, 'check-jsonschema'), ['--builtin-schema', 'vendor.compose-spec', path])).stdout.trim();
}
