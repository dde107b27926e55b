// The admin routes. They exist when there is a token for them.
import { Module } from '@nestjs/common';
import { AdminController } from './admin.controller.js';

@Module({ controllers: [AdminController] })
export class AdminModule {}
