// Somebody's own application, in one file, with a cache that is a plugin.
import 'reflect-metadata';
import { Controller, Get, Inject, Injectable, Module, Param } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { CACHE, type Cache, CacheModule, CachePlugin, isPluginError } from '@pluggable/cache';

@Injectable()
class Quotes {
  asked = 0;

  constructor(@Inject(CACHE) private readonly cache: Cache) {}

  async quote(id: string): Promise<string> {
    const lookup = await this.cache.get(id);
    if (lookup.status === 'hit') return lookup.value;
    this.asked++;
    const quote = `quote ${id}, from far away`;
    await this.cache.set(id, quote, 60_000);
    return quote;
  }
}

@Controller('quotes')
class QuotesController {
  constructor(
    private readonly quotes: Quotes,
    private readonly plugin: CachePlugin,
  ) {}

  @Get(':id')
  async quote(@Param('id') id: string) {
    const quote = await this.quotes.quote(id);
    return { quote, asked: this.quotes.asked, cache: this.plugin.status().state };
  }
}

@Module({
  imports: [
    ConfigModule.forRoot(),
    CacheModule.forRootAsync({
      imports: [ConfigModule],
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        path: config.get('CACHE_PLUGIN_PATH'),
        isolation: config.get('CACHE_PLUGIN_ISOLATION'), // inline, worker or process
        settingNames: { path: 'CACHE_PLUGIN_PATH' },
      }),
    }),
  ],
  controllers: [QuotesController],
  providers: [Quotes],
})
class AppModule {}

try {
  const app = await NestFactory.create(AppModule, { abortOnError: false });
  app.enableShutdownHooks();
  await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
  console.log(`listening on ${await app.getUrl()}/quotes/1`);
} catch (error) {
  if (!isPluginError(error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
