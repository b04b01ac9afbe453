import { coloursOf } from '@gateway-engine/host/command-line';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeScreen, span } from '../../src/top/compose-screen.ts';
import type { GatewayLook } from '../../src/top/gateway-look.ts';
import { Screen } from '../../src/top/screen.ts';

const look: GatewayLook = {
  time: Date.UTC(2026, 5, 1, 12, 30, 5),
  version: '1.2.3',
  home: '/h',
  uptime: 93_784,
  load: [0.5, 0.25, 0.125],
  processors: 2,
  memory: { total: 256e6, available: 100e6 },
  disk: { size: 4e9, available: 1.5e9 },
  programs: [
    {
      name: 'gmq',
      state: 'RUNNING',
      pid: 7,
      uptime: 3_725,
      cpu: 1.25,
      memory: 12.3e6,
      processes: 1,
      restarts: 0,
      problem: '',
    },
    {
      name: 'load-reporter',
      state: 'BACKOFF',
      pid: 0,
      uptime: null,
      cpu: null,
      memory: 0,
      processes: 0,
      restarts: 4,
      problem: 'exit status 3: no sensor',
    },
  ],
  queue: {
    running: true,
    waiting: 120,
    bytes: 4_000,
    oldest: 75,
    deadLetters: 2,
    accepted: 0.2,
    uploaded: 0,
  },
  network: { control: 7_000, data: 1_234_567 },
  checkIn: { last: 65, next: 14_335 },
  problems: [],
};

describe('the screen of gwe top', () => {
  const plain = coloursOf({});

  it('shows the gateway, then its programs', () => {
    expect(composeScreen(look, 100, plain)).toEqual([
      'gwe 1.2.3  12:30:05 UTC  up 1 d 2 h  load 0.50 0.25 0.13 of 2',
      'memory   100 MB of 256 MB available    disk 1.5 GB of 4.0 GB free',
      'queue    120 wait (4.0 kB), the oldest for 1:15, 0.2/s in, 0/s out, 2 set aside',
      'network  today control 7.0 kB, data 1.2 MB',
      'check-in 1:05 ago, the next in 3:58:55 at the latest',
      '',
      'PROGRAM             STATE         PID     UPTIME  CPU%   MEMORY PROC RESTARTS',
      'gmq                 RUNNING         7    1:02:05   1.3  12.3 MB    1        0',
      'load-reporter       BACKOFF         -          -     -        -    -        4',
      '  exit status 3: no sensor',
    ]);
  });

  it('shows what can be known when nothing answers', () => {
    const nothing = { ...look, disk: null, programs: null, queue: null, network: null, checkIn: null };
    const lines = composeScreen({ ...nothing, problems: ['no answer from the supervisor'] }, 100, plain);
    expect(lines.join('\n')).toContain('! no answer from the supervisor');
    expect(lines.join('\n')).toContain('queue    not known');
  });

  it('is never wider than the terminal, nor higher', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat({ max: 80 }),
        (columns, rows, programs) => {
          const many = Array.from({ length: programs }, (_, index) => ({
            ...(look.programs?.[1] ?? (undefined as never)),
            name: `app-${index}`,
          }));
          const lines = composeScreen({ ...look, programs: many }, columns, plain);
          for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
          let drawn = '';
          new Screen({ columns, rows, write: (text) => (drawn += text) }).draw(lines);
          expect(drawn.split('\r\n').length).toBeLessThanOrEqual(rows);
        },
      ),
      { numRuns: 50, examples: [[1, 1, 0]] },
    );
  });

  it('is entered once and left once, whatever happens', () => {
    let written = '';
    const screen = new Screen({ columns: 80, rows: 24, write: (text) => (written += text) });
    screen.leave();
    expect(written).toBe('');
    screen.draw(['a']);
    screen.draw(['b']);
    screen.leave();
    screen.leave();
    expect(written.split('\x1b[?1049h')).toHaveLength(2);
    expect(written.split('\x1b[?1049l')).toHaveLength(2);
    expect(written.endsWith('\x1b[?1049l')).toBe(true);
  });

  it.each([
    [0, '0:00'],
    [59, '0:59'],
    [3_600, '1:00:00'],
    [86_400, '1 d 0 h'],
  ])('shows %d seconds as %s', (seconds, shown) => expect(span(seconds)).toBe(shown));
});
