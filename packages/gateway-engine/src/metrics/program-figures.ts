import { counterOf, gaugeOf, type Labels, type MetricFamily } from '@gateway-engine/host/metrics';
import { type ProcessInfo, type SupervisorClient, SupervisorUnreachable } from '@gateway-engine/supervisor';
import { uptimeOf } from '../reports/engine-report.ts';
import { memoryOf } from '../reports/programs/memory-of.ts';
import { familyOf, processTable } from '../reports/programs/process-table.ts';
import { keyOf, supervisorFacts } from '../reports/programs/supervisor-facts.ts';
import type { ProcessorTime } from './processor-time.ts';

const supervisorUp = (up: number) => gaugeOf('gwe_supervisor_up', 'Whether the supervisor answers.', up);

/** Every program of the supervisor: how it is, and what it costs. */
export async function programFigures(
  supervisor: Pick<SupervisorClient, 'call' | 'getAllProcessInfo'>,
  time: ProcessorTime,
): Promise<MetricFamily[]> {
  try {
    return [supervisorUp(1), ...(await figuresOf(supervisor, time))];
  } catch (error) {
    if (!(error instanceof SupervisorUnreachable)) throw error;
    return [supervisorUp(0)];
  }
}

async function figuresOf(
  supervisor: Pick<SupervisorClient, 'call' | 'getAllProcessInfo'>,
  time: ProcessorTime,
): Promise<MetricFamily[]> {
  const programs = await supervisor.getAllProcessInfo();
  const known = await supervisorFacts(supervisor);
  const table = processTable();
  const looks = programs.map((process) => {
    const family = process.pid > 0 ? familyOf(process.pid, table) : [];
    const own = known.memory.get(keyOf(process));
    return {
      process,
      labels: { app: process.group, program: process.name },
      ticks: family.reduce((sum, { ticks }) => sum + ticks, 0),
      bytes: own?.bytes ?? memoryOf(family.map(({ pid }) => pid)),
      processes: own?.processes ?? family.length,
      restarts: known.health.get(keyOf(process))?.restarts,
    };
  });
  time.look(looks.map(({ process, ticks }) => ({ key: keyOf(process), pid: process.pid, ticks })));
  const each = (figure: (look: (typeof looks)[number]) => number | undefined) =>
    looks.map((look): [Labels, number | undefined] => [look.labels, figure(look)]);
  return [
    gaugeOf(
      'gwe_program_up',
      'Whether the program runs.',
      each(({ process }) => (isRunning(process) ? 1 : 0)),
    ),
    gaugeOf(
      'gwe_program_state',
      "Always 1; the label tells the supervisor's state of the program.",
      looks.map(({ labels, process }) => [{ ...labels, state: process.statename }, 1]),
    ),
    gaugeOf(
      'gwe_program_uptime_seconds',
      'How long the program has been running; 0 when it does not.',
      each(({ process }) => (isRunning(process) ? (uptimeOf(process.pid) ?? 0) : 0)),
    ),
    counterOf(
      'gwe_program_restarts_total',
      'Starts that the supervisor made by itself since somebody started the program.',
      each(({ restarts }) => restarts),
    ),
    gaugeOf(
      'gwe_program_memory_bytes',
      'Memory of the program with its descendants; of what n processes share, an nth part.',
      each(({ bytes }) => bytes),
    ),
    gaugeOf(
      'gwe_program_processes',
      'Processes of the program.',
      each(({ processes }) => processes),
    ),
    counterOf(
      'gwe_program_cpu_seconds_total',
      'Processor time of the program with its descendants, as far as it was looked at.',
      each(({ process }) => time.seconds(keyOf(process))),
    ),
  ];
}

function isRunning({ statename }: ProcessInfo): boolean {
  return statename === 'RUNNING';
}
