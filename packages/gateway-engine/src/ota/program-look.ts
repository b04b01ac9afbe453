import { bootId, parseIni, processStartTime } from '@gateway-engine/host';
import { isFault, type SupervisorClient } from '@gateway-engine/supervisor';
import { z } from 'zod';
import type { ProgramLook, SupervisorLook } from './probation.ts';

const healthList = z.array(
  z.object({
    name: z.string(),
    group: z.string(),
    health: z.string(),
    problem: z.string(),
    automatic_restarts: z.number(),
    last_failure: z.string(),
  }),
);
type Health = z.infer<typeof healthList>[number];

/** Looks at the processes of an application. `entry`: the text of its configuration. Rejects like SupervisorClient. */
export async function lookAt(
  supervisor: Pick<SupervisorClient, 'call' | 'getAllProcessInfo'>,
  name: string,
  entry: string,
): Promise<SupervisorLook> {
  const pid = z.number().parse(await supervisor.call('supervisor.getPID'));
  const processes = (await supervisor.getAllProcessInfo()).filter(({ group }) => group === name);
  const healths = await healthOf(supervisor, name);
  const mayEndWith = exitCodes(entry, name);
  const programs = processes.map((process): ProgramLook => {
    const health = healths.get(process.name);
    return {
      name: process.name,
      state: process.statename,
      start: process.start,
      pid: process.pid,
      exitStatus: process.exitstatus,
      mayEnd: mayEndWith.has(process.exitstatus),
      restarts: health?.automatic_restarts,
      health: watched(health?.health),
      problem: health?.problem || health?.last_failure || process.spawnerr,
    };
  });
  // A process id alone comes again after a reboot.
  return { supervisor: [bootId(), pid, processStartTime(pid) ?? ''].join(' '), programs };
}

/** Empty with a supervisor that watches no health. */
async function healthOf(
  supervisor: Pick<SupervisorClient, 'call'>,
  name: string,
): Promise<Map<string, Health>> {
  try {
    // One of another version may answer otherwise: then it tells nothing.
    const all = healthList.safeParse(await supervisor.call('gwe.getAllHealth')).data ?? [];
    return new Map(all.filter(({ group }) => group === name).map((each) => [each.name, each]));
  } catch (error) {
    if (isFault(error, 'UNKNOWN_METHOD')) return new Map();
    throw error;
  }
}

function watched(health: string | undefined): ProgramLook['health'] {
  return health === 'starting' || health === 'healthy' || health === 'unhealthy' ? health : undefined;
}

function exitCodes(entry: string, name: string): Set<number> {
  const options = parseIni(entry, { file: `${name}.conf` }).get(`program:${name}`);
  const codes = options?.get('exitcodes')?.value ?? '0';
  return new Set(codes.split(',').map((code) => Number(code.trim())));
}
