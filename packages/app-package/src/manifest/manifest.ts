import { z } from 'zod';
import { problemOfAppName } from '../tarball-name.ts';
import { ConfigEntries } from './config-schema.ts';
import { parseEngineVersion } from './engine-version.ts';
import { ManifestError } from './manifest-error.ts';

/** The most bytes that a `gwe.json` may have. */
export const longestManifest = 64 * 1024;

/** As `process.arch` of Node.js names them; `uname -m` has other names for the same. */
export const architectures = [
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'mips',
  'mipsel',
  'ppc64',
  'riscv64',
  's390x',
  'x64',
] as const;

const seconds = z.number().min(0.05).max(1_000_000);
const count = z.int().min(1).max(1_000_000_000);
const command = z
  .string()
  .trim()
  .min(1)
  .max(4096)
  .regex(/^[^\r\n\0]*$/, 'must be one line');

const HealthCheck = z
  .strictObject({
    command: command.optional().meta({
      description:
        'Well when it exits with 0. No shell. A leading ./ means the package of a versioned application.',
    }),
    url: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .max(2000)
      .optional()
      .meta({ description: 'Well when it answers with a status from 200 to 399.' }),
    interval: seconds.optional().meta({ description: 'Seconds between two looks; 30.' }),
    timeout: seconds.optional().meta({ description: 'Seconds after which a look has failed; 5.' }),
    retries: z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .meta({ description: 'Failures in a row that make it unhealthy; 3.' }),
  })
  .refine(
    ({ command, url }) => (command === undefined) !== (url === undefined),
    'needs either "command" or "url"',
  );

const Limits = z.strictObject({
  memory_max: z
    .string()
    .regex(/^\d{1,15} *([kmgKMG][bB])?$/, 'must be bytes, or KB, MB or GB with a unit, such as 200MB')
    .optional()
    .meta({ description: 'Memory and swap of all its processes together, such as 200MB.' }),
  cpu_max: z
    .string()
    .regex(
      /^\d{1,5}(\.\d{1,5})? *%?$/,
      'must be a share of one CPU such as 50%, or a number of CPUs such as 1.5',
    )
    .optional()
    .meta({ description: 'Share of one CPU such as 50%, or a number of CPUs such as 1.5.' }),
  pids_max: count.optional().meta({ description: 'Processes and threads.' }),
  nofile: count.optional().meta({ description: 'Open files of each process.' }),
});

const Dependency = z.strictObject({
  name: z.string().superRefine((name, context) => {
    const message = problemOfAppName(name);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  }),
  versions: z.array(z.string().min(1).max(200)).max(50).default([]).meta({
    description:
      'Versions that serve, any one of them: 1.4, or 1.* for all that begin so, or >=1.4. None: any version.',
  }),
});

/**
 * What a package says of itself beyond the documented files: `gwe.json` beside its `install.sh`. Every key may be left
 * out. A key that is not known is refused: a misspelt limit would be none.
 */
export const Manifest = z
  .strictObject(
    {
      $schema: z.string().max(2000).optional().meta({ description: 'Address of this schema, for editors.' }),
      layout: z.enum(['installer', 'versioned']).default('installer').meta({
        description:
          'installer: install.sh puts things where they belong. versioned: the program runs from its unpacked package, which is switched as a whole; install.sh may be left out.',
      }),
      healthcheck: HealthCheck.optional().meta({ description: 'How to look whether the program is well.' }),
      limits: Limits.optional().meta({ description: 'What the program may use of the gateway.' }),
      depends: z
        .array(Dependency)
        .max(50)
        .default([])
        .meta({ description: 'Other applications that must be installed.' }),
      engine: z
        .string()
        .max(100)
        .refine((text) => parseEngineVersion(text) !== undefined, 'must be MAJOR.MINOR.PATCH, such as 0.1.0')
        .optional()
        .meta({ description: 'The least version of Gateway Engine that serves, such as 0.1.0.' }),
      architectures: z
        .array(z.enum(architectures, `must be one of ${architectures.join(', ')}`))
        .min(1, 'names none; leave it out for any')
        .optional()
        .meta({ description: 'Architectures it runs on, as Node.js names them; any when left out.' }),
      data: z.boolean().default(false).meta({
        description: 'Whether it gets a folder of its own that survives updates; GWE_APP_DATA names it.',
      }),
      config: ConfigEntries.default({}).meta({ description: 'Configuration values that it takes, by name.' }),
      ignore_veto: z.boolean().default(false).meta({
        description:
          'Whether pre_update.sh of the installed version is not asked: for a version that never agrees.',
      }),
    },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? `has the unknown key ${JSON.stringify(issue.keys?.[0])}; is it misspelt, or for a later Gateway Engine?`
          : 'must be a JSON object',
    },
  )
  .superRefine(({ depends, layout, healthcheck }, context) => {
    if (layout === 'installer' && healthcheck?.command?.startsWith('./')) {
      const message = 'begins with ./, which only a versioned layout has a place for; name the whole path';
      context.addIssue({ code: 'custom', path: ['healthcheck', 'command'], message });
    }
    const names = depends.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['depends'],
        message: `names ${JSON.stringify(twice)} twice`,
      });
    }
  });
export type Manifest = z.infer<typeof Manifest>;

/** Reads the text of a `gwe.json`. Throws ManifestError, which names each key that is wrong. */
export function parseManifest(text: string): Manifest {
  if (Buffer.byteLength(text) > longestManifest) {
    throw new ManifestError(`gwe.json is larger than ${longestManifest} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ManifestError(`gwe.json is not JSON: ${harmless(message)}`, { cause });
  }
  const result = Manifest.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.slice(0, mostProblems).map(({ path, message }) => {
    const key = path.map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    );
    return key.length === 0 ? message : `"${key.join('')}" ${message}`;
  });
  throw new ManifestError(`gwe.json: ${harmless(problems.join('; '))}`);
}

/** An error's text goes into logs and into reports that have a bound, and may quote anything. */
function harmless(text: string): string {
  const bounded = text.length > longestText ? `${text.slice(0, longestText)}...` : text;
  return bounded.replace(/\p{Cc}/gu, '?').toWellFormed();
}

const longestText = 1000;
const mostProblems = 5;
