// A payment plugin for invoices.
export const manifest = { kind: 'payment', contract: 1, name: 'invoice', version: '1.0.0' };

export const Factory = (log) => ({
  async pay({ reference, cents }) {
    log.info('invoice written', { reference, cents });
    return { receipt: `invoice-${reference}` };
  },
});
