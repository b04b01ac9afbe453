import type { Program } from '../program.ts';
import type { Supervisor } from '../supervisor.ts';
import type { XmlRpcValue } from '../xml-rpc/message.ts';
import { allPrograms, findProgram } from './find-programs.ts';
import type { Methods } from './method.ts';

type Report = { readonly [name: string]: XmlRpcValue };

/** What Supervisor has no methods for, in a namespace of its own: clients of Supervisor do not meet it. */
export function extraMethods(supervisor: Supervisor): Methods {
  const about = (what: string, report: (program: Program) => Report | Promise<Report>) => {
    const named = async (program: Program) => ({
      name: program.config.name,
      group: program.config.group,
      ...(await report(program)),
    });
    return {
      one: {
        parameters: { name: 'string' },
        returns: 'struct',
        help: `${what} of a process.`,
        run: (args: { text(index: number): string }) => named(findProgram(supervisor, args.text(0))),
      },
      all: {
        parameters: {},
        returns: 'array',
        help: `${what} of all processes.`,
        run: async () => {
          const reports: Report[] = [];
          for (const program of allPrograms(supervisor)) reports.push(await named(program));
          return reports;
        },
      },
    } as const;
  };
  const limits = about('The limits in force and the cgroup', limitReport);
  const memory = about('The memory, descendants included, in KiB', memoryReport);
  const health = about('The health, pace of restarts and what is waited for', healthReport);
  return {
    getLimits: limits.one,
    getAllLimits: limits.all,
    getMemory: memory.one,
    getAllMemory: memory.all,
    getHealth: health.one,
    getAllHealth: health.all,
  };
}

function limitReport({ care }: Program): Report {
  return {
    cgroup: care.confinement.cgroupDirectory ?? '',
    limits: care.confinement.limits.map(({ option, value, mechanism, note }) => ({
      option,
      // XML-RPC has no whole numbers above 2 GiB.
      value: String(value),
      mechanism,
      note,
    })),
  };
}

async function memoryReport({ care }: Program): Promise<Report> {
  const { kilobytes, measure, processes } = await care.memory();
  return { kilobytes, measure, processes };
}

function healthReport(program: Program): Report {
  const { health, problem, status, restarts } = program.care.health.report;
  const { failures, startsInMs } = program.process.paced;
  const { history } = program.process;
  return {
    health,
    problem,
    status,
    restarts,
    failures,
    next_start_seconds: startsInMs === undefined ? -1 : Math.ceil(startsInMs / 1000),
    waits_for: program.waitsFor,
    automatic_restarts: history.restarts,
    // XML-RPC has no null.
    last_exit_status: history.lastStatus === undefined ? '' : String(history.lastStatus),
    last_failure: history.lastFailure,
  };
}
