import { ArchiveError, inspectTarball, TrustedMetadataError } from '@gateway-engine/app-package';
import { describeError } from '@gateway-engine/host';
import { seededRandom } from '../queue/random.ts';
import { malformedArchive } from './archive-cases.ts';
import { MetadataCases } from './metadata-cases.ts';

export interface RefusalReport {
  readonly rounds: number;
  /** How often an archive or metadata was taken all the same: what was changed in it did not matter. */
  readonly taken: number;
  /** Refusals by their code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Metadata that was trusted though nobody had signed it. */
  readonly forged: number;
  /** Errors that are no refusal. */
  readonly crashes: number;
  readonly slowestMs: number;
  /** Memory that the process has gained over the run, MiB, the first tenth left out. */
  readonly gainedMiB: number;
  /** The first of what went wrong. */
  readonly examples: readonly string[];
}

/** In each round one malformed thing: archives and metadata take turns. */
export async function refusalFuzz(plan: { rounds: number; seed: number }): Promise<RefusalReport> {
  const random = seededRandom(plan.seed);
  const metadata = new MetadataCases();
  const refused = new Map<string, number>();
  const examples: string[] = [];
  let [taken, forged, crashes, slowestMs, before] = [0, 0, 0, 0, 0];
  const attempt = async (round: number, what: () => unknown) => {
    const began = performance.now();
    try {
      if ((await what()) === 'forged') {
        forged++;
        examples.push(`round ${round}: forged metadata was trusted`);
      } else taken++;
    } catch (error) {
      const code = refusalCode(error);
      if (code === undefined) {
        crashes++;
        examples.push(`round ${round}: ${describeError(error)}`);
      } else refused.set(code, (refused.get(code) ?? 0) + 1);
    }
    slowestMs = Math.max(slowestMs, performance.now() - began);
  };
  for (let round = 0; round < plan.rounds; round++) {
    if (round === Math.floor(plan.rounds / 10)) before = residentMiB();
    if (round % 2 === 0) await attempt(round, () => metadata.verifyOneChanged(random));
    else await attempt(round, () => inspectTarball([malformedArchive(random)]));
  }
  return {
    rounds: plan.rounds,
    taken,
    refused: Object.fromEntries([...refused].sort()),
    forged,
    crashes,
    slowestMs: Math.round(slowestMs),
    gainedMiB: Math.round(residentMiB() - before),
    examples: examples.slice(0, 5),
  };
}

function refusalCode(error: unknown): string | undefined {
  return error instanceof ArchiveError || error instanceof TrustedMetadataError ? error.code : undefined;
}

function residentMiB(): number {
  return process.memoryUsage().rss / 1024 ** 2;
}
