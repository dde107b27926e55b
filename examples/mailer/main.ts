// The application: POST /mails sends a mail with the plugin in MAILER_PLUGIN.
import 'reflect-metadata';
import { Body, Controller, Module, Post, StandardSchemaValidationPipe } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { InjectPlugin, isPluginError, PluginModule } from '@pluggable/nestjs';
import { type Mail, MAILER, type Mailer } from './mailer.js';
import { MAIL_SCHEMA, MAILER_HOST } from './mailer.host.js';
import { OperationsModule } from './operations.module.js';

@Controller('mails')
class Mails {
  constructor(@InjectPlugin(MAILER) private readonly mailer: Mailer) {}

  @Post()
  async send(@Body({ schema: MAIL_SCHEMA, pipes: [StandardSchemaValidationPipe] }) mail: Mail): Promise<object> {
    return await this.mailer.send(mail);
  }
}

const mailer = PluginModule.forPluginAsync(MAILER_HOST, {
  inject: [ConfigService],
  useFactory: (config: ConfigService) => ({
    path: config.get('MAILER_PLUGIN'),
    isolation: config.get('MAILER_ISOLATION'), // inline, worker or process
    swapWithin: config.get('MAILER_PLUGIN_DIR'), // the only folder from which a plugin may be swapped in
    settingNames: { path: 'MAILER_PLUGIN', swapWithin: 'MAILER_PLUGIN_DIR' }, // for error messages
  }),
});

@Module({ imports: [ConfigModule.forRoot({ isGlobal: true }), mailer, OperationsModule], controllers: [Mails] })
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
