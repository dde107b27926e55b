// Lists the plugins, shows one, swaps one, and looks into the folders again.
import { Body, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { isPluginError, type PluginError } from '@pluggable/host';
import type { PluginMap } from '../registry/plugin-map.js';
import type { PluginRef, PluginRefStatus } from '../registry/plugin-ref.js';
import { PluginRegistry } from '../registry/plugin-registry.js';
import { PluginProblemException } from './plugin-problem.exception.js';
import { swapRequestOf } from './swap-request.js';

/** A plugin is `kind`, `kind/name`, or in a folder with a name `kind/folder/name`. */
const ONE = [':kind', ':kind/:name', ':kind/:folder/:name'];

/** Where Nest keeps the guards of a class. */
const GUARDS = '__guards__';

/**
 * The admin routes of plugins. Extend it with a path and a guard: who may swap a plugin may run code in the application.
 *
 * - `GET /`: every plugin and every folder
 * - `GET /mailer`, `GET /storage/archive`: one plugin, secrets masked
 * - `POST /mailer` with `{ path, factoryName?, integrity?, isolation? }`: swaps it, see `PluginRef.swap`
 * - `POST /`: looks into every folder again, see `PluginMap.refresh`
 *
 * A refusal is a `PluginProblemException`: 400 for a wrong body, 404 for a plugin that is not there, 422 with the code and the
 * sentence of the PluginError. Add `@UseFilters(PluginProblemFilter)` to have it as `application/problem+json`.
 *
 * @throws TypeError at the start when the class has no guard of its own
 * @example
 * @Controller('admin/plugins')
 * @UseGuards(AdminGuard)
 * export class AdminController extends PluginAdminController {}
 */
export abstract class PluginAdminController {
  constructor(@Inject(PluginRegistry) private readonly registry: PluginRegistry) {
    const guards: unknown = Reflect.getMetadata(GUARDS, new.target);
    if (!Array.isArray(guards) || guards.length === 0) {
      throw new TypeError(
        `${new.target.name} has no guard, wanted one, because its routes load code; put @UseGuards(...) on the class, also beside a global guard`,
      );
    }
  }

  @Get()
  list(): object {
    const { plugins, folders } = this.registry;
    return { plugins: plugins.map((ref) => shown(ref.status())), folders: folders.map(shownFolder) };
  }

  @Get(ONE)
  status(@Param() params: Readonly<Record<string, string>>): object {
    return shown(this.find(params).status());
  }

  /** Answers when the new plugin serves. After a failure the old plugin goes on. */
  @Post(ONE)
  @HttpCode(200)
  async swap(@Param() params: Readonly<Record<string, string>>, @Body() body: unknown): Promise<object> {
    const ref = this.find(params);
    const wanted = swapRequestOf(body);
    if ('problems' in wanted) {
      throw new PluginProblemException({ status: 400, detail: `the body is wrong: ${wanted.problems.join('; ')}` });
    }
    const status = await refused(() => ref.swap(wanted.request));
    return { ...shown(status), lasts: 'until the restart; then the configured path counts again' };
  }

  @Post()
  @HttpCode(200)
  async refresh(): Promise<object> {
    return { folders: Object.fromEntries(await refused(() => this.registry.refresh())) };
  }

  private find({ kind, folder, name }: Readonly<Record<string, string>>): PluginRef {
    const wanted = [kind, folder, name].filter((part) => part !== undefined).join('/');
    const ref = this.registry.get(wanted);
    if (ref !== undefined) return ref;
    const known = this.registry.plugins.map((one) => one.name).join(', ') || 'none';
    throw new PluginProblemException({ status: 404, detail: `there is no plugin ${wanted}; there are: ${known}` });
  }
}

/** @throws PluginProblemException instead of a PluginError */
async function refused<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isPluginError(error)) throw error;
    throw new PluginProblemException({ status: 422, detail: error.message, code: error.code }, { cause: error });
  }
}

function shown({ failure, ...status }: PluginRefStatus): object {
  return { ...status, failure: failure && { ...failure, error: shownError(failure.error) } };
}

function shownFolder({ name, directory, failed }: PluginMap<object>): object {
  const files = [...failed].map(([file, error]) => [file, shownError(error)] as const);
  return { name, directory, failed: Object.fromEntries(files) };
}

function shownError({ code, message }: PluginError): object {
  return { code, message };
}
