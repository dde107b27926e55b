// A client connection and its server connection, with the fault between them.
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { DelayLine } from './delay-line.js';
import { type Fault, type Flow, type Way } from './faults.js';
import { reset } from './reset.js';

type Carry = (bytes: Uint8Array) => void;

const carriesNothing: Carry = () => {};

interface Direction {
  readonly way: Way;
  carry: Carry;
}

function start(flow: Flow | undefined, way: Way): Carry {
  return flow?.(way) ?? ((bytes) => way.pass(bytes));
}

export class Link {
  private readonly server: Socket;
  private readonly request: Direction;
  private readonly reply: Direction;
  private isSpoiled = false;

  constructor(
    private readonly client: Socket,
    server: Pick<TcpNetConnectOpts, 'port' | 'host'>,
    fault: Fault,
    private readonly onClosed: () => void,
  ) {
    this.server = connect({ ...server, allowHalfOpen: true, noDelay: true });
    this.request = this.direction(client, this.server);
    this.reply = this.direction(this.server, client);
    this.inject(fault);
  }

  get hasClient(): boolean {
    return !this.client.closed;
  }

  inject({ request, reply }: Fault): void {
    // Read before the flows start: a flow may spoil the connection at its start and must still run.
    const wasSpoiled = this.isSpoiled;
    this.request.carry = wasSpoiled ? carriesNothing : start(request, this.request.way);
    this.reply.carry = wasSpoiled ? carriesNothing : start(reply, this.reply.way);
  }

  reset(): void {
    reset(this.client);
    reset(this.server);
  }

  private direction(from: Socket, to: Socket): Direction {
    const line = new DelayLine();
    const direction: Direction = {
      way: {
        pass: (bytes, delayMs = 0) =>
          line.push(delayMs, () => {
            if (!to.write(bytes)) from.pause();
          }),
        spoil: () => (this.isSpoiled = true),
        reset: () => line.push(0, () => this.reset()),
      },
      carry: carriesNothing,
    };
    to.on('drain', () => from.resume());
    from
      .on('data', (bytes) => typeof bytes === 'string' || direction.carry(bytes))
      .on('end', () => this.isSpoiled || line.push(0, () => to.end()))
      .on('error', () => {})
      .on('close', (wasReset) => {
        line.clear();
        if (wasReset && !this.isSpoiled) this.reset();
        if (this.client.closed && this.server.closed) this.onClosed();
      });
    return direction;
  }
}
