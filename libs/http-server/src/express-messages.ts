// Requests and responses that have Express's prototypes from the beginning.
import { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';

export interface ExpressMessages {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/**
 * Classes for Node's `createServer`. Express sets the prototype of each request and each response, which makes every later access
 * to their properties slow. To set the prototype that an object has already costs nothing.
 */
export function expressMessages(app: Express): ExpressMessages {
  return {
    IncomingMessage: withPrototype(IncomingMessage, app.request),
    ServerResponse: withPrototype(ServerResponse, app.response),
  };
}

/** Not a class: the prototype of a class cannot be replaced. */
function withPrototype<Message extends abstract new (...args: never[]) => object>(
  base: Message,
  prototype: object,
): Message {
  function Constructor(...args: unknown[]): object {
    return Reflect.construct(base as unknown as new () => object, args, Constructor) as object;
  }
  Constructor.prototype = prototype;
  return Object.setPrototypeOf(Constructor, base) as Message;
}
