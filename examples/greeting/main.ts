// Greets by a plugin: node examples/greeting/main.ts examples/greeting/german.plugin.mjs Ada [inline | worker | process]
import { isPluginError, openPlugin, PLUGIN_MODES } from '@pluggable/host';
import { GREETING_CONTRACT } from './greeting.contract.ts';

const [path = '', name = 'world', mode = 'inline'] = process.argv.slice(2);
const isolation = PLUGIN_MODES.find((known) => known === mode);
try {
  const plugin = await openPlugin(GREETING_CONTRACT, { path, isolation });
  console.log(await plugin.proxy.greet(name));
  await plugin.close();
} catch (error) {
  if (!isPluginError(error)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
