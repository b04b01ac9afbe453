import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Temperature } from '@gateway-engine/device-api';
import { readTextIfPresent } from '@gateway-engine/host';

const mostSensors = 16;
const longestName = 60;

/** What the kernel's sensors show: the thermal zones, or where there are none, the hardware monitors. */
export async function temperatures(root = '/sys/class'): Promise<Temperature[]> {
  const zones = await thermalZones(join(root, 'thermal'));
  const found = zones.length > 0 ? zones : await hardwareMonitors(join(root, 'hwmon'));
  return found.slice(0, mostSensors);
}

async function thermalZones(directory: string): Promise<Temperature[]> {
  const found: Temperature[] = [];
  for (const zone of await entries(directory, /^thermal_zone\d+$/)) {
    const name = await readTextIfPresent(join(directory, zone, 'type'));
    push(found, name ?? zone, await shown(join(directory, zone, 'temp')));
  }
  return found;
}

async function hardwareMonitors(directory: string): Promise<Temperature[]> {
  const found: Temperature[] = [];
  for (const monitor of await entries(directory, /^hwmon\d+$/)) {
    const folder = join(directory, monitor);
    const name = (await readTextIfPresent(join(folder, 'name')))?.trim() ?? monitor;
    for (const input of await entries(folder, /^temp\d+_input$/)) {
      const label = await readTextIfPresent(join(folder, input.replace('input', 'label')));
      push(found, `${name} ${label ?? input.replace('_input', '')}`, await shown(join(folder, input)));
    }
  }
  return found;
}

function push(found: Temperature[], name: string, celsius: number | undefined): void {
  if (celsius !== undefined) found.push({ sensor: name.trim().slice(0, longestName), celsius });
}

/** Sensors speak of thousandths of a degree. */
async function shown(file: string): Promise<number | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    // Drivers refuse in many ways (ENODATA, EAGAIN, EIO, EINVAL) while a sensor is off; then it shows nothing.
    return undefined;
  }
  return /^-?\d+\s*$/.test(text) ? Math.round(Number(text) / 100) / 10 : undefined;
}

async function entries(directory: string, pattern: RegExp): Promise<string[]> {
  try {
    const names = (await readdir(directory)).filter((name) => pattern.test(name));
    return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
