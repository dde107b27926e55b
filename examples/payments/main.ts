// The application: each plugin file in the folder is a payment provider.
import 'reflect-metadata';
import { join } from 'node:path';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Module,
  NotFoundException,
  Param,
  Post,
  StandardSchemaValidationPipe,
  UseFilters,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type FolderChanges, InjectPlugins, isPluginError, type PluginMap, PluginModule } from '@pluggable/nestjs';
import { PluginProblemException, PluginProblemFilter } from '@pluggable/nestjs/admin';
import * as z from 'zod';
import { type Order, PAYMENT, type Payment } from './payment.js';

const ORDER = z.strictObject({ reference: z.string().min(1), cents: z.int().positive() });
const DIRECTORY = process.env['PAYMENTS_DIR'] ?? join(import.meta.dirname, '..', 'plugins');

@Controller('providers')
@UseFilters(PluginProblemFilter)
class ProviderController {
  constructor(@InjectPlugins(PAYMENT) private readonly payments: PluginMap<Payment>) {}

  /** `failed`: the files without a working plugin, each with the code of its error. */
  @Get()
  list(): object {
    const failed = [...this.payments.failed].map(([file, { code }]) => [file, code] as const);
    return { providers: [...this.payments.keys()], failed: Object.fromEntries(failed) };
  }

  /** Reads the folder again. Protect such a route: it runs the code of new files. */
  @Post('refresh')
  @HttpCode(200)
  async refresh(): Promise<FolderChanges> {
    return await this.payments.refresh();
  }

  @Post(':name/payments')
  async pay(
    @Param('name') name: string,
    @Body({ schema: ORDER, pipes: [StandardSchemaValidationPipe] }) order: Order,
  ): Promise<object> {
    const provider = this.payments.get(name);
    if (provider === undefined) throw new NotFoundException(`unknown provider ${name}`);
    return await provider.pay(order).catch(answerDeclined);
  }
}

/** Answers the domain error with 402; rethrows every other error. */
function answerDeclined(error: unknown): never {
  if (!(error instanceof Error && 'code' in error && error.code === 'DECLINED')) throw error;
  throw new PluginProblemException({ status: 402, detail: error.message, code: error.code });
}

@Module({
  imports: [PluginModule.forDirectory(PAYMENT, { directory: DIRECTORY, settingNames: { directory: 'PAYMENTS_DIR' } })],
  controllers: [ProviderController],
})
class AppModule {}

try {
  // Log lines are buffered until the start has succeeded: a failed start prints one sentence.
  const app = await NestFactory.create(AppModule, { abortOnError: false, bufferLogs: true, autoFlushLogs: false });
  app.enableShutdownHooks().flushLogs();
  await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
  console.log(`listening on ${await app.getUrl()}`);
} catch (error) {
  if (!isPluginError(error)) throw error;
  console.error(error.message);
  process.exit(1);
}
