/** What holding registers mean. Devices number them from 0 on the wire, high byte first and high word first. */
const types = {
  uint16: { words: 1, read: (bytes) => bytes.readUInt16BE() },
  int16: { words: 1, read: (bytes) => bytes.readInt16BE() },
  uint32: { words: 2, read: (bytes) => bytes.readUInt32BE() },
  int32: { words: 2, read: (bytes) => bytes.readInt32BE() },
  // As many digits as a float has, and not those that a double adds.
  float32: { words: 2, read: (bytes) => Number(bytes.readFloatBE().toPrecision(7)) },
};

/** Checks what registers.json has; throws with what is wrong. */
export function parseRegisters(text) {
  return JSON.parse(text).map(({ alias, address, type, scale = 1 }) => {
    if (typeof alias !== 'string' || alias === '')
      throw new Error('registers.json: a register has no "alias"');
    if (!Number.isInteger(address) || address < 0 || address > 0xffff)
      throw new Error(`registers.json: the "address" of ${alias} is not 0 to 65535`);
    if (!Object.hasOwn(types, type))
      throw new Error(`registers.json: the "type" of ${alias} is none of ${Object.keys(types).join(', ')}`);
    const { words, read } = types[type];
    // 0.1 is no sum of powers of two: without rounding, 2301 * 0.1 is 230.10000000000002.
    return { alias, address, words, value: (bytes) => Number((read(bytes) * scale).toPrecision(12)) };
  });
}
