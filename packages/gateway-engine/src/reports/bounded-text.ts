/** The first whole lines of a text that have room within so many characters. */
export function wholeLines(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const end = text.lastIndexOf('\n', longest);
  return end === -1 ? text.slice(0, longest) : text.slice(0, end);
}

/** A text for one line: control characters become blanks, and it ends where the room does. */
export function oneLine(text: string, longest: number): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, longest);
}
