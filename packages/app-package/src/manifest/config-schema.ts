import { z } from 'zod';

/** Names of configuration values: they become variables of the environment, or names of files. */
export const configName = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** What the gateway and the system set themselves; a value of such a name could turn a program into another one. */
const reservedNames =
  /^(?:GWE_|GMQ_|SUPERVISOR_|LD_|(?:PATH|HOME|SHELL|USER|IFS|ENV|BASH_ENV|NOTIFY_SOCKET|WATCHDOG_USEC)$)/;

export function isReservedConfigName(name: string): boolean {
  return reservedNames.test(name);
}

/** One configuration value that an application takes. */
export const ConfigEntry = z.strictObject({
  description: z.string().max(1000).optional().meta({ description: 'What it is, for the operator.' }),
  deliver: z.enum(['environment', 'file']).default('environment').meta({
    description:
      'environment: a variable of this name. file: a file of this name in the folder that GWE_APP_CONFIG names.',
  }),
  secret: z
    .boolean()
    .default(false)
    .meta({ description: 'Never shown, and never taken from a command line.' }),
  required: z.boolean().default(false).meta({ description: 'The application is not installed without it.' }),
  default: z
    .string()
    .max(65_536)
    .optional()
    .meta({ description: 'The value when the operator has set none.' }),
});
export type ConfigEntry = z.infer<typeof ConfigEntry>;

/** The configuration values of an application by name. */
export const ConfigEntries = z
  .record(z.string().regex(configName, 'a name has letters, digits and underscores, 64 at most'), ConfigEntry)
  .refine((entries) => Object.keys(entries).length <= 200, 'more than 200 values')
  .superRefine((entries, context) => {
    for (const [name, entry] of Object.entries(entries)) {
      const problem = problemOf(name, entry);
      if (problem !== undefined) context.addIssue({ code: 'custom', path: [name], message: problem });
    }
  });

function problemOf(name: string, entry: ConfigEntry): string | undefined {
  if (isReservedConfigName(name)) return 'is a name that the gateway or the system sets itself';
  if (entry.secret && entry.default !== undefined)
    return 'is secret and cannot have a default: anybody can read it';
  if (entry.required && entry.default !== undefined) return 'is required, so that its default has no effect';
  if (entry.deliver === 'environment' && entry.default?.includes('\0')) return 'has a NUL in its default';
  return undefined;
}
