// The module of the page at / and of its bursts.
import { type DynamicModule, Module } from '@nestjs/common';
import { Bursts } from './bursts.js';
import { BurstsController } from './bursts.controller.js';
import { PageController } from './page.controller.js';
import { PageFiles } from './page-files.js';
import { PLAYGROUND_OPTIONS, type PlaygroundOptions } from './playground.options.js';

@Module({ controllers: [PageController, BurstsController], providers: [PageFiles, Bursts] })
export class PlaygroundModule {
  /** @param fibonacci the module that the bursts ask */
  static register(options: PlaygroundOptions, fibonacci: DynamicModule): DynamicModule {
    return {
      module: PlaygroundModule,
      imports: [fibonacci],
      providers: [{ provide: PLAYGROUND_OPTIONS, useValue: options }],
    };
  }
}
