// A payment plugin for cards with a limit. One file of plain JavaScript, without imports and without a build.
export const manifest = { kind: 'payment', contract: 1, name: 'card', version: '1.0.0' };

const LIMIT_CENTS = 50_000;

export const Factory = (log) => ({
  async pay({ reference, cents }) {
    if (cents > LIMIT_CENTS) {
      throw Object.assign(new Error(`the limit of the card is ${LIMIT_CENTS} cents`), { code: 'DECLINED' });
    }
    log.info('charged', { reference, cents });
    return { receipt: `card-${reference}` };
  },
});
