import { formatAmount } from '@gateway-engine/device-client';
import type { Colours } from '@gateway-engine/host/command-line';
import type { GatewayLook, ProgramRow } from './gateway-look.ts';

/** The lines that show a gateway, none wider than `columns`. */
export function composeScreen(look: GatewayLook, columns: number, colours: Colours): string[] {
  const { bold, yellow } = colours;
  const head = headOf(look).map((line) => cut(line, columns));
  const title = cut(tableLine(titles, columns), columns);
  const rows = look.programs ?? [];
  const table = rows.flatMap((row) => rowLines(row, columns, colours));
  const none = look.programs === null ? [] : rows.length === 0 ? [cut('no programs', columns)] : [];
  return [
    ...head.map((line, index) => (index === 0 ? bold(line) : line)),
    ...look.problems.map((problem) => yellow(cut(`! ${problem}`, columns))),
    '',
    bold(title),
    ...table,
    ...none,
  ];
}

function headOf(look: GatewayLook): string[] {
  const { time, version, uptime, load, processors, memory, disk, queue, network, checkIn } = look;
  const clock = new Date(time).toISOString().slice(11, 19);
  const loads = load.map((each) => each.toFixed(2)).join(' ');
  const classes = Object.entries(network ?? {}).map(([name, bytes]) => `${name} ${formatAmount(bytes)}`);
  return [
    `gwe ${version}  ${clock} UTC  up ${span(uptime)}  load ${loads} of ${processors}`,
    `memory   ${formatAmount(memory.available)} of ${formatAmount(memory.total)} available    disk ${disk === null ? 'not known' : `${formatAmount(disk.available)} of ${formatAmount(disk.size)} free`}`,
    `queue    ${queue === null ? 'not known' : queueText(queue)}`,
    `network  ${network === null ? 'no accounts are kept' : `today ${classes.length === 0 ? 'nothing' : classes.join(', ')}`}`,
    `check-in ${checkIn === null ? 'none is known' : `${span(checkIn.last)} ago, the next in ${span(checkIn.next)} at the latest`}`,
  ];
}

function queueText(queue: NonNullable<GatewayLook['queue']>): string {
  const { running, waiting, bytes, oldest, deadLetters, accepted, uploaded } = queue;
  const age = oldest === null ? '' : `, the oldest for ${span(oldest)}`;
  const rates = accepted === null ? '' : `, ${accepted}/s in, ${uploaded}/s out`;
  const letters = deadLetters === 0 ? '' : `, ${deadLetters} set aside`;
  return `${waiting} wait (${formatAmount(bytes)})${age}${rates}${letters}${running ? '' : ', gmq does not answer'}`;
}

const titles = ['PROGRAM', 'STATE', 'PID', 'UPTIME', 'CPU%', 'MEMORY', 'PROC', 'RESTARTS'];
const widths = [20, 9, 8, 11, 6, 9, 5, 9];

/** A narrow screen shortens the names first. */
function tableLine(cells: readonly string[], columns: number): string {
  const rest = widths.slice(1).reduce((sum, width) => sum + width, 0);
  const name = Math.max(8, Math.min(widths[0] ?? 20, columns - rest));
  return cells
    .map((cell, index) => {
      if (index === 0) return cell.slice(0, name - 1).padEnd(name);
      if (index === 1) return cell.padEnd(widths[1] ?? 0);
      return cell.padStart(widths[index] ?? 0);
    })
    .join('');
}

function rowLines(row: ProgramRow, columns: number, { green, red, yellow, dim }: Colours): string[] {
  const { name, state, pid, uptime, cpu, memory, processes, restarts, problem } = row;
  const isUp = pid > 0;
  const cells = [
    name,
    state,
    isUp ? String(pid) : '-',
    uptime === null ? '-' : span(uptime),
    cpu === null ? '-' : cpu.toFixed(1),
    isUp ? formatAmount(memory) : '-',
    isUp ? String(processes) : '-',
    restarts === null ? '-' : String(restarts),
  ];
  const paint =
    state === 'RUNNING'
      ? green
      : state === 'FATAL' || state === 'BACKOFF'
        ? red
        : state === 'STARTING'
          ? yellow
          : dim;
  const line = cut(tableLine(cells, columns), columns).replace(state, (word) => paint(word));
  return problem === '' ? [line] : [line, red(cut(`  ${problem}`, columns))];
}

/** `3 d 4 h`, `4:05:06`, `0:42`. */
export function span(seconds: number): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3_600);
  const minutes = Math.floor((seconds % 3_600) / 60);
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function cut(line: string, columns: number): string {
  const characters = [...line];
  return characters.length <= columns ? line : `${characters.slice(0, Math.max(0, columns - 1)).join('')}…`;
}
