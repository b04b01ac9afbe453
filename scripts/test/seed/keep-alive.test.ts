import { DeviceApiError, NetworkError } from '@gateway-engine/device-client';
import { FakeClock } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { keepAlive } from '../../seed/keep-alive.ts';

function running(outcomes: readonly (Error | undefined)[]) {
  const clock = new FakeClock();
  const end = new AbortController();
  const said: string[] = [];
  let beats = 0;
  const beat = async () => {
    const failure = outcomes[beats++];
    if (failure) throw failure;
  };
  const ended = keepAlive({ beat }, { clock, say: (line) => said.push(line), signal: end.signal });
  return { clock, end, said, ended, beats: () => beats };
}

test('the fleet writes every minute, and ends when it is told to', async () => {
  const fleet = running([]);
  await fleet.clock.advance(3 * 60_000 + 1);
  expect(fleet.beats()).toBe(4);
  fleet.end.abort();
  await fleet.ended;
  expect(fleet.said).toEqual([]);
});

test('a platform that is away is told once for each time, and asked again', async () => {
  const away = new NetworkError('nobody answers');
  const fleet = running([undefined, away, new DeviceApiError('the server is busy', 503), undefined, away]);
  await fleet.clock.advance(5 * 60_000 + 1);
  expect(fleet.beats()).toBe(6);
  expect(fleet.said).toEqual([
    'the fleet waits for the platform: nobody answers',
    'the fleet waits for the platform: nobody answers',
  ]);
  fleet.end.abort();
  await fleet.ended;
});

test('a platform that refuses ends it with the reason', async () => {
  const fleet = running([new DeviceApiError('the key is not known', 401)]);
  await expect(fleet.ended).rejects.toThrow('the key is not known');
});
