import { runGdc } from './command/gdc.ts';

/** The command `gdc`, for `runCommand` of the host package. Throws UsageError, and the errors of DeviceClient. */
export async function gdc(args: readonly string[]): Promise<void> {
  await runGdc(args, { stdin: process.stdin, stdout: process.stdout, env: process.env });
}
