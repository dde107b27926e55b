// The description of the routes, built at the first request for it.
import { Injectable } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';

@Injectable()
export class OpenApi {
  private build: (() => Promise<OpenAPIObject>) | undefined;
  private built: Promise<string> | undefined;

  /** Sets the function that builds the description. It is called once, and again after a failure. */
  builtBy(build: () => Promise<OpenAPIObject>): void {
    this.build = build;
  }

  /** @returns the description as JSON, the same for all calls */
  async json(): Promise<string> {
    if (this.build === undefined) throw new Error('found no description of the routes, wanted a call of builtBy()');
    this.built ??= this.build().then((document) => JSON.stringify(document));
    try {
      return await this.built;
    } catch (error) {
      this.built = undefined;
      throw error;
    }
  }
}
