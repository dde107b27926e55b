// What the compiler refuses of a contract. The type check runs these lines; each unused expectation is an error.
import { expect, it } from 'vitest';
import { defineContract } from './contract.js';

interface Greeting {
  greet(name: string): Promise<string>;
  close?(): Promise<void>;
}

it('is the description itself, with every method described as it is', () => {
  const close = { optional: true, lifecycle: true } as const;
  const contract = { kind: 'greeting', version: 1, methods: { greet: {}, close } };
  expect(defineContract<Greeting>(contract)).toBe(contract);

  const head = { kind: 'greeting', version: 1 };
  // @ts-expect-error a method is missing
  defineContract<Greeting>({ ...head, methods: { close } });
  // @ts-expect-error a method is unknown
  defineContract<Greeting>({ ...head, methods: { greet: {}, close, wave: {} } });
  // @ts-expect-error an optional method is not said to be optional
  defineContract<Greeting>({ ...head, methods: { greet: {}, close: {} } });
  // @ts-expect-error a required method is said to be optional
  defineContract<Greeting>({ ...head, methods: { greet: { optional: true }, close } });
  // @ts-expect-error a required method cannot be the host's alone
  defineContract<Greeting>({ ...head, methods: { greet: { lifecycle: true }, close } });
  // @ts-expect-error a method is synchronous
  defineContract<{ greet(name: string): string }>({ ...head, methods: { greet: {} } });
  // @ts-expect-error a member is no method
  defineContract<{ name: string }>({ ...head, methods: { name: {} } });
});
