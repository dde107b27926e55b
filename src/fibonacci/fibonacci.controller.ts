// The route GET /fib/:n.
import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import { lastValueFrom, takeUntil, throwIfEmpty } from 'rxjs';
import { Answer, ClientGone, clientGone, requestIdOf } from '@pluggable/http-server';
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
   * A hit returns a plain value: Nest answers it twice as fast as an Observable. A miss subscribes to a stream that ends when the
   * client leaves. The stream is awaited here, because Nest ends a returned Observable by its own rules. The response is the only
   * parameter, because each parameter costs promises per hit (bench/README.md).
   */
  @Get(':n')
  async fibonacci(@Res({ passthrough: true }) response: Response): Promise<Answer<{ result: number }>> {
    const request = response.req;
    const n = parseN(String(request.params['n']), this.options.maxN);
    const startedMs = performance.now();
    const found = await this.service.find(n, requestIdOf(response) ?? '');
    const lookedUpMs = performance.now();
    const cacheTiming = `cache;dur=${(lookedUpMs - startedMs).toFixed(2)}`;
    if ('value' in found) {
      const headers = { 'Cache-Status': cacheStatus(found.lookup), 'Server-Timing': cacheTiming };
      return new Answer({ result: found.value }, headers);
    }

    const { isUnderWay, flight$ } = found.compute();
    const { value, isFromOtherProcess } = await lastValueFrom(
      flight$.pipe(
        takeUntil(clientGone(request)),
        throwIfEmpty(() => new ClientGone()),
      ),
    );
    const computeTiming = `compute;dur=${(performance.now() - lookedUpMs).toFixed(2)}`;
    const headers = {
      'Cache-Status': cacheStatus(found.lookup, isUnderWay || isFromOtherProcess),
      'Server-Timing': `${cacheTiming}, ${computeTiming}`,
    };
    return new Answer({ result: value }, headers);
  }
}
