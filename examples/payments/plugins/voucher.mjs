// A broken plugin on purpose: it is written for version 2 of the contract. The application records the error, and the others serve.
export const manifest = { kind: 'payment', contract: 2, name: 'voucher', version: '1.0.0' };

export const Factory = () => ({
  pay: async ({ reference }) => ({ receipt: `voucher-${reference}` }),
});
