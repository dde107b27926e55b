// The names in Redis of values and leases, without the configured prefix. No value has the name of a lease.

const LEASE = 'lease:';
const VALUE = 'value:';
/** Values with such keys get another name: it would be the name of a lease, or of a value that was renamed. */
const RENAMED = /^(value:)*lease:/;

export function leaseKeyOf(key: string): string {
  return LEASE + key;
}

/** The key itself, except for keys that begin with `lease:`. */
export function valueKeyOf(key: string): string {
  return RENAMED.test(key) ? VALUE + key : key;
}
