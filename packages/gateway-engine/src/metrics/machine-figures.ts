import { loadavg, uptime } from 'node:os';
import { gaugeOf, type Labels, type MetricFamily } from '@gateway-engine/host/metrics';
import { diskUse } from '../reports/machine/disks.ts';
import { meminfo, parseMeminfo } from '../reports/machine/memory.ts';
import { temperatures } from '../reports/machine/temperatures.ts';

/** The machine as its kernel shows it: what the report `device_info` tells, too. */
export async function machineFigures(): Promise<MetricFamily[]> {
  const [disks, memory, sensors] = await Promise.all([
    diskUse(),
    meminfo().then(parseMeminfo),
    temperatures(),
  ]);
  // A place may be mounted over: what lies above counts.
  const mounted = [...new Map(disks.map((disk) => [disk.mounted_on, disk])).values()];
  const ofDisks = (figure: 'size' | 'available') =>
    mounted.map((disk): [Labels, number] => [{ mountpoint: disk.mounted_on }, disk[figure]]);
  const loads = loadavg();
  return [
    gaugeOf('gwe_filesystem_size_bytes', 'Size of each file system that holds data.', ofDisks('size')),
    gaugeOf('gwe_filesystem_available_bytes', 'Room that programs have left on it.', ofDisks('available')),
    gaugeOf('gwe_memory_size_bytes', 'Memory of the machine.', memory.total),
    gaugeOf('gwe_memory_available_bytes', 'Memory that programs may still have.', memory.available),
    gaugeOf('gwe_swap_size_bytes', 'Swap of the machine.', memory.swap_total),
    gaugeOf('gwe_swap_free_bytes', 'Swap that is free.', memory.swap_free),
    gaugeOf(
      'gwe_load_average',
      'Programs that run or wait to, on average over so many minutes.',
      ['1', '5', '15'].map((minutes, index) => [{ minutes }, loads[index]]),
    ),
    gaugeOf(
      'gwe_temperature_celsius',
      'What the sensors show.',
      numbered(sensors.map(({ sensor, celsius }) => [sensor, celsius])),
    ),
    gaugeOf('gwe_machine_uptime_seconds', 'Time since the machine started.', uptime()),
  ];
}

/** Sensors of one kind have the same name: from the second on it gets a number. */
function numbered(figures: readonly (readonly [name: string, value: number])[]): [Labels, number][] {
  const taken = new Map<string, number>();
  return figures.map(([name, value]) => {
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    return [{ sensor: count === 1 ? name : `${name} ${count}` }, value];
  });
}
