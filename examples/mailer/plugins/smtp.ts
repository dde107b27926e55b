// A mailer plugin for SMTP, with one connection per mail.
import { definePlugin } from '@pluggable/contract';
import { createTransport } from 'nodemailer';
import * as z from 'zod/mini';
import { invalidAddress, MAILER } from '../mailer.js';

/** Replies to RCPT TO that refuse the address permanently. RFC 5321, 4.2.3. */
const REFUSED_ADDRESS: readonly unknown[] = [501, 550, 551, 553];

export const { manifest, Factory } = definePlugin(MAILER, {
  name: 'smtp',
  version: '1.0.0',
  config: z.object({
    SMTP_URL: z.url({ protocol: /^smtps?$/, error: 'wanted smtp:// or smtps://' }),
    MAIL_FROM: z.email('wanted an address'),
  }),
  env: { SMTP_URL: 'secret', MAIL_FROM: 'public' },
  permissions: ['net'],
  create: ({ config: { SMTP_URL: url, MAIL_FROM: from }, callTimeoutMs }) => {
    const transport = createTransport({
      url,
      dnsTimeout: callTimeoutMs,
      connectionTimeout: callTimeoutMs,
      greetingTimeout: callTimeoutMs,
      socketTimeout: callTimeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    });

    return {
      async send({ to, subject, text }, options) {
        try {
          // An abort closes the connection. An address in an object is one address, whatever it contains.
          const recipient = { name: '', address: to };
          const sent = await transport.sendMail({ from, to: recipient, subject, text, signal: options?.signal });
          return { id: sent.messageId };
        } catch (error) {
          if (isRefusedAddress(error)) throw invalidAddress(to, error.message);
          throw error;
        }
      },
      async ping() {
        await transport.verify();
      },
      async close() {
        transport.close();
      },
    };
  },
});

/** Whether the server refuses the recipient, or nodemailer refuses it before sending. */
function isRefusedAddress(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error && 'command' in error) || error.code !== 'EENVELOPE') return false;
  if (error.command === 'API') return true;
  return error.command === 'RCPT TO' && 'responseCode' in error && REFUSED_ADDRESS.includes(error.responseCode);
}
