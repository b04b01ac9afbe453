/** One piece of the engine's work, measured from within: time, and the peak of resident memory above idle. */
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { inspectTarball } from '@gateway-engine/app-package';
import { applyDelta, type DeltaJob } from '../../../packages/gateway-engine/src/ota/delta-apply.ts';
import { problemOfSigned } from '../../../packages/gateway-engine/src/ota/signed-tarball.ts';
import { unpackTarball } from '../../../packages/gateway-engine/src/ota/unpack.ts';
import type { TrustVerdict } from '../../../packages/gateway-engine/src/trust/update-trust.ts';
import { makeDelta } from '../../../packages/platform/src/deltas/make-delta.ts';

export type Job =
  | { readonly work: 'apply'; readonly delta: DeltaJob; readonly out: string }
  | { readonly work: 'make'; readonly from: string; readonly to: string; readonly out: string }
  | {
      readonly work: 'unpack';
      readonly tarball: string;
      readonly signed: Extract<TrustVerdict, { kind: 'signed' }>;
      readonly folder: string;
    };

const job = JSON.parse(process.argv[2] ?? '') as Job;
// From here on the kernel keeps a new peak (proc(5), clear_refs).
writeFileSync('/proc/self/clear_refs', '5');
const idle = memory('VmRSS');
const start = performance.now();
await carryOut();
const seconds = (performance.now() - start) / 1000;
process.stdout.write(JSON.stringify({ seconds, idle, peak: memory('VmHWM') }));

async function carryOut(): Promise<void> {
  if (job.work === 'apply') return await applyDelta(job.delta, job.out);
  if (job.work === 'make') return await makeDelta(job.from, job.to, job.out);
  const problem = await problemOfSigned(job.tarball, job.signed);
  if (problem !== undefined) throw new Error(problem);
  const { topDirectory } = await inspectTarball(createReadStream(job.tarball));
  await unpackTarball(createReadStream(job.tarball), topDirectory, job.folder);
}

function memory(field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
}
