// The contract between the application and a payment plugin.
import { type CallOptions, defineContract, type Lifecycle } from '@pluggable/contract';

export interface Order {
  readonly reference: string;
  /** Whole number >= 1. */
  readonly cents: number;
}

export interface Payment extends Lifecycle {
  /** Rejects with the code DECLINED when the provider refuses the order. */
  pay(order: Order, options?: CallOptions): Promise<{ receipt: string }>;
}

export const PAYMENT = defineContract<Payment>({
  kind: 'payment',
  version: 1,
  methods: { pay: { args: ['order'], timeoutMs: 5_000, errors: ['DECLINED'] } },
});
