// The module of the description of the routes, and of the page that shows it.
import { type INestApplication, Module } from '@nestjs/common';
import type { AppConfig } from '../config/config.js';
import { DocsController } from './docs.controller.js';
import { OpenApiController } from './openapi.controller.js';
import { OpenApi } from './openapi.js';

@Module({ controllers: [OpenApiController, DocsController], providers: [OpenApi] })
export class OpenApiModule {
  /** Describes the routes of this application, which imports the module. Call it before the application listens. */
  static describe(app: INestApplication, config: AppConfig): void {
    app.get(OpenApi).builtBy(async () => {
      const { openApiDocument } = await import('./document.js');
      return openApiDocument(app, config);
    });
  }
}
