// The error replies of a cluster: redirections, and the reasons why it serves no key.
import { KEY_UNAVAILABLE } from '@pluggable/cache/contract';
import { RedisError } from '../connection/reply-errors.js';
import { isSlot } from './slots.js';

/** Another node serves the key: from now on (MOVED), or this once (ASK). */
export class Redirection extends RedisError {
  constructor(
    override readonly code: 'MOVED' | 'ASK',
    readonly slot: number,
    /** Empty: the host of the node that sent the reply. */
    readonly host: string,
    readonly port: number,
  ) {
    super(code, `${code}: another node has the key`);
  }
}

const UNREADABLE = 'it names another node, and a slot that does not exist';

const SENTENCES: Readonly<Record<string, string>> = {
  MOVED: UNREADABLE,
  ASK: UNREADABLE,
  CLUSTERDOWN: 'CLUSTERDOWN: the cluster does not serve the key; a part of its slots has no primary (see CLUSTER INFO)',
  TRYAGAIN: 'TRYAGAIN: the key is being moved to another node',
};

/** @returns undefined for a reply that does not concern the cluster */
export function clusterErrorOf(reply: string): RedisError | undefined {
  const [code = '', slot = '', address = ''] = reply.split(' ');
  if ((code === 'MOVED' || code === 'ASK') && isSlot(Number(slot))) {
    const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(address) ?? [];
    return new Redirection(code, Number(slot), host, Number(port));
  }
  if (reply.startsWith('CLUSTERDOWN Hash slot not served')) {
    return new RedisError(KEY_UNAVAILABLE, 'CLUSTERDOWN: no node of the cluster owns the slot of the key');
  }
  if (/cluster support disabled/.test(reply)) {
    return new RedisError('ERR', 'it is not a node of a Redis Cluster; set REDIS_ADDR in place of REDIS_CLUSTER');
  }
  if (/^ERR unknown command\W*CLUSTER\b/i.test(reply)) {
    const reason = 'it is a Redis Sentinel, which REDIS_SENTINELS names, or the command is renamed';
    return new RedisError('ERR', `it does not support CLUSTER SLOTS: ${reason}`);
  }
  // In quotes: the text also contains the name of the user.
  if (/^NOPERM\b.*'cluster\b/i.test(reply)) {
    return new RedisError('NOPERM', 'NOPERM: its user may not read the slots; allow +cluster|slots');
  }
  // Not NOPERM: the command itself may be allowed.
  if (/^NOPERM\b.*'asking\b/i.test(reply)) {
    return new RedisError('ASK', 'ASK: the key is being moved, and the user may not ask its next node; allow +asking');
  }
  const sentence = SENTENCES[code];
  return sentence === undefined ? undefined : new RedisError(code, sentence);
}
