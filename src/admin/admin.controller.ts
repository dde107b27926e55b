// The routes under /admin/plugins: the status of the plugins, and their replacement at run time.
import { Controller, UseGuards, UseInterceptors } from '@nestjs/common';
import { JsonBody } from '@pluggable/http-server';
import { PluginAdminController } from '@pluggable/nestjs/admin';
import { AdminTokenGuard } from './admin-token.guard.js';

@Controller('admin/plugins')
@UseGuards(AdminTokenGuard)
@UseInterceptors(JsonBody)
export class AdminController extends PluginAdminController {}
