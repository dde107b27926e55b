// The route GET /openapi.json.
import { Controller, Get, Header } from '@nestjs/common';
import { OpenApi } from './openapi.js';

@Controller('openapi.json')
export class OpenApiController {
  constructor(private readonly openApi: OpenApi) {}

  /** The description of all routes in the format of OpenAPI 3.1. */
  @Get()
  @Header('Content-Type', 'application/json; charset=utf-8')
  async document(): Promise<string> {
    return await this.openApi.json();
  }
}
