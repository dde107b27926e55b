// The admin routes. They exist when there is a token for them.
import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { json } from 'express';
import { AdminController } from './admin.controller.js';

@Module({ controllers: [AdminController] })
export class AdminModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(json({ limit: '16kb', strict: false })).forRoutes(AdminController);
  }
}
