import { closeSync } from 'node:fs';
import { join } from 'node:path';

/** What comes between the supervisor and a program: a shell that confines itself, then becomes the program. */
export interface LaunchPrefix {
  /** Files that the shell inherits, from descriptor 3 on. */
  readonly files: readonly number[];
  /** What to execute instead, in the place of `file` with the arguments `argv`. */
  wrap(
    program: { readonly file: string; readonly argv: readonly string[] },
    environment: NodeJS.ProcessEnv,
  ): { readonly file: string; readonly argv: readonly string[] };
  /** Closes the files. To be called after the launch. */
  close(): void;
}

/**
 * A prefix that enters cgroups and sets limits.
 *
 * The cgroup.procs files are opened by us and written by the shell, as the user of the program: the kernel checks
 * the permission of who opened them. So no code of the program runs outside, and nothing needs to be root but us.
 *
 * @param must files of cgroups without which the program may not run
 * @param may file of a cgroup that it can do without
 */
export function launchPrefix(parts: {
  must: readonly number[];
  may: number | undefined;
  commands: readonly string[];
}): LaunchPrefix | undefined {
  const files = [...parts.must, ...(parts.may === undefined ? [] : [parts.may])];
  if (files.length === 0 && parts.commands.length === 0) return undefined;
  const giveUp = '{ echo "gwe-supervisord: cannot confine this program" >&2; exit 126; }';
  const lines = [
    ...parts.commands.map((command) => `${command} || ${giveUp}`),
    ...parts.must.map((_, index) => `echo 0 >&${3 + index} || ${giveUp}`),
    ...(parts.may === undefined ? [] : [`echo 0 2>/dev/null >&${2 + files.length} || :`]),
    ...(files.length === 0 ? [] : [`exec ${files.map((_, index) => `${3 + index}>&-`).join(' ')}`]),
    'exec "$@"',
  ];
  return {
    files,
    wrap: ({ file, argv }, environment) => ({
      file: '/bin/sh',
      argv: [
        'sh',
        '-c',
        lines.join('\n'),
        'sh',
        ...keptVariables(environment),
        ...nameFor(file, argv, environment),
      ],
    }),
    close: () => {
      for (const descriptor of files) closeSync(descriptor);
    },
  };
}

/** The program's own name for itself stays as it was typed where the shell finds the same file by it. */
function nameFor(file: string, argv: readonly string[], environment: NodeJS.ProcessEnv): readonly string[] {
  const [name = '', ...rest] = argv;
  const isFound = name === file || environment.PATH?.split(':').some((folder) => join(folder, name) === file);
  return [isFound ? name : file, ...rest];
}

/** A shell drops variables whose names it cannot have; env(1) sets them again. */
function keptVariables(environment: NodeJS.ProcessEnv): string[] {
  const odd = Object.entries(environment).filter(([name]) => !/^[A-Za-z_]\w*$/.test(name));
  return odd.length === 0 ? [] : ['env', ...odd.map(([name, value]) => `${name}=${value ?? ''}`)];
}
