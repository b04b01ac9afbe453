export { FakeClock } from './fake-clock.ts';
export { freePort } from './free-port.ts';
export { temporaryFolder } from './temporary-folder.ts';
export { waitUntil } from './wait-until.ts';
