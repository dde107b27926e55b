// A mailer plugin that writes each mail to the log, for development.
import { randomUUID } from 'node:crypto';
import { definePlugin } from '@pluggable/contract';
import { invalidAddress, MAILER } from '../mailer.js';

export const { manifest, Factory } = definePlugin(MAILER, {
  name: 'console',
  version: '1.0.0',
  create: ({ log }) => ({
    async send({ to, subject, text }) {
      if (!to.includes('@')) throw invalidAddress(to, 'the address has no @');
      const id = randomUUID();
      log.info('mail', { id, to, subject, text });
      return { id };
    },
  }),
});
