import { systemClock, UsageError } from '@gateway-engine/host';
import { withExamples, withExitCodes } from '@gateway-engine/host/command-line';
import { Command, Option } from 'commander';
import type { z } from 'zod';
import type { Console } from '../command-line/configure.ts';
import { gweCommand } from '../command-line/gwe-command.ts';
import { serverAddress } from '../configuration/engine-config.ts';
import { fingerprint } from '../configuration/ota-config.ts';
import type { HomeLayout } from '../home/layout.ts';
import { type Enrolment, enrol } from './enroll.ts';
import { enrolmentInWords } from './enrolment-in-words.ts';

interface EnrolOptions {
  readonly server?: string;
  readonly product?: string;
  readonly serial?: string;
  readonly iface?: string;
  readonly rootSha256?: string;
  readonly wait?: string;
  readonly force?: true;
  readonly json?: true;
}

export function enrollProgram(layout: HomeLayout, console: Console): Command {
  const command = new Command('gwe enroll')
    .description('make this machine a gateway of a product: home, configuration and CIK in one step')
    .option('--server <URL>', "the platform's base URL; left out: as configured, or the vendor's own")
    .option('--product <ID>', 'the product id; left out: as configured')
    .option('--serial <SN>', 'the serial number; left out: as configured')
    .addOption(
      new Option('--iface <IFACE>', 'the interface whose MAC address is the serial number').conflicts(
        'serial',
      ),
    )
    .option('--root-sha256 <HEX>', 'the sha256 of the root that signs the updates of the product')
    .option('--wait <SECONDS>', 'go on trying for so long', '0')
    .option('--force', 'become another device, though there is a CIK, which is dropped')
    .option('--json', 'as JSON')
    .allowExcessArguments(false);
  withExamples(
    command,
    [
      ['gwe enroll --server https://platform.example --product pump --serial gw-7'],
      ['gwe enroll --product pump --iface eth0', 'the MAC address of eth0 is the serial number'],
      ['gwe enroll --product pump --serial gw-7 --wait 600', 'goes on trying for ten minutes'],
      ['gwe enroll', 'tries again with what is configured'],
    ],
    "It makes the gateway's home where it is missing, writes the configuration of engine and queue, obtains the CIK, and has\nthe supervisor start the engine again with it. Repeated, it changes nothing. A gateway that has a CIK becomes another\ndevice only with --force.",
  );
  withExitCodes(
    command,
    [0, 'the gateway is activated'],
    [1, 'it is not; what to do is said on standard error'],
  );
  return command.action(async () => {
    const { json = false, ...options } = command.opts<EnrolOptions>();
    const ending = new AbortController();
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () =>
        ending.abort(new UsageError('interrupted; what is configured stays, and the engine goes on trying')),
      );
    }
    const enrolment = await enrol(layout, planOf(options), {
      clock: systemClock,
      signal: ending.signal,
      onPause: (why, ms) =>
        console.err(`not activated yet: ${why}; next attempt in ${Math.ceil(ms / 1000)} s`),
    });
    tell(enrolment, json, console);
  });
}

/** `gwe enroll`: from a machine with the software to a gateway that the platform knows. */
export const enrollCommand = gweCommand(enrollProgram);

const productId = /^[A-Za-z0-9._-]{1,64}$/;

function planOf({ server, product, serial, iface, rootSha256, wait = '0', force }: EnrolOptions) {
  if (product !== undefined && !productId.test(product)) {
    throw new UsageError(
      `--product ${JSON.stringify(product)}: a product id has 1 to 64 of the characters A-Z a-z 0-9 . _ -`,
    );
  }
  const name = serial?.trim();
  if (name !== undefined && (name === '' || name === "''" || /\p{Cc}/u.test(name))) {
    throw new UsageError('--serial: a serial number has one character at least, and no control characters');
  }
  if (!/^\d{1,7}$/.test(wait)) throw new UsageError(`--wait ${wait}: expected a whole number of seconds`);
  return {
    server: checked('--server', server, serverAddress),
    product,
    serial: name,
    iface,
    rootSha256: checked('--root-sha256', rootSha256, fingerprint),
    force: force === true,
    waitMs: Number(wait) * 1000,
  };
}

function checked(flag: string, value: string | undefined, schema: z.ZodType<string>): string | undefined {
  if (value === undefined) return undefined;
  const result = schema.safeParse(value);
  if (!result.success) throw new UsageError(`${flag} ${value}: ${result.error.issues[0]?.message}`);
  // The address alone, as it is compared with the one that is configured.
  return result.data.replace(/\/$/, '');
}

function tell(enrolment: Enrolment, json: boolean, console: Console): void {
  const { activation, engine, ...facts } = enrolment;
  const isActive = typeof activation === 'string';
  if (json) {
    const told = {
      ...facts,
      activation: isActive ? activation : 'none',
      problem: isActive ? null : activation,
      engine: engine ?? null,
    };
    console.out(JSON.stringify(told, null, 2));
    process.exitCode = isActive ? 0 : 1;
    return;
  }
  for (const line of enrolmentInWords(enrolment)) console.out(line);
  if (!isActive) throw new UsageError(`not activated: ${activation.text}`);
}
