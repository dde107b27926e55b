// The routes of the page: GET / and the files that it loads.
import { basename } from 'node:path/posix';
import { Controller, Get, Res } from '@nestjs/common';
import type { Response } from 'express';
import { PAGE_FILES, type PageFile, PageFiles } from './page-files.js';

/** Everything from this service only. Trusted Types: the page cannot turn text into markup or code. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

@Controller()
export class PageController {
  constructor(private readonly files: PageFiles) {}

  @Get()
  page(@Res() response: Response): void {
    response.setHeader('Content-Security-Policy', POLICY);
    response.setHeader('Referrer-Policy', 'no-referrer');
    send(response, this.files.page);
  }

  @Get(PAGE_FILES.map((name) => `playground/${name}`))
  file(@Res() response: Response): void {
    send(response, this.files.file(basename(response.req.path)));
  }
}

function send(response: Response, { type, bytes }: PageFile): void {
  response.type(type).send(bytes);
}
