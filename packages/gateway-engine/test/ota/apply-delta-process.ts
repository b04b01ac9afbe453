import { readFileSync, writeFileSync } from 'node:fs';
import { applyDelta, type DeltaJob } from '../../src/ota/delta-apply.ts';
import { DeltaError } from '../../src/ota/delta-error.ts';

/**
 * Applies one delta, as the engine does, in a process of its own: `JOB OUT`, the job in JSON. Prints how it ended, and
 * by how many MiB its memory grew at most.
 */
const [job = '', out = ''] = process.argv.slice(2);
// From here on the kernel keeps a new peak (proc(5), clear_refs).
writeFileSync('/proc/self/clear_refs', '5');
const idle = mebibytes('VmRSS');
let ending = 'applied';
try {
  await applyDelta(JSON.parse(job) as DeltaJob, out);
} catch (error) {
  if (!(error instanceof DeltaError)) throw error;
  ending = error.code;
}
process.stdout.write(`${ending} ${Math.ceil(mebibytes('VmHWM') - idle)}\n`);

function mebibytes(field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
}
