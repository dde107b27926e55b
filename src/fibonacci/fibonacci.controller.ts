// GET /fib/:n.
import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import { lastValueFrom, takeUntil, throwIfEmpty } from 'rxjs';
import { ClientGone, clientGone } from '@pluggable/http-server';
import { FIBONACCI_OPTIONS, type FibonacciOptions } from './fibonacci.module-definition.js';
import { FibonacciService, type Miss } from './fibonacci.service.js';
import { parseN } from './parse-n.js';

/** How a miss is called in Cache-Status (RFC 9211, 2.2). */
const FORWARDED: Readonly<Record<Miss, string>> = {
  'not-found': 'uri-miss',
  expired: 'stale',
  failed: 'miss',
};

@Controller('fib')
export class FibonacciController {
  constructor(
    private readonly service: FibonacciService,
    @Inject(FIBONACCI_OPTIONS) private readonly options: FibonacciOptions,
  ) {}

  /**
   * A hit is answered as a plain value: Nest is twice as fast with it as with an Observable. Anything else is a stream that
   * ends with the client; it is awaited here, because an Observable that is returned is cut by Nest, not by us. The response is
   * the one parameter, because each costs a hit promises (bench/README.md).
   */
  @Get(':n')
  async fibonacci(@Res({ passthrough: true }) response: Response): Promise<{ result: number }> {
    const n = parseN(String(response.req.params['n']), this.options.maxN);
    const startedMs = performance.now();
    const lookup = await this.service.lookUp(n);
    const lookedUpMs = performance.now();
    const cacheTiming = `cache;dur=${(lookedUpMs - startedMs).toFixed(2)}`;
    if ('value' in lookup) {
      response.setHeader('Cache-Status', 'pluggable; hit');
      response.setHeader('Server-Timing', cacheTiming);
      return { result: lookup.value };
    }

    const collapsed = this.service.isComputing(n) ? '; collapsed' : '';
    const result = await lastValueFrom(
      this.service.compute(n).pipe(
        takeUntil(clientGone(response.req)),
        throwIfEmpty(() => new ClientGone()),
      ),
    );
    response.setHeader('Cache-Status', `pluggable; fwd=${FORWARDED[lookup.miss]}${collapsed}`);
    response.setHeader('Server-Timing', `${cacheTiming}, compute;dur=${(performance.now() - lookedUpMs).toFixed(2)}`);
    return { result };
  }
}
