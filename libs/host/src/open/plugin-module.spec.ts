// What a plugin's module exports, however it was compiled.
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

  it('tells an export that is undefined from one that is not there', () => {
    const module = new PluginModule({ Factory: undefined });
    expect(module.has('Factory')).toBe(true);
    expect(module.has('manifest')).toBe(false);
    expect(module.get('manifest')).toBeUndefined();
  });

  it('finds nothing that is only inherited', () => {
    const module = new PluginModule({ default: {} });
    expect(module.has('toString')).toBe(false);
    expect(module.get('constructor')).toBeUndefined();
  });

  it.each([null, undefined, 'text', 42])('has no exports when the default is %s', (value) => {
    expect(new PluginModule({ default: value }).names).toEqual([]);
  });

  it('names each export once, without those that compilers and Node add', () => {
    const commonjs = { __esModule: true, createCache: Factory, default: { createCache: Factory, VERSION: 1 } };
    const namespace = { ...commonjs, 'module.exports': commonjs, default: commonjs };
    expect(new PluginModule(namespace).names).toEqual(['createCache', 'VERSION']);
  });
});
