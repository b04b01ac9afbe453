import { readFileSync } from 'node:fs';

// Loaded before a program by `node --import`: puts its `Date` off by the milliseconds in the file that WRONG_CLOCK
// names, and follows that file. Timers and the monotonic clock stay as they are, as when a machine's clock is set.
const file = process.env.WRONG_CLOCK;
if (file === undefined) throw new Error('WRONG_CLOCK names no file');
const readOffset = () => Number(readFileSync(file, 'utf8'));
const trueNow = Date.now;
let offset = readOffset();
setInterval(() => {
  offset = readOffset();
}, 20).unref();
const now = () => trueNow() + offset;

globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: (target) => new target(now()).toString(),
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
});
