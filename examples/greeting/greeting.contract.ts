// A contract of its own, in ten lines. It knows no cache, and the host knows no greeting.
import { defineContract } from '@pluggable/contract';

export interface Greeting {
  greet(name: string): Promise<string>;
}

export const GREETING_CONTRACT = defineContract<Greeting>({
  kind: 'greeting',
  version: 1,
  methods: { greet: { args: ['name'] } },
}).with({ output: { greet: (answer) => typeof answer === 'string' } });
