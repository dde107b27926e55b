// The route GET /openapi.json.
import { Controller, Get } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { OpenApi } from './openapi.js';

@Controller('openapi.json')
export class OpenApiController {
  constructor(private readonly openApi: OpenApi) {}

  /** The description of all routes in the format of OpenAPI 3.1. */
  @Get()
  async document(): Promise<OpenAPIObject> {
    return await this.openApi.document();
  }
}
