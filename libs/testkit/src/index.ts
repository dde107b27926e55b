// Helpers for tests of plugins: the built file, network faults and leaked resources.
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
export type { ClosablePlugin } from './plugin-file.js';
