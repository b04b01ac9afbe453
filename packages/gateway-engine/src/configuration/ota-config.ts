import { z } from 'zod';
import { parseWindow, type UpdateWindow } from '../ota/window.ts';

/** How updates are taken: section `[ota]` of Engine.config. */
export interface OtaConfig {
  /** Seconds that a new version must run, and be healthy, before it is kept. */
  readonly probationSeconds: number;
  /** The hours in which updates may be installed; undefined: always. */
  readonly window: UpdateWindow | undefined;
}

export const otaTemplate = `[ota]
; seconds that a new version must run and be healthy; otherwise the version before is brought back
probation_secs = 30
; when updates may be downloaded and installed, such as 01:00-05:00 (local time) or 01:00-05:00 UTC; '': always
window = ''
`;

const probation = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,6})$/, 'expected a whole number of seconds')
  .transform(Number);

const window = z.string().transform((text, context) => {
  const read = parseWindow(text);
  if (read) return read;
  context.addIssue({ code: 'custom', message: 'expected HH:MM-HH:MM or HH:MM-HH:MM UTC' });
  return z.NEVER;
});

/** `read` gives the value of an option, undefined when it is missing or empty. */
export function readOtaConfig(read: <T>(option: string, schema: z.ZodType<T>) => T | undefined): OtaConfig {
  return { probationSeconds: read('probation_secs', probation) ?? 30, window: read('window', window) };
}
