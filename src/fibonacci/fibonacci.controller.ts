// GET /fib/:n.
import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import { lastValueFrom, takeUntil, throwIfEmpty } from 'rxjs';
import { Answer, ClientGone, clientGone } from '@pluggable/http-server';
import { cacheStatus } from './cache-status.js';
import { FIBONACCI_OPTIONS, type FibonacciOptions } from './fibonacci.module-definition.js';
import { FibonacciService } from './fibonacci.service.js';
import { parseN } from './parse-n.js';

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
  async fibonacci(@Res({ passthrough: true }) response: Response): Promise<Answer<{ result: number }>> {
    const request = response.req;
    const n = parseN(String(request.params['n']), this.options.maxN);
    const startedMs = performance.now();
    const found = await this.service.find(n);
    const lookedUpMs = performance.now();
    const cacheTiming = `cache;dur=${(lookedUpMs - startedMs).toFixed(2)}`;
    if ('value' in found) {
      const headers = { 'Cache-Status': cacheStatus(found.lookup), 'Server-Timing': cacheTiming };
      return new Answer({ result: found.value }, headers);
    }

    const { isUnderWay, flight$ } = found.compute();
    const result = await lastValueFrom(
      flight$.pipe(
        takeUntil(clientGone(request)),
        throwIfEmpty(() => new ClientGone()),
      ),
    );
    const computeTiming = `compute;dur=${(performance.now() - lookedUpMs).toFixed(2)}`;
    const headers = {
      'Cache-Status': cacheStatus(found.lookup, isUnderWay),
      'Server-Timing': `${cacheTiming}, ${computeTiming}`,
    };
    return new Answer({ result }, headers);
  }
}
