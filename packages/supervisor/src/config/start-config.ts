import { describeError } from '@gateway-engine/host';
import { ConfigError } from './config-error.ts';
import { loadConfig, type Overrides, type SupervisorConfig } from './supervisord.ts';

export interface StartConfig extends SupervisorConfig {
  /** What is wrong with included files that are left out, a sentence each. */
  readonly problems: readonly string[];
}

/**
 * The configuration to start with. Where Supervisor refuses to start for a mistake in any included file, this leaves
 * out the file with the mistake: on a gateway, one bad application must not keep down the engine that could repair it.
 * Throws ConfigError for a mistake in the main file, or one that several included files make together.
 */
export function loadForStart(
  file: string,
  environment: NodeJS.ProcessEnv,
  overrides: Overrides = new Map(),
): StartConfig {
  const load = (isIncluded?: (file: string) => boolean) =>
    loadConfig(file, environment, overrides, isIncluded);
  const attempt = problemOf(() => load());
  if (typeof attempt !== 'string') return { ...attempt, problems: [] };
  const offered: string[] = [];
  load((extra) => offered.push(extra) === 0);
  const problems = new Map<string, string>();
  for (const extra of offered) {
    const alone = problemOf(() => load((other) => other === extra));
    if (typeof alone === 'string') problems.set(extra, `the included file is left out: ${alone}`);
  }
  return { ...load((extra) => !problems.has(extra)), problems: [...problems.values()] };
}

function problemOf(load: () => SupervisorConfig): SupervisorConfig | string {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return describeError(error);
  }
}
