import { installStates, isFinal, transitions } from '../../packages/gateway-engine/src/ota/states.ts';
import { box, pointMarker, svg, text } from './svg.ts';

const size = { width: 88, height: 34 };
const rows = { work: 70, ends: 190, removal: 256 };
const column = (index: number) => 12 + 100 * index;

const places: Readonly<Record<(typeof installStates)[number], readonly [x: number, y: number]>> = {
  queued: [column(0), rows.work],
  downloading: [column(1), rows.work],
  verifying: [column(2), rows.work],
  staged: [column(3), rows.work],
  stopping: [column(4), rows.work],
  installing: [column(5), rows.work],
  starting: [column(6), rows.work],
  probation: [column(7), rows.work],
  committed: [column(8), rows.work],
  failed: [column(1.5), rows.ends],
  'rolling-back': [column(5.5), rows.ends],
  'rolled-back': [column(8), rows.ends],
  removing: [column(0), rows.removal],
};

const middle = (state: keyof typeof places) => places[state][0] + size.width / 2;
const bottom = (state: keyof typeof places) => places[state][1] + size.height;

/** Down from a state, along a line that several share, and into the top of another. */
function fall(from: keyof typeof places, to: keyof typeof places, along: number, shift = 0): string {
  return `M${middle(from) + shift} ${bottom(from)}V${along}H${middle(to)}V${places[to][1] - 2}`;
}

function next(from: keyof typeof places, to: keyof typeof places): string {
  const y = places[from][1] + size.height / 2;
  const isRight = places[to][0] > places[from][0];
  return `M${places[from][0] + (isRight ? size.width : 0)} ${y}H${isRight ? places[to][0] - 2 : places[to][0] + size.width + 2}`;
}

/** The way of each transition. One that is missing here, or is none any more, is an error. */
const ways: Readonly<Record<string, string>> = {
  'queued downloading': next('queued', 'downloading'),
  'downloading verifying': next('downloading', 'verifying'),
  'verifying staged': next('verifying', 'staged'),
  'staged stopping': next('staged', 'stopping'),
  'stopping installing': next('stopping', 'installing'),
  'installing starting': next('installing', 'starting'),
  'starting probation': next('starting', 'probation'),
  'probation committed': next('probation', 'committed'),
  'installing staged': `M${middle('installing')} ${rows.work}V52H${middle('staged')}V${rows.work - 2}`,
  'queued failed': fall('queued', 'failed', 140, 16),
  'downloading failed': fall('downloading', 'failed', 140),
  'verifying failed': fall('verifying', 'failed', 140),
  'staged failed': fall('staged', 'failed', 140, -10),
  'staged rolling-back': fall('staged', 'rolling-back', 156, 10),
  'stopping rolling-back': fall('stopping', 'rolling-back', 156),
  'installing rolling-back': fall('installing', 'rolling-back', 156),
  'starting rolling-back': fall('starting', 'rolling-back', 156),
  'probation rolling-back': fall('probation', 'rolling-back', 156),
  'rolling-back rolled-back': next('rolling-back', 'rolled-back'),
  'rolling-back failed': next('rolling-back', 'failed'),
  'queued removing': `M${middle('queued') - 16} ${bottom('queued')}V${rows.removal - 2}`,
  'removing committed': `M${column(0) + size.width} 279H909V87H${column(8) + size.width + 2}`,
  'removing failed': `M${column(0) + size.width} 267H${middle('failed')}V${bottom('failed') + 2}`,
};

/** The states of an install, as the engine has them. */
export function installStatesPicture(): string {
  const pairs = installStates.flatMap((from) => transitions[from].map((to) => `${from} ${to}`));
  const unknown = [
    ...pairs.filter((pair) => !(pair in ways)),
    ...Object.keys(ways).filter((pair) => !pairs.includes(pair)),
  ];
  if (unknown.length > 0)
    throw new Error(`the states of an install have changed; mend the ways of: ${unknown.join(', ')}`);
  const parts = [
    pointMarker,
    text(20, 30, 'The states of an install', 'strong'),
    ...pairs.map((pair) => `<path class="line" d="${ways[pair]}" marker-end="url(#point)"/>`),
    ...installStates.flatMap((state) => {
      const [x, y] = places[state];
      const kind = isFinal(state) ? 'box' : 'own';
      return [box(x, y, size.width, size.height, kind), text(middle(state), y + 21, state, 'state middle')];
    }),
    text(middle('staged') + 12, 46, 'interrupted: installed anew', 'small'),
    text(middle('queued') - 8, 200, 'a removal', 'small'),
    text(330, 201, 'nothing to go back to', 'small'),
    text(middle('failed') + 8, 178, 'nothing that runs was touched', 'small'),
    text(middle('rolling-back') + 8, 174, 'the version before comes back', 'small'),
  ];
  const description = `Transitions: ${pairs.map((pair) => pair.replace(' ', ' to ')).join(', ')}.`;
  return svg({ width: 920, height: 306 }, { title: 'The states of an install', description }, parts);
}
