// Greets by a plugin: node examples/greeting/main.ts examples/greeting/german.plugin.mjs Ada
import { isPluginError, openPlugin } from '@pluggable/plugin-host';
import { GREETING_CONTRACT } from './greeting.contract.ts';

const [path = '', name = 'world'] = process.argv.slice(2);
try {
  const plugin = await openPlugin(GREETING_CONTRACT, { path });
  console.log(await plugin.proxy.greet(name));
  await plugin.close();
} catch (error) {
  if (!isPluginError(error)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
