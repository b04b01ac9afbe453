import { maskKey } from '@gateway-engine/device-api';
import { type Clock, describeError } from '@gateway-engine/host';
import { oneLine } from '../reports/bounded-text.ts';
import { type Finding, failed } from './finding.ts';

/** Looks at one area of a gateway. */
export interface Check {
  readonly area: string;
  /** Longest time that it may take, milliseconds. */
  readonly limitMs: number;
  readonly look: () => Promise<readonly Finding[]>;
}

export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** Whether a check did not come to its end and still holds what it waits for. */
  readonly hanging: boolean;
}

const longestText = 600;

/** Makes all checks side by side. Never rejects: a check that fails by itself is a finding, too. */
export async function makeChecks(checks: readonly Check[], clock: Pick<Clock, 'after'>): Promise<Diagnosis> {
  const results = await Promise.all(checks.map((check) => make(check, clock)));
  return {
    findings: results.flatMap(({ findings }) => findings.map(withoutSecrets)),
    hanging: results.some(({ hanging }) => hanging),
  };
}

async function make({ area, limitMs, look }: Check, clock: Pick<Clock, 'after'>): Promise<Diagnosis> {
  const { promise: over, resolve } = Promise.withResolvers<Diagnosis>();
  const timer = clock.after(limitMs, () => {
    const found = `the check did not come to an end within ${limitMs / 1000} s`;
    const advice =
      'something that it asks hangs: a network disk, a name server, or a program that is stopped';
    resolve({ findings: [failed(`${area}.check`, found, advice)], hanging: true });
  });
  try {
    return await Promise.race([over, look().then((findings) => ({ findings, hanging: false }))]);
  } catch (error) {
    const found = `the check itself failed: ${describeError(error)}`;
    return { findings: [failed(`${area}.check`, found, 'please report this as a defect')], hanging: false };
  } finally {
    timer.cancel();
  }
}

/** What a file or an error holds may hold a key, or a part of one. A fingerprint is longer than a key. */
export function withoutSecrets(finding: Finding): Finding {
  const shown = (text: string) =>
    oneLine(text, longestText)
      .replace(/\b[0-9a-f]{16,63}\b/g, maskKey)
      // The name and password in an address.
      .replace(/\/\/[^/\s@]*@/g, '//***@');
  const { advice } = finding;
  return {
    ...finding,
    found: shown(finding.found),
    ...(advice === undefined ? {} : { advice: shown(advice) }),
  };
}
