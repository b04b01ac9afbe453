import { floors } from '../import-rules.ts';
import { box, svg, text } from './svg.ts';

/** What each package is, in the few words that a room has space for. */
const rooms: Readonly<Record<string, readonly [first: string, second: string]>> = {
  host: ['clock, durable files, SQLite, logger,', 'child processes: of the machine'],
  'device-api': ['the wire contract: forms, headers,', 'aliases, report shapes'],
  'app-package': ['tarballs and', 'their signatures (TUF)'],
  'device-client': ['Device API library,', 'gdc, traffic accounts'],
  supervisor: ['starts and watches', 'programs; XML-RPC'],
  gmq: ['the store-and-forward queue: gmq', ''],
  platform: ['devices, content, rollouts: gwe-platform', ''],
  'gateway-engine': ['identity, check-in, updates, reports: gwe', ''],
  'solution-app': ['the page for the fleet', ''],
  demo: ['what npm start runs', ''],
  release: ['one executable, packages, install.sh', ''],
  e2e: ['whole-system tests on real processes', ''],
};

const width = 920;
const left = 84;
const right = 700;
const height = 62;
const gap = 10;

/** The packages on their floors, the lowest at the bottom. A package imports only from floors below its own. */
export function housePicture(): string {
  const parts: string[] = [
    text(20, 32, 'The house: a package imports only from the floors below it', 'strong'),
  ];
  let y = 52;
  for (const [level, names] of [...floors.entries()].reverse()) {
    const room = (right - left - gap * (names.length - 1)) / names.length;
    parts.push(text(20, y + height / 2 + 5, `floor ${level + 1}`, 'small'));
    for (const [index, name] of names.entries()) {
      const is = rooms[name];
      if (is === undefined)
        throw new Error(`say what the package ${name} is, in scripts/docs-pictures/house.ts`);
      const x = Math.round(left + index * (room + gap));
      const lines = is.filter(Boolean);
      const top = y + (lines.length === 2 ? 20 : 27);
      parts.push(box(x, y, Math.round(room), height, ['demo', 'e2e'].includes(name) ? 'box' : 'own'));
      parts.push(text(x + 12, top, name, 'strong'));
      for (const [line, words] of lines.entries())
        parts.push(text(x + 12, top + 17 * (line + 1), words, 'small'));
    }
    y += height + gap;
  }
  const beside = 720;
  parts.push(box(beside, 52, 180, y - gap - 52), text(beside + 12, 76, 'testkit', 'strong'));
  const lines = [
    'for tests alone: fake clock,',
    'cut links, small disks,',
    'hostile tarballs; it uses',
    'the lowest floor only',
  ];
  for (const [line, words] of lines.entries()) parts.push(text(beside + 12, 96 + 17 * line, words, 'small'));
  const description = [...floors.entries()]
    .map(([level, names]) => `Floor ${level + 1}: ${names.join(', ')}.`)
    .join(' ');
  return svg(
    { width, height: y + 10 },
    { title: 'The packages of Gateway Engine on their floors', description },
    parts,
  );
}
