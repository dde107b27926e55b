// The exports of plugin modules from any compiler.
import { describe, expect, it } from 'vitest';
import { PluginModule } from './plugin-module.js';

const Factory = () => ({});
const manifest = { kind: 'greeting' };

describe('PluginModule', () => {
  it.each([
    { shape: 'named exports', namespace: { Factory, manifest } },
    { shape: 'module.exports', namespace: { default: { Factory, manifest } } },
    { shape: 'a nested default', namespace: { default: { __esModule: true, default: { Factory, manifest } } } },
    {
      shape: 'a function with properties',
      namespace: { default: Object.assign(() => {}, { Factory, manifest }) },
    },
  ])('finds the exports of a module with $shape', ({ namespace }) => {
    const module = new PluginModule(namespace);
    expect(module.has('Factory')).toBe(true);
    expect(module.get('Factory')).toBe(Factory);
    expect(module.get('manifest')).toBe(manifest);
  });

  it('prefers a named export to one of the default', () => {
    const module = new PluginModule({ Factory, default: { Factory: 'another', VERSION: 1 } });
    expect(module.get('Factory')).toBe(Factory);
    expect(module.get('VERSION')).toBe(1);
  });

  it('finds the default export itself under its name', () => {
    expect(new PluginModule({ default: Factory }).get('default')).toBe(Factory);
  });

  it('finds a default export in CommonJS that was compiled from ESM', () => {
    expect(new PluginModule({ default: { __esModule: true, default: Factory } }).get('default')).toBe(Factory);
  });

  it('distinguishes an undefined export from a missing one', () => {
    const module = new PluginModule({ Factory: undefined });
    expect(module.has('Factory')).toBe(true);
    expect(module.has('manifest')).toBe(false);
    expect(module.get('manifest')).toBeUndefined();
  });

  it('ignores inherited members', () => {
    const module = new PluginModule({ default: {} });
    expect(module.has('toString')).toBe(false);
    expect(module.get('constructor')).toBeUndefined();
  });

  it.each([null, undefined, 'text', 42])('has no exports when the default is %s', (value) => {
    expect(new PluginModule({ default: value }).names).toEqual([]);
  });

  it('lists each export once, without those of compilers and Node', () => {
    const commonjs = { __esModule: true, createCache: Factory, default: { createCache: Factory, VERSION: 1 } };
    const namespace = { ...commonjs, 'module.exports': commonjs, default: commonjs };
    expect(new PluginModule(namespace).names).toEqual(['createCache', 'VERSION']);
  });
});
