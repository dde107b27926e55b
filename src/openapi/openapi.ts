// The description of the routes, built at the first request for it.
import { Injectable } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';

@Injectable()
export class OpenApi {
  private build: (() => Promise<OpenAPIObject>) | undefined;
  private built: Promise<OpenAPIObject> | undefined;

  /** Sets the function that builds the description. It is called once. */
  builtBy(build: () => Promise<OpenAPIObject>): void {
    this.build = build;
  }

  /** @returns the description. All calls get one object */
  async document(): Promise<OpenAPIObject> {
    if (this.build === undefined) throw new Error('found no description of the routes, wanted a call of builtBy()');
    return await (this.built ??= this.build());
  }
}
