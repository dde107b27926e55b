// A real SMTP server on a free port of loopback that keeps accepted mails.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { SMTPServer } from 'smtp-server';

/** A recipient that the server refuses permanently. */
export const REFUSED = 'nobody@example.org';
/** A recipient for which the server never answers. */
export const UNANSWERED = 'slow@example.org';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body. */
  readonly content: string;
}

export class MailServer implements AsyncDisposable {
  readonly mails: ReceivedMail[] = [];
  /** Number of requests for UNANSWERED. */
  unanswered = 0;
  private isOpen = true;

  private readonly server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    logger: false,
    onRcptTo: ({ address }, _session, answer) => {
      if (address === UNANSWERED) this.unanswered++;
      else if (address === REFUSED) answer(Object.assign(new Error('no such mailbox'), { responseCode: 550 }));
      else answer();
    },
    onData: (stream, { envelope }, answer) => {
      void text(stream).then((content) => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        this.mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), content });
        answer();
      });
    },
  });

  static async start(): Promise<MailServer> {
    const mailServer = new MailServer();
    await once(mailServer.server.listen(0, '127.0.0.1'), 'listening');
    return mailServer;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.server.connections.size;
  }

  async close(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    await promisify((done: () => void) => this.server.close(done))();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
