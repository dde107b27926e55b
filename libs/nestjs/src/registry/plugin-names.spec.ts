// Tokens and names, equal in all copies of the package.
import { describe, expect, it } from 'vitest';
import { GREETER } from '../../../../test/support/greeters.js';
import { getPluginRefToken, getPluginsToken, getPluginToken, registryName } from './plugin-names.js';

const TOKENS = { getPluginToken, getPluginRefToken, getPluginsToken };

describe('The tokens of a plugin', () => {
  it('are registered globally, by the kind of the contract and the name', () => {
    expect(getPluginToken(GREETER)).toBe(Symbol.for('pluggable:greeter:default'));
    expect(getPluginToken({ kind: 'storage' }, 'archive')).toBe(Symbol.for('pluggable:storage:archive'));
    expect(getPluginRefToken(GREETER, 'eu')).toBe(Symbol.for('pluggable:greeter:eu:ref'));
    expect(getPluginsToken(GREETER, 'eu')).toBe(Symbol.for('pluggable:greeter:eu:folder'));
  });

  it('are the same for no name and the name default', () => {
    for (const token of Object.values(TOKENS)) expect(token(GREETER, 'default')).toBe(token(GREETER));
  });

  it('accept letters, digits, "_", "." and "-" in a name', () => {
    expect(() => getPluginToken(GREETER, 'eu-west_2.B')).not.toThrow();
  });

  it.each(['', ' ', 'a b', 'a/b', 'a:ref', 'ä', 'a\n'])('refuse the name %j', (name) => {
    for (const token of Object.values(TOKENS)) {
      expect(() => token(GREETER, name)).toThrow(
        new TypeError(
          `a plugin of the greeter contract has the name ${JSON.stringify(name)}; wanted letters, digits, "_", "." and "-"`,
        ),
      );
    }
  });
});

describe('The name in the registry', () => {
  it.each([
    { name: undefined, expected: 'greeter' },
    { name: 'default', expected: 'greeter' },
    { name: 'eu', expected: 'greeter/eu' },
  ])('is $expected for the name $name', ({ name, expected }) => {
    expect(registryName(GREETER, name)).toBe(expected);
  });
});
