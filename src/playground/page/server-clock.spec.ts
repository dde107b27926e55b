// The offset between the clocks of server and page.
import { expect, it } from 'vitest';
import { ServerClock } from './server-clock.js';

it('is the clock of the page before the first message', () => {
  expect(new ServerClock(() => 5_000).nowMs()).toBe(5_000);
});

it('trusts the message with the smallest delay', () => {
  let localMs = 5_000;
  const clock = new ServerClock(() => localMs);
  clock.observe(905_000 - 80);
  clock.observe(905_000 - 3);
  clock.observe(905_000 - 400);
  localMs = 6_000;

  expect(clock.nowMs()).toBe(906_000 - 3);
});

it('follows a server clock that was set back, after some messages', () => {
  const clock = new ServerClock(() => 5_000);
  clock.observe(905_000);
  for (let count = 0; count < 30; count += 1) clock.observe(805_000);

  expect(clock.nowMs()).toBe(805_000);
});

it('keeps its time until the first message of another server, and forgets it then', () => {
  const clock = new ServerClock(() => 5_000);
  clock.observe(905_000);
  clock.reset();
  expect(clock.nowMs()).toBe(905_000);

  clock.observe(7_000);

  expect(clock.nowMs()).toBe(7_000);
});
