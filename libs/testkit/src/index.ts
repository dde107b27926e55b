// For the tests of any plugin: its built file, a network that fails, and what is left open.
export {
  blackHole,
  byteByByte,
  cutAfter,
  garbage,
  latency,
  openFaultProxy,
  passThrough,
  refuse,
  resetAfter,
} from './fault-proxy/fault-proxy.js';
export type { Fault, FaultProxy, FaultProxyOptions, Flow, Way } from './fault-proxy/fault-proxy.js';
export { leftOpenBy } from './open-resources.js';
export { pluginFile } from './plugin-file.js';
