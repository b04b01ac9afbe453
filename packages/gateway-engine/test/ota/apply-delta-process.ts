import { applyDelta, type DeltaJob } from '../../src/ota/delta-apply.ts';
import { DeltaError } from '../../src/ota/delta-error.ts';

/** Applies one delta, as the engine does, in a process of its own: `JOB OUT`, the job in JSON. */
const [job = '', out = ''] = process.argv.slice(2);
try {
  await applyDelta(JSON.parse(job) as DeltaJob, out);
  process.stdout.write('applied\n');
} catch (error) {
  if (!(error instanceof DeltaError)) throw error;
  process.stdout.write(`${error.code}\n`);
}
