import type { IniSections } from '@gateway-engine/host';
import { parseValue } from './option.ts';
import { word } from './values.ts';

/** 0 low, 1 normal, 2 high: what gives way first when the queue is full, and what an upload window holds back. */
export type Priority = 0 | 1 | 2;

export const prioritySection = 'priority';
export const priorityWords = word('low', 'normal', 'high');

const ranks = { low: 0, normal: 1, high: 2 } as const;

/**
 * The aliases of `[priority]`, in lower case as the syntax gives them, each with its priority; a name that ends in `*`
 * stands for all aliases that start so. Throws SettingsError.
 */
export function readPriorities(sections: IniSections, file: string): ReadonlyMap<string, Priority> {
  const priorities = new Map<string, Priority>();
  for (const [name, { value, line }] of sections.get(prioritySection) ?? []) {
    if (value === '' || value === "''") continue;
    const place = { where: `${file}, line ${line}`, section: prioritySection, name };
    priorities.set(name, ranks[parseValue(value, priorityWords, place)]);
  }
  return priorities;
}

/** The priority of an alias, whose case does not count. An exact name wins over a start, a longer start over a shorter. */
export function priorityLookup(priorities: ReadonlyMap<string, Priority>): (alias: string) => Priority {
  if (priorities.size === 0) return () => 1;
  const starts = [...priorities]
    .filter(([name]) => name.endsWith('*'))
    .map(([name, priority]) => ({ start: name.slice(0, -1), priority }))
    .sort((a, b) => b.start.length - a.start.length);
  return (alias) => {
    const name = alias.toLowerCase();
    return priorities.get(name) ?? starts.find(({ start }) => name.startsWith(start))?.priority ?? 1;
  };
}
