// A cache plugin that stores nothing and gives every lease.
export function Factory() {
  return {
    get: async () => ({ status: 'not-found' }),
    set: async () => {},
    acquire: async () => true,
    renew: async () => true,
    release: async () => {},
  };
}
