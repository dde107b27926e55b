// The host's side of the contract: schemas, which plugins do not need.
import * as z from 'zod';
import { MAILER } from './mailer.js';

export const MAIL_SCHEMA = z.strictObject({ to: z.string(), subject: z.string(), text: z.string() });

export const MAILER_HOST = MAILER.with({ output: { send: z.object({ id: z.string() }) } });
