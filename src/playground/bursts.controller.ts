// The route POST /playground/bursts.
import { Body, Controller, HttpCode, Inject, Post, Res, UseInterceptors } from '@nestjs/common';
import { clientGone, JsonBody, type Problem, ProblemException, requestIdOf } from '@pluggable/http-server';
import type { Response } from 'express';
import * as z from 'zod';
import { Bursts } from './bursts.js';
import type { BurstRequest, BurstResult } from './page-facts.js';
import { MAX_BURST, PLAYGROUND_OPTIONS, type PlaygroundOptions } from './playground.options.js';

@Controller('playground/bursts')
@UseInterceptors(JsonBody)
export class BurstsController {
  /** Created by the first request: it costs a millisecond. */
  private schema: z.ZodType<BurstRequest> | undefined;

  constructor(
    private readonly bursts: Bursts,
    @Inject(PLAYGROUND_OPTIONS) private readonly options: PlaygroundOptions,
  ) {}

  /** Answers when all requests of the burst have ended. */
  @Post()
  @HttpCode(200)
  async burst(@Body() body: unknown, @Res({ passthrough: true }) response: Response): Promise<BurstResult> {
    const wanted = this.parse(body);
    const { waitMs } = this.bursts;
    if (waitMs > 0) {
      const detail = 'one burst runs at a time, and at most one begins in a second';
      throw new ProblemException({ status: 429, error: 'too many bursts', detail, retryAfterMs: waitMs });
    }
    return await this.bursts.run(wanted, requestIdOf(response) ?? '', clientGone(response.req));
  }

  private parse(body: unknown): BurstRequest {
    this.schema ??= z.strictObject(
      { n: wholeNumber(0, this.options.maxN), count: wholeNumber(1, MAX_BURST) },
      { error: problemOf },
    );
    const { data, error } = this.schema.safeParse(body);
    if (data !== undefined) return data;
    const problems = error.issues.map(({ path, message }) => [...path, message].join(': '));
    throw new ProblemException(invalid([...new Set(problems)].join('; ')));
  }
}

function problemOf(issue: z.core.$ZodRawIssue): string {
  return issue.code === 'unrecognized_keys'
    ? `unknown field ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`
    : 'wanted a JSON object with n and count, sent with the header Content-Type: application/json';
}

function invalid(detail: string): Problem {
  return { status: 400, error: 'invalid value', detail };
}

function wholeNumber(min: number, max: number): z.ZodType<number> {
  const message = `wanted a whole number from ${min} to ${max}`;
  return z.int(message).min(min, message).max(max, message);
}
