// The parts of a description that all routes share: headers and answers of the server.
import { STATUS_CODES } from 'node:http';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { AppConfig } from '../config/config.js';
import { EVERY_HEADER, headerRefs, ref } from './components.js';
import { everyAnswer } from './every-answer.js';
import { problemResponse } from './problems.js';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;
type Responses = NonNullable<NonNullable<OpenAPIObject['components']>['responses']>;

/** Adds them to the document, and returns it. */
export function complete(document: OpenAPIObject, config: AppConfig): OpenAPIObject {
  const answers = everyAnswer(config).map((problem) => ({ name: nameOf(problem.status), ...problem }));
  const shared: Responses = Object.fromEntries(answers.map(({ name, ...problem }) => [name, problemResponse(problem)]));
  const refs: Responses = Object.fromEntries(answers.map(({ name, status }) => [status, ref('responses', name)]));
  for (const [path, item] of Object.entries(document.paths)) {
    for (const operation of operationsOf(item)) {
      operation.parameters = (operation.parameters ?? []).filter(
        (parameter) => !('in' in parameter) || isOf(path, parameter),
      );
      operation.responses = { ...refs, ...withHeaders(operation.responses) };
    }
  }
  document.components = { ...document.components, responses: withHeaders(shared) };
  return document;
}

/** The paths of a method share its decorators. The description of a body has its content type (OpenAPI 3.1, 4.8.12.2). */
function isOf(path: string, { name, in: place }: { readonly name: string; readonly in: string }): boolean {
  return place === 'path' ? path.includes(`{${name}}`) : name !== 'content-type';
}

function operationsOf({ get, post }: PathItem): Operation[] {
  return [get, post].filter((operation) => operation !== undefined);
}

function withHeaders(responses: Operation['responses']): Responses {
  const all: Responses = {};
  for (const [name, response] of Object.entries(responses)) {
    if (response === undefined) continue;
    const headers = '$ref' in response ? {} : { headers: { ...headerRefs(...EVERY_HEADER), ...response.headers } };
    all[name] = { ...response, ...headers };
  }
  return all;
}

/** `Bad Request` is `BadRequest`. */
function nameOf(status: number): string {
  return (STATUS_CODES[status] ?? String(status)).replaceAll(/\W/g, '');
}
