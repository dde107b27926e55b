// GET and POST /admin/plugins and below: what the plugins are, and their replacement while the service runs.
import { Controller, UseGuards, UseInterceptors } from '@nestjs/common';
import { PluginAdminController } from '@pluggable/nestjs/admin';
import { AdminTokenGuard } from './admin-token.guard.js';
import { JsonBody } from './json-body.interceptor.js';

@Controller('admin/plugins')
@UseGuards(AdminTokenGuard)
@UseInterceptors(JsonBody)
export class AdminController extends PluginAdminController {}
