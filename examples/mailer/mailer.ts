// The contract between the application and a mailer plugin.
import { type CallOptions, defineContract, type Lifecycle } from '@pluggable/contract';

export interface Mail {
  /** One mail address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface Mailer extends Lifecycle {
  /** Rejects with the code INVALID_ADDRESS when mail to `to` cannot be delivered, now or later. */
  send(mail: Mail, options?: CallOptions): Promise<{ id: string }>;
}

export const MAILER = defineContract<Mailer>({
  kind: 'mailer',
  version: 1,
  methods: { send: { args: ['mail'], timeoutMs: 10_000, errors: ['INVALID_ADDRESS'] } },
});

/** Creates the domain error, for plugins. */
export function invalidAddress(to: string, message: string): Error {
  return Object.assign(new Error(message), { code: 'INVALID_ADDRESS', details: { to } });
}
