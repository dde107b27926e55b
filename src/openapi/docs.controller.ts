// The routes GET /docs and GET /docs/:file: Swagger UI.
import { Controller, Get, Header, NotFoundException, Param, Res } from '@nestjs/common';
import type { Response } from 'express';
import { docsFile } from './docs-files.js';
import { DOCS_PAGE, DOCS_POLICY } from './docs-page.js';

/** How long a browser keeps a file, in seconds. Its name stays the same after an update. */
const MAX_AGE_S = 3_600;

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
  file(@Param('file') name: string, @Res() response: Response): void {
    const file = docsFile(name);
    if (file === undefined) throw new NotFoundException();
    response.setHeader('Cache-Control', `public, max-age=${MAX_AGE_S}`);
    response.type(file.type).send(file.bytes);
  }
}
