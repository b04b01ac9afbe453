/** MAJOR.MINOR.PATCH as three numbers; undefined when the text is none. What follows a hyphen or a plus is not looked at. */
export function parseEngineVersion(text: string): readonly [number, number, number] | undefined {
  const match = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+][0-9A-Za-z.+-]*)?$/.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined;
}

/** Whether a Gateway Engine of version `has` is at least `least`. A text that is no version never serves. */
export function engineServes(has: string, least: string): boolean {
  const [own, wanted] = [parseEngineVersion(has), parseEngineVersion(least)];
  if (!own || !wanted) return false;
  for (const [index, number] of wanted.entries()) {
    const difference = (own[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
