// Writes the tables of docs/configuration.md and docs/errors.md from the sources, between their markers.
// With --check it writes nothing, and fails when a page is not up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { markdownTable } from 'markdown-table';
import ts from 'typescript';
import { settingInfos } from '../build/config/settings.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** The headings of the steps in PluginErrorCodes, in the order of the page. */
const STEPS = {
  options: 'Options',
  locate: 'Locate the file',
  read: 'Read and verify the file',
  execute: 'Execute the module',
  handshake: 'Check the manifest',
  configuration: 'Check the configuration',
  factory: 'Call the factory',
  isolation: 'Run in a worker or a process',
  swap: 'Swap a plugin',
  names: 'Several plugins in one application',
  call: 'Call a method',
  close: 'Close a plugin',
};

const pages = [
  { page: 'docs/configuration.md', marker: 'settings', text: settingsTable() },
  { page: 'docs/errors.md', marker: 'codes', text: codeSections() },
];
const stale = pages.filter(({ page, marker, text }) => {
  const before = readFileSync(page, 'utf8');
  const after = between(page, before, marker, text);
  if (!process.argv.includes('--check')) writeFileSync(page, after);
  return after !== before;
});
if (process.argv.includes('--check') && stale.length > 0) {
  const names = stale.map(({ page }) => page).join(' and ');
  console.error(`pluggable: found ${names} out of date, wanted the tables of the sources; run npm run docs:tables`);
  process.exit(1);
}

function between(page, before, marker, text) {
  const [begin, end] = [`<!-- ${marker}: begin, written by npm run docs:tables -->`, `<!-- ${marker}: end -->`];
  const [head, rest] = before.split(begin);
  const [, tail] = rest?.split(end) ?? [];
  if (tail === undefined) throw new Error(`found no markers ${begin} and ${end} in ${page}`);
  return `${head}${begin}\n\n${text}\n\n${end}${tail}`;
}

function settingsTable() {
  const rows = settingInfos().map(({ variable, flag, accepts, fallback, shownDefault, help }) => [
    `\`${variable}\``,
    flag === undefined ? '' : `\`--${flag}\``,
    cell(accepts),
    shownDefault === undefined ? `\`${fallback}\`` : cell(shownDefault),
    cell(help),
  ]);
  return markdownTable([['variable', 'flag', 'accepted values', 'default', 'meaning'], ...rows], {
    alignDelimiters: false,
  });
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('<', '\\<');
}

function codeSections() {
  const codes = pluginErrorCodes();
  const unknown = codes.find(({ step }) => !Object.hasOwn(STEPS, step));
  if (unknown !== undefined) throw new Error(`the step ${unknown.step} of ${unknown.code} has no heading`);
  return Object.entries(STEPS)
    .map(([step, heading]) => {
      const entries = codes.filter((one) => one.step === step);
      return `### ${heading}\n\n${entries.map(({ code, doc }) => `#### ${code}\n\n${doc}`).join('\n\n')}`;
    })
    .join('\n\n');
}

/** The members of the interface PluginErrorCodes, with their doc comments. */
function pluginErrorCodes() {
  const path = 'libs/host/src/plugin-error-codes.ts';
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const found = source.statements.find(
    (node) => ts.isInterfaceDeclaration(node) && node.name.text === 'PluginErrorCodes',
  );
  if (found === undefined) throw new Error(`there is no interface PluginErrorCodes in ${path}`);
  return found.members.map((member) => {
    const code = member.name.getText();
    const [{ comment } = {}] = ts.getJSDocCommentsAndTags(member);
    const doc = ts.getTextOfJSDocComment(comment) ?? '';
    const [when, toDo, ...rest] = doc.split(/\n\n/).map((paragraph) => paragraph.replaceAll('\n', ' '));
    if (!when || !toDo?.startsWith('To do: ') || rest.length > 0) {
      throw new Error(`the comment of ${code} is not two paragraphs, of which the second begins with "To do: "`);
    }
    return { code, step: member.type.literal.text, doc: `${when}\n\n**To do:** ${toDo.slice('To do: '.length)}` };
  });
}
