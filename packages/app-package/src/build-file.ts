import { readFile } from 'node:fs/promises';
import { writeDurably } from '@gateway-engine/host/basics';
import { z } from 'zod';
import { problemOfAppName, problemOfVersion } from './tarball-name.ts';

/** What goes into a tarball and how it is called; JSON with these keys. */
export interface BuildFile {
  readonly name: string;
  /** To be changed with every change of the application: it is what the gateway reports. */
  readonly version: string;
  readonly includes: readonly string[];
  readonly excludes: readonly string[];
  readonly pre_build_cmds: readonly string[];
  readonly post_build_cmds: readonly string[];
}

/** A build file that cannot be used. */
export class BuildFileError extends Error {
  readonly code = 'BUILD_FILE';
}

/** The keys and their meaning, for the summary after a new file was made. */
export const buildFileKeys: Readonly<Record<keyof BuildFile, string>> = {
  name: "application name: letters, digits, '-' and '_'",
  version: 'version of the application, a string; change it with every change',
  includes: 'files to pack, relative to the current directory; globs such as * work',
  excludes: 'files not to pack; for use with globs',
  pre_build_cmds: 'shell commands to run before packing',
  post_build_cmds: 'shell commands to run after packing',
};

const described = (problemOf: (text: string) => string | undefined) =>
  z.string('must be a string').superRefine((text, context) => {
    const message = problemOf(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
const texts = z.array(z.string('must be a string').min(1, 'must not be empty'), 'must be a list of strings');

const schema = z.looseObject(
  {
    name: described(problemOfAppName),
    version: described(problemOfVersion),
    includes: texts.min(1, 'names no file to pack'),
    excludes: texts.default([]),
    pre_build_cmds: texts.default([]),
    post_build_cmds: texts.default([]),
  },
  'must be a JSON object',
);

/**
 * Reads the text of a build file. `file` is shown in errors. Unknown keys are no error, since build files of others may
 * have some, but they are named, since a misspelt key would be one. Throws BuildFileError.
 */
export function parseBuildFile(text: string, file: string): { buildFile: BuildFile; unknownKeys: string[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BuildFileError(`${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    const issues = result.error.issues.map((issue) => {
      const key = issue.path
        .map((part, index) => (index === 0 ? String(part) : `[${String(part)}]`))
        .join('');
      return key === '' ? issue.message : `"${key}" ${issue.message}`;
    });
    throw new BuildFileError(`${file}: ${issues.join('; ')}`);
  }
  const { name, version, includes, excludes, pre_build_cmds, post_build_cmds, ...rest } = result.data;
  return {
    buildFile: { name, version, includes, excludes, pre_build_cmds, post_build_cmds },
    unknownKeys: Object.keys(rest),
  };
}

/** Reads a build file from disk. Throws BuildFileError. */
export async function readBuildFile(file: string): Promise<{ buildFile: BuildFile; unknownKeys: string[] }> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new BuildFileError(`cannot read the build file ${file}`, { cause });
  }
  return parseBuildFile(text, file);
}

/** A new build file's content, as documented: `install.sh` included, all other lists empty. */
export function newBuildFile(name: string, version: string): BuildFile {
  return { name, version, includes: ['install.sh'], excludes: [], pre_build_cmds: [], post_build_cmds: [] };
}

/** Writes a build file; throws BuildFileError when its name or version cannot be used. */
export async function writeBuildFile(file: string, buildFile: BuildFile): Promise<void> {
  const text = `${JSON.stringify(buildFile, null, 2)}\n`;
  parseBuildFile(text, file);
  await writeDurably(file, text);
}
