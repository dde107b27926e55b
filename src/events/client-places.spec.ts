// The places of the clients: their limit, and who leaves when all are taken.
import { EMPTY, NEVER, type Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClientPlaces } from './client-places.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Client {
  readonly subscription: Subscription;
  /** `reads`, `ended`, or the reason of its refusal. */
  state: string;
}

function clientOf(places: ClientPlaces): Client {
  const client: { state: string; subscription?: Subscription } = { state: 'reads' };
  client.subscription = places.limited(NEVER).subscribe({
    error: ({ reason }: { reason: string }) => (client.state = reason),
    complete: () => (client.state = 'ended'),
  });
  return client as Client;
}

describe('two places', () => {
  it('are taken by two clients, and refused to a third', () => {
    const places = new ClientPlaces(2);
    const clients = [clientOf(places), clientOf(places), clientOf(places)];
    expect(clients.map(({ state }) => state)).toEqual(['reads', 'reads', 'full']);
    expect(places.size).toBe(2);
  });

  it('are free again when a client leaves, or its events end', () => {
    const places = new ClientPlaces(2);
    clientOf(places).subscription.unsubscribe();
    places.limited(EMPTY).subscribe();
    expect(places.size).toBe(0);
  });

  it('are left to a new client by the oldest one, after a minute', () => {
    const places = new ClientPlaces(2);
    const first = clientOf(places);
    vi.advanceTimersByTime(59_999);
    const second = clientOf(places);
    expect(clientOf(places).state).toBe('full');
    vi.advanceTimersByTime(1);

    const [third, fourth] = [clientOf(places), clientOf(places)];
    expect([first.state, second.state, third.state, fourth.state]).toEqual(['ended', 'reads', 'reads', 'full']);
    expect(places.size).toBe(2);
  });

  it('end with all clients at a close, and are closed from then on', () => {
    const places = new ClientPlaces(2);
    const clients = [clientOf(places), clientOf(places)];
    places.close();
    clients.push(clientOf(places));
    expect(clients.map(({ state }) => state)).toEqual(['ended', 'ended', 'closed']);
  });
});
