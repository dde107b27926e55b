// Admission control: a queue in front of a number of places, bounded by estimated waiting time. Independent of HTTP.
export { Admission } from './admission.js';
export type { AdmissionLoad, AdmissionOptions } from './admission.js';
export { AdmissionRefused } from './admission-refused.js';
export type { RefusalReason } from './admission-refused.js';
export { after, RunningClock } from './running-clock.js';
export type { Clock } from './running-clock.js';
