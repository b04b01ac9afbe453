import { describeError } from '@gateway-engine/host';
import type { Install } from '../install.ts';
import type { OtaParts } from '../parts.ts';
import { done, failed, known, type Step } from './step.ts';

/** Unpacks the package beside its final place. */
export async function stage(install: Install, { files }: OtaParts): Promise<Step> {
  const { contents } = known(install);
  try {
    await files.stage(install.id, contents.topDirectory);
    return done();
  } catch (error) {
    return failed(`cannot be unpacked: ${describeError(error)}`);
  }
}
