import { describeError } from '@gateway-engine/host';
import type { Install } from '../install.ts';
import type { OtaParts } from '../parts.ts';
import { done, failed, known, type Step } from './step.ts';

/** Stops the running version, and notes which one that was. */
export async function stopProgram(install: Install, { journal, programs }: OtaParts): Promise<Step> {
  const { name } = known(install);
  // What was there before is noted once: after an interruption the entry may be the new one already.
  const previous = install.facts.previous ?? {
    version: journal.app(name)?.version ?? null,
    conf: await programs.entry(name),
  };
  const current = install.facts.previous ? install : journal.addFacts(install, { previous });
  try {
    if (current.facts.previous?.conf !== null) await programs.stop(name);
    return done();
  } catch (error) {
    return failed(`the version before cannot be stopped: ${describeError(error)}`);
  }
}
