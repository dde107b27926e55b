// Checks the doc comments of the public API, which typedoc has written as JSON: units, defaults and errors.
// That every export has a comment is checked by typedoc itself.
import { readFileSync } from 'node:fs';

const problems = [];
visit(JSON.parse(readFileSync(process.argv[2], 'utf8')), []);
if (problems.length > 0) {
  console.error(`pluggable: ${problems.join('\n')}`);
  process.exit(1);
}

function visit(node, path) {
  const here = [...path, node.name];
  const name = here.slice(1).join('.');
  const comment = node.comment ?? node.signatures?.[0]?.comment ?? node.type?.declaration?.signatures?.[0]?.comment;
  const text = JSON.stringify(comment ?? '');
  const tags = (comment?.blockTags ?? []).map(({ tag }) => tag);

  const isText = node.type?.name === 'string';
  if (node.name.endsWith('Ms') && !isText && !/millisecond/.test(text))
    problems.push(`${name} has no unit, wanted "milliseconds"`);
  if (node.flags?.isOptional && /Options$|Defaults$/.test(path.at(-1)) && !tags.includes('@default')) {
    problems.push(`${name} has no default, wanted @default`);
  }
  if (
    node.signatures?.some(({ type }) => type?.name === 'Promise') &&
    !/@throws|never rejects|Always resolves/.test(text)
  ) {
    problems.push(`${name} has no errors, wanted @throws`);
  }
  for (const child of node.children ?? []) visit(child, here);
}
