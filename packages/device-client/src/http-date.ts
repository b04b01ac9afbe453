const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const imfFixdate =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;

/** Seconds since 1970 of an HTTP date (RFC 9110, 5.6.7: the form that servers send). Undefined when it is none. */
export function parseHttpDate(text: string | undefined): number | undefined {
  const match = imfFixdate.exec(text?.trim() ?? '');
  if (!match) return undefined;
  const [day, year, hour, minute, second] = [match[1], match[3], match[4], match[5], match[6]].map(Number);
  if (day === undefined || year === undefined) return undefined;
  const month = months.indexOf(match[2] ?? '');
  if (day < 1 || day > 31 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60)
    return undefined;
  return Date.UTC(year, month, day, hour, minute, second) / 1000;
}
