// Request and response classes with the prototypes of Express.
import { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';

export interface ExpressMessages {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/**
 * Classes for Node's `createServer`. Express sets the prototype of each request and response, which makes every later property
 * access slow. Setting the prototype that an object already has costs nothing.
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
