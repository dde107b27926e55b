// A greeting plugin: one file, no imports, no build.
export const manifest = { kind: 'greeting', contract: 1, name: 'german', version: '1.0.0', env: ['GREETING_MARK'] };

export const Factory = (log, { config }) => ({
  greet: async (name) => `Guten Tag, ${name}${config.GREETING_MARK ?? '.'}`,
});
