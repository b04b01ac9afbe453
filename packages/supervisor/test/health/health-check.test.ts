import { FakeClock } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { HealthCheck } from '../../src/health/health-check.ts';

function setUp(answers: (now: number) => string | undefined) {
  const clock = new FakeClock();
  const told: string[] = [];
  let looks = 0;
  const check = new HealthCheck(
    { kind: 'command', target: 'check', intervalSeconds: 10, timeoutSeconds: 5, retries: 3 },
    {
      clock,
      probe: async () => {
        looks += 1;
        return answers(clock.monotonic());
      },
      tell: { healthy: () => told.push('healthy'), unhealthy: (problem) => told.push(problem) },
    },
  );
  return { check, clock, told, looks: () => looks };
}

test('it looks at once, every second until the first success, and then at its interval', async () => {
  const { clock, told, looks } = setUp((now) => (now < 3000 ? 'not yet' : undefined));
  await clock.advance(0);
  expect(looks()).toBe(1);
  await clock.advance(3000);
  expect(told).toEqual(['healthy']);
  expect(looks()).toBe(4);
  await clock.advance(30_000);
  expect(looks()).toBe(7);
  expect(told).toEqual(['healthy']);
});

test('so many failures in a row as retries says make it unhealthy, and that is told once', async () => {
  const { check, clock, told } = setUp((now) => (now < 5000 ? undefined : 'exit status 1'));
  await clock.advance(29_999);
  expect(told).toEqual(['healthy']);
  expect(check.lastProblem).toBe('exit status 1');
  await clock.advance(100_000);
  expect(told).toEqual([
    'healthy',
    'its health check failed 3 times in a row, the last time with: exit status 1',
  ]);
});

test('a success in between forgets the failures', async () => {
  const { clock, told } = setUp((now) => ((now / 10_000) % 3 < 1 ? undefined : 'busy'));
  await clock.advance(600_000);
  expect(told).toEqual(['healthy']);
});

test('a program that never becomes healthy has as many intervals as retries', async () => {
  const { clock, told } = setUp(() => 'HTTP status 503');
  await clock.advance(29_000);
  expect(told).toEqual([]);
  await clock.advance(1000);
  expect(told).toEqual([
    'its health check did not succeed within 30 seconds, the last time with: HTTP status 503',
  ]);
});

test('after its end it neither looks nor tells', async () => {
  const { check, clock, told, looks } = setUp(() => 'down');
  await clock.advance(2000);
  check.stop();
  await clock.advance(100_000);
  expect(looks()).toBe(3);
  expect(told).toEqual([]);
  expect(clock.waiting).toBe(0);
});
