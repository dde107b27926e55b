// The routes GET /docs and GET /docs/:file: Swagger UI.
import { Controller, Get, Header, NotFoundException, Res } from '@nestjs/common';
import { ClientGone } from '@pluggable/http-server';
import type { Response } from 'express';
import { DOCS_FILES, DOCS_PAGE, DOCS_POLICY, swaggerUiFolder } from './docs-page.js';

/** How long a browser keeps a file, in milliseconds. Its name stays the same after an update. */
const MAX_AGE_MS = 3_600_000;

@Controller('docs')
export class DocsController {
  /** The page. */
  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', DOCS_POLICY)
  page(): string {
    return DOCS_PAGE;
  }

  /** A file of the page. */
  @Get(':file')
  async file(@Res() response: Response): Promise<void> {
    const file = DOCS_FILES.get(String(response.req.params['file']));
    if (file === undefined) throw new NotFoundException();
    if ('text' in file) {
      response.type(file.type).send(file.text);
      return;
    }
    await sent(response, file.name);
  }
}

async function sent(response: Response, name: string): Promise<void> {
  const options = { root: swaggerUiFolder(), maxAge: MAX_AGE_MS, acceptRanges: false };
  await new Promise<void>((resolve, reject) => {
    response.sendFile(name, options, (error?: NodeJS.ErrnoException) => {
      if (error === undefined) resolve();
      else reject(response.req.socket.destroyed ? new ClientGone() : error);
    });
  });
}
