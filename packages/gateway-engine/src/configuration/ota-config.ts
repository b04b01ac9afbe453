import { z } from 'zod';
import { parseWindow, type UpdateWindow } from '../ota/window.ts';

/** Which updates are taken: `required`, signed ones; `off`, any. */
export type VerifyMode = 'required' | 'off';

/** How updates are taken: section `[ota]` of Engine.config. */
export interface OtaConfig {
  /** Undefined: required as soon as the product's root is pinned. */
  readonly verify: VerifyMode | undefined;
  /** Fingerprint of the root that is to be pinned, hexadecimal; undefined: the first one that the platform shows. */
  readonly rootSha256: string | undefined;
  /** Seconds that a new version must run, and be healthy, before it is kept. */
  readonly probationSeconds: number;
  /** Seconds within which a new version of the engine itself must have checked in. */
  readonly engineProbationSeconds: number;
  /** The hours in which updates may be installed; undefined: always. */
  readonly window: UpdateWindow | undefined;
  /** Old and new package together, unpacked: what a delta may be applied to. 0: no deltas. */
  readonly maxDeltaBytes: number;
}

export const otaTemplate = `[ota]
; required: install only what is signed; off: install anything; '': required once the product's root is pinned
verify = ''
; sha256 of the product's first root.json (gwe keys export-root shows it); '' to pin the one that the platform has
root_sha256 = ''
; seconds that a new version must run and be healthy; otherwise the version before is brought back
probation_secs = 30
; seconds within which a new version of the engine itself must have checked in
engine_probation_secs = 600
; when updates may be downloaded and installed, such as 01:00-05:00 (local time) or 01:00-05:00 UTC; '': always
window = ''
; an update comes as a delta when old and new package, unpacked, have at most so many bytes together; applying it takes
; up to twice as much memory, and 40 MiB; 0: always whole
max_delta_bytes = 67108864
`;

const verify = z.enum(['required', 'off'], 'expected required or off');

export const fingerprint = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/, 'expected a sha256 of 64 hex digits')
  .toLowerCase();

const probation = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,6})$/, 'expected a whole number of seconds')
  .transform(Number);

const bytes = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,8})$/, 'expected a whole number of bytes')
  .transform(Number);

const window = z.string().transform((text, context) => {
  const read = parseWindow(text);
  if (read) return read;
  context.addIssue({ code: 'custom', message: 'expected HH:MM-HH:MM or HH:MM-HH:MM UTC' });
  return z.NEVER;
});

/** `read` gives the value of an option, undefined when it is missing or empty. */
export function readOtaConfig(read: <T>(option: string, schema: z.ZodType<T>) => T | undefined): OtaConfig {
  return {
    verify: read('verify', verify),
    rootSha256: read('root_sha256', fingerprint),
    probationSeconds: read('probation_secs', probation) ?? 30,
    engineProbationSeconds: read('engine_probation_secs', probation) ?? 600,
    window: read('window', window),
    maxDeltaBytes: read('max_delta_bytes', bytes) ?? 64 * 1024 * 1024,
  };
}
