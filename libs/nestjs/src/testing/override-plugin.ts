// A fake in place of a plugin.
import type { Contract } from '@pluggable/contract';
import { getPluginToken } from '../registry/plugin-names.js';

/** A `TestingModuleBuilder` of @nestjs/testing. */
interface Overridable<Builder> {
  overrideProvider(token: symbol): { useValue(value: unknown): Builder };
}

/**
 * Provides a fake instead of the plugin of a contract. Its file is not opened, and need not exist.
 * @param fake what of the contract the test needs
 * @param name as in `PluginModule.forPlugin`. @default 'default'
 * @example await overridePlugin(Test.createTestingModule({ imports: [AppModule] }), MAILER, { send: vi.fn() }).compile()
 */
export function overridePlugin<T extends object, Builder extends Overridable<Builder>>(
  builder: Builder,
  contract: Contract<T>,
  fake: Partial<T>,
  name?: string,
): Builder {
  return builder.overrideProvider(getPluginToken(contract, name)).useValue(fake);
}
