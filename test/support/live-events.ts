// A client of GET /events, which keeps all messages.
import type { LiveMessages, RequestsMessage } from '../../src/events/live-message.js';
import type { RequestStep } from '../../src/fibonacci/request-step.js';
import { eventually } from './eventually.js';

type Name = keyof LiveMessages;

export class LiveClient implements Disposable {
  /** The text so far. */
  text = '';
  private readonly left = new AbortController();

  private constructor(
    readonly status: number,
    readonly headers: Headers,
    private readonly ends: Promise<void>,
  ) {}

  static async open(url: string): Promise<LiveClient> {
    const left = new AbortController();
    const response = await fetch(`${url}/events`, { signal: left.signal });
    const { promise, resolve } = Promise.withResolvers<void>();
    const client = new LiveClient(response.status, response.headers, promise);
    left.signal.addEventListener('abort', () => resolve());
    client.left.signal.addEventListener('abort', () => left.abort());
    void client.read(response).then(resolve, resolve);
    return client;
  }

  /** All messages of a name so far. */
  messages<Wanted extends Name>(name: Wanted): LiveMessages[Wanted][] {
    return this.text
      .split('\n\n')
      .slice(0, -1)
      .filter((block) => block.split('\n').includes(`event: ${name}`))
      .map((block) => JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '') as LiveMessages[Wanted]);
  }

  /** Waits for a message. */
  async message<Wanted extends Name>(
    name: Wanted,
    isWanted: (message: LiveMessages[Wanted]) => boolean = () => true,
  ): Promise<LiveMessages[Wanted]> {
    return await eventually(`a message ${name}`, () => this.messages(name).find(isWanted));
  }

  /** The steps of requests so far. */
  steps(): RequestStep[] {
    return this.messages('requests').flatMap(({ steps }: RequestsMessage) => steps);
  }

  /** Waits until the service ends the stream. */
  async ended(): Promise<void> {
    await this.ends;
  }

  leave(): void {
    this.left.abort();
  }

  [Symbol.dispose](): void {
    this.leave();
  }

  private async read({ body }: Response): Promise<void> {
    if (body === null) return;
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) this.text += chunk;
  }
}
