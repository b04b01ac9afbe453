function scaled(amount: number, base: number, units: readonly string[]): string {
  let size = amount;
  let unit = 0;
  // 999.5 would be printed as 1000 of the smaller unit.
  while (Math.abs(size) >= base - 0.5 && unit < units.length - 1) {
    size /= base;
    unit++;
  }
  const digits = unit === 0 || Math.abs(size) >= 99.95 ? 0 : 1;
  return `${size.toFixed(digits)} ${units[unit]}`;
}

/** Bytes on a network and of files, in powers of 1000 as a network bill counts: `1.2 kB`. */
export function bytes(amount: number): string {
  return scaled(amount, 1000, ['B', 'kB', 'MB', 'GB', 'TB']);
}

/** Memory and disks, in powers of 1024: `1.9 GiB`. */
export function binaryBytes(amount: number): string {
  return scaled(amount, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);
}

/** A measured number for reading: so many significant digits at most, no trailing zeros. */
export function measured(value: number, digits = 6): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  return String(Number(value.toPrecision(digits)));
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
