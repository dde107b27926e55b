// HTTP routes that list, show and swap plugins and refresh plugin folders.
import { Body, Get, Headers, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { isPluginError, type PluginError } from '@pluggable/host';
import type { PluginMap } from '../registry/plugin-map.js';
import type { PluginRef } from '../registry/plugin-ref.js';
import type { PluginRefStatus } from '../registry/plugin-ref-status.js';
import { PluginRegistry } from '../registry/plugin-registry.js';
import { PluginProblemException } from './plugin-problem.exception.js';
import { swapRequestOf } from './swap-request.js';

/** The path of a plugin: `kind`, `kind/name`, or `kind/folder/name` in a named folder. */
const ONE = [':kind', ':kind/:name', ':kind/:folder/:name'];

/** Metadata key of the guards of a class in Nest. */
const GUARDS = '__guards__';

/**
 * Admin routes of plugins. Extend the class and add a path and a guard. A swap runs code inside the application, so protect these
 * routes well.
 *
 * - `GET /`: all plugins and folders
 * - `GET /mailer`, `GET /storage/archive`: one plugin, with secrets masked
 * - `POST /mailer` with `{ path, factoryName?, integrity?, isolation? }`: swaps the plugin, see {@link PluginRef.swap}
 * - `POST /`: refreshes all folders, see {@link PluginMap.refresh}
 *
 * A refused request throws a {@link PluginProblemException}: 400 for an invalid body, 404 for an unknown plugin, 422 with code and
 * message of the PluginError. Add `@UseFilters(PluginProblemFilter)` to answer as `application/problem+json`.
 *
 * The constructor throws a TypeError if the class itself has no guard.
 *
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
        `${new.target.name} has no guard, but its routes load code; add @UseGuards(...) to the class, even if there is a global guard`,
      );
    }
  }

  /** Returns the status of all plugins, and all folders with their failed files. */
  @Get()
  list(): object {
    const { plugins, folders } = this.registry;
    return { plugins: plugins.map((ref) => shown(ref.status())), folders: folders.map(shownFolder) };
  }

  /** Returns the status of one plugin. @throws PluginProblemException 404 */
  @Get(ONE)
  status(@Param() params: Readonly<Record<string, string>>): object {
    return shown(this.find(params).status());
  }

  /** Swaps the plugin and returns its status when the new one serves. @throws PluginProblemException 400, 404, 422 */
  @Post(ONE)
  @HttpCode(200)
  async swap(
    @Param() params: Readonly<Record<string, string>>,
    @Body() body: unknown,
    @Headers('content-type') type?: string,
  ): Promise<object> {
    const ref = this.find(params);
    if (type !== undefined && !/\bjson\b/i.test(type)) {
      const detail = `found the header Content-Type: ${type}, wanted a JSON object with Content-Type: application/json`;
      throw new PluginProblemException({ status: 400, detail });
    }
    const wanted = swapRequestOf(body);
    if ('problems' in wanted) {
      throw new PluginProblemException({ status: 400, detail: `the body is invalid: ${wanted.problems.join('; ')}` });
    }
    const status = await orProblem(() => ref.swap(wanted.request));
    return { ...shown(status), lasts: 'until the restart, which opens the configured path again' };
  }

  /** Refreshes all folders and returns the changes of each. @throws PluginProblemException 422 */
  @Post()
  @HttpCode(200)
  async refresh(): Promise<object> {
    return { folders: Object.fromEntries(await orProblem(() => this.registry.refresh())) };
  }

  private find({ kind, folder, name }: Readonly<Record<string, string>>): PluginRef {
    const wanted = [kind, folder, name].filter((part) => part !== undefined).join('/');
    const ref = this.registry.get(wanted);
    if (ref !== undefined) return ref;
    const known = this.registry.plugins.map((one) => one.name).join(', ') || 'none';
    throw new PluginProblemException({ status: 404, detail: `unknown plugin ${wanted}; known plugins: ${known}` });
  }
}

/** @throws PluginProblemException instead of a PluginError */
async function orProblem<Result>(work: () => Promise<Result>): Promise<Result> {
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
