import { FakeClock } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { EventBus } from '../../src/events/event-bus.ts';
import { startTicks } from '../../src/events/ticks.ts';

function setUp(wall: number) {
  const clock = new FakeClock();
  clock.setWall(wall);
  const bus = new EventBus();
  const told: string[] = [];
  const ticks = startTicks(bus, clock);
  const listen = () => bus.subscribe(['TICK'], ({ type, payload }) => told.push(`${type} ${payload}`));
  return { clock, told, ticks, listen };
}

test('every full five seconds, minute and hour of the wall clock is a tick', async () => {
  const { clock, told, listen } = setUp(3_593_000);
  listen();
  await clock.advance(1999);
  expect(told).toEqual([]);
  await clock.advance(1);
  expect(told).toEqual(['TICK_5 when:3595']);
  await clock.advance(5000);
  expect(told.slice(1)).toEqual(['TICK_5 when:3600', 'TICK_60 when:3600', 'TICK_3600 when:3600']);
});

test('after a jump of the wall clock there is one tick, and the next comes in time', async () => {
  const { clock, told, listen } = setUp(1_000_000);
  listen();
  clock.setWall(61_002_000);
  await clock.advance(5000);
  expect(told).toContain('TICK_5 when:61005');
  expect(told.filter((tick) => tick.startsWith('TICK_60 '))).toEqual(['TICK_60 when:60960']);
});

test('nobody who listens, no timer', async () => {
  const { clock, told, listen, ticks } = setUp(0);
  const forget = listen();
  forget();
  await clock.advance(100_000);
  listen();
  await clock.advance(5000);
  expect(told).toEqual(['TICK_5 when:105']);
  ticks.stop();
  await clock.advance(5000);
  expect(told).toHaveLength(1);
});
