// The description of a running program, and the comparison of real answers with it.
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Program } from './program.js';
import { get } from './request.js';

interface Described {
  readonly description: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { readonly schema?: object; readonly example?: unknown }>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: Readonly<Record<string, unknown>>;
  }[];
  readonly responses: Readonly<Record<string, Described | { readonly $ref: string }>>;
}

export interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly securitySchemes?: Readonly<Record<string, object>>;
    readonly headers: Readonly<Record<string, { readonly required: boolean }>>;
    readonly responses: Readonly<Record<string, Described>>;
    readonly schemas: Readonly<Record<string, object>>;
  };
}

export interface RealAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export async function documentOf(program: Program): Promise<Document> {
  const { status, body } = await get(program.url, '/openapi.json');
  if (status !== 200) throw new Error(`found ${status} for /openapi.json, wanted 200`);
  return body as Document;
}

/** All operations as `GET /fib/{n}`, sorted. */
export function operationsOf({ paths }: Document): string[] {
  return Object.entries(paths)
    .flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`))
    .toSorted();
}

/** A described answer, with its place in the document. */
export interface Place extends Described {
  readonly pointer: string;
}

export class Description {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });

  constructor(readonly document: Document) {
    formats.default(this.ajv);
    this.ajv.addSchema(document, 'openapi');
  }

  operation(name: string): Operation {
    const [method = '', path = ''] = name.split(' ');
    const operation = this.document.paths[path]?.[method.toLowerCase()];
    if (operation === undefined) throw new Error(`found no ${name} in the description`);
    return operation;
  }

  /** @returns the described answer; undefined if the operation has none with this status */
  answer(name: string, status: number | string): Place | undefined {
    const [method = '', path = ''] = name.split(' ');
    const response = this.operation(name).responses[status];
    if (response === undefined) return undefined;
    if (!('$ref' in response)) {
      return { ...response, pointer: pointer('paths', path, method.toLowerCase(), 'responses', String(status)) };
    }
    const component = response.$ref.replace('#/components/responses/', '');
    const shared = this.document.components.responses[component];
    return shared && { ...shared, pointer: pointer('components', 'responses', component) };
  }

  /** All differences between a body and its schema. */
  problemsOfBody({ pointer: place }: Place, type: string, body: unknown): string[] {
    const $ref = `openapi#${place}${pointer('content', type, 'schema')}`;
    const isValid = this.ajv.validate({ $ref }, body);
    return isValid ? [] : (this.ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }

  /** All differences between a real answer and the description of its operation. */
  problemsOf(name: string, { status, headers, text }: RealAnswer): string[] {
    const place = this.answer(name, status);
    if (place === undefined) return [`the status ${status} is not described`];
    const missing = Object.keys(place.headers ?? {})
      .filter((header) => this.document.components.headers[header]?.required === true && !headers.has(header))
      .map((header) => `the header ${header} is missing`);
    const type = headers.get('content-type')?.split(';')[0] ?? 'nothing';
    if (place.content?.[type] === undefined) return [...missing, `the type ${type} is not described`];
    return [...missing, ...(type.endsWith('json') ? this.problemsOfBody(place, type, JSON.parse(text)) : [])];
  }
}

/** A JSON pointer in a URI fragment. */
function pointer(...parts: readonly string[]): string {
  return parts.map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');
}
