import { z } from 'zod';

/** HOST and PORT to listen on. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A time of day to another, in minutes since midnight, local time; it may go over midnight. */
export interface DayWindow {
  readonly from: number;
  readonly to: number;
}

/** Milliseconds, written as seconds. */
export const seconds = (smallest: number, largest = 86_400 * 30) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'expected a number of seconds')
    .transform(Number)
    .refine((value) => value >= smallest && value <= largest, `expected ${smallest} to ${largest} seconds`)
    .transform((value) => value * 1000);

export const address = z
  .string()
  .regex(/^(\[[0-9A-Fa-f:.]+\]|[^\s:[\]]+):\d{1,5}$/, 'expected HOST:PORT, such as 127.0.0.1:8090')
  .transform(parseAddress)
  .refine(({ port }) => port <= 65_535, 'expected a port up to 65535');

export const baseUrl = z.string().refine((text) => {
  const url = URL.parse(text);
  const bare = url?.pathname === '/' && url.search + url.hash + url.username + url.password === '';
  return bare && /^https?:$/.test(url.protocol);
}, 'expected a base URL, such as https://platform.example or http://127.0.0.1:8080');

export const count = z
  .string()
  .regex(/^[1-9]\d{0,5}$/, 'expected a whole number from 1 to 999999')
  .transform(Number);

const units = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 } as const;

/** Bytes, as a number with or without a unit of 1024. */
export const byteSize = (smallest: number, inWords: string) =>
  z
    .string()
    .regex(/^\d{1,12}(KB|MB|GB)?$/i, 'expected bytes, such as 500000, 200KB, 64MB or 1GB')
    .transform((text) => {
      const unit = text.slice(-2).toUpperCase();
      return Object.hasOwn(units, unit)
        ? Number(text.slice(0, -2)) * units[unit as keyof typeof units]
        : Number(text);
    })
    .refine((bytes) => bytes >= smallest && bytes <= 2 ** 50, `expected ${inWords}`);

export const dayWindow = z
  .string()
  .regex(
    /^([01]?\d|2[0-3]):[0-5]\d\s*-\s*([01]?\d|2[0-3]):[0-5]\d$/,
    'expected two times of day, such as 01:00-05:00',
  )
  .transform((text): DayWindow => {
    const [from = 0, to = 0] = text.split('-').map((time) => {
      const [hours, minutes] = time.trim().split(':').map(Number);
      return (hours ?? 0) * 60 + (minutes ?? 0);
    });
    return { from, to };
  })
  .refine(({ from, to }) => from !== to, 'expected two different times of day');

/** One of some words, in any case. */
export const word = <const Words extends readonly [string, ...string[]]>(...words: Words) =>
  z.string().transform((text, context): Words[number] => {
    const found = words.find((one) => one.toLowerCase() === text.toLowerCase());
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', message: `expected ${words.join(', ')}` });
    return z.NEVER;
  });

/** HOST:PORT, an address of IPv6 in brackets. */
export function parseAddress(text: string): Address {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
