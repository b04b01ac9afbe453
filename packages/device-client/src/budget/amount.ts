const units: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Bytes of `50MB`, `1.5 GB`, `200 MiB`; kB, MB and GB are powers of 1000, as a network bill counts. */
export function parseAmount(text: string): number | undefined {
  const found = /^(\d{1,15}(?:\.\d{1,3})?) ?([kmgt]?i?b|)$/i.exec(text.trim());
  const unit = units[found?.[2]?.toLowerCase() ?? '?'];
  if (!found || unit === undefined) return undefined;
  const bytes = Math.round(Number(found[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** `12.3 MB`, for people. */
export function formatAmount(bytes: number): string {
  const names = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit < names.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${names[unit]}`;
}
