// Which versions of Node.js are refused, and which have broken hooks.
import { describe, expect, it } from 'vitest';
import { isRequireBrokenByHooks, refuseOldNode } from './supported-node.js';

describe('refuseOldNode', () => {
  it.each(['18.20.8', '20.20.2', '22.14.0', '23.4.0', '23.11.0'])('refuses Node.js %s', (version) => {
    expect(() => refuseOldNode('a.mjs', version)).toThrow(
      `plugin a.mjs: found Node.js ${version}, wanted Node.js 22.15 or later, but not 23; upgrade Node.js`,
    );
  });

  it.each(['22.15.0', '22.23.5', '24.0.0', '26.10.0'])('accepts Node.js %s', (version) => {
    expect(() => refuseOldNode('a.mjs', version)).not.toThrow();
  });
});

describe('isRequireBrokenByHooks', () => {
  it.each([
    ['22.15.0', true],
    ['22.22.0', true],
    ['22.23.0', false],
    ['24.0.0', true],
    ['24.11.1', true],
    ['24.12.0', false],
    ['26.10.0', false],
  ])('Node.js %s: %s', (version, isBroken) => {
    expect(isRequireBrokenByHooks(version)).toBe(isBroken);
  });
});
