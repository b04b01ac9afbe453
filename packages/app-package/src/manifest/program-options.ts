import type { Manifest } from './manifest.ts';

/**
 * What a `gwe.json` adds to the program's entry at the supervisor: its limits and its health check, as options. A
 * leading `./` of the health check is left to whoever knows where the package lies.
 */
export function programOptions({ healthcheck, limits }: Manifest): [option: string, value: string][] {
  const given: [string, string | number | undefined][] = [
    ['healthcheck_command', healthcheck?.command],
    ['healthcheck_url', healthcheck?.url],
    ['healthcheck_interval', healthcheck?.interval],
    ['healthcheck_timeout', healthcheck?.timeout],
    ['healthcheck_retries', healthcheck?.retries],
    ['memory_max', limits?.memory_max],
    ['cpu_max', limits?.cpu_max],
    ['pids_max', limits?.pids_max],
    ['nofile', limits?.nofile],
  ];
  return given.flatMap(([option, value]) => (value === undefined ? [] : [[option, String(value)]]));
}
