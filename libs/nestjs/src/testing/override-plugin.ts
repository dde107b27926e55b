// Replaces a plugin by a fake in a test.
import type { Contract } from '@pluggable/contract';
import { getPluginToken } from '../registry/plugin-names.js';

/** The part of `TestingModuleBuilder` of @nestjs/testing that {@link overridePlugin} uses. */
export interface ProviderOverrides<Builder> {
  /** Replaces a provider. */
  overrideProvider(token: symbol): {
    /** Sets the replacement and returns the builder. */
    useValue(value: unknown): Builder;
  };
}

/**
 * Provides a fake instead of a plugin. The file of the plugin is not opened and need not exist.
 * @param builder result of `Test.createTestingModule`
 * @param contract the contract, as in `PluginModule.forPlugin`
 * @param fake the methods that the test needs
 * @param name as in `PluginModule.forPlugin`. @default 'default'
 * @returns the builder
 * @example await overridePlugin(Test.createTestingModule({ imports: [AppModule] }), MAILER, { send: vi.fn() }).compile()
 */
export function overridePlugin<T extends object, Builder extends ProviderOverrides<Builder>>(
  builder: Builder,
  contract: Contract<T>,
  fake: Partial<T>,
  name?: string,
): Builder {
  return builder.overrideProvider(getPluginToken(contract, name)).useValue(fake);
}
