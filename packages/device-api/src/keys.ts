const fortyHexDigits = /^[0-9a-f]{40}$/;

/** Whether a text has the form of a CIK, RID, vendor token or share code: 40 lowercase hex digits. */
export function isKey(text: string): boolean {
  return fortyHexDigits.test(text);
}

/** A key for a log line or an error: eight digits, then asterisks. */
export function maskKey(key: string): string {
  return key.slice(0, 8) + '*'.repeat(Math.max(0, key.length - 8));
}
