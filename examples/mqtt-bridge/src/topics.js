/** Checks what topics.json has; throws with what is wrong. Gives the entries of each topic. */
export function parseTopics(text) {
  const entries = JSON.parse(text);
  for (const { topic, alias, field } of entries) {
    if (typeof topic !== 'string' || topic === '' || /[+#]/.test(topic))
      throw new Error(`the topic ${JSON.stringify(topic)} is empty, or has a + or #: name each topic`);
    if (typeof alias !== 'string' || alias === '') throw new Error(`the topic ${topic} has no "alias"`);
    if (field !== undefined && typeof field !== 'string')
      throw new Error(`the "field" of the topic ${topic} is no text`);
  }
  return Map.groupBy(entries, ({ topic }) => topic);
}

/** The values in a message by alias: all of it, or fields of it when it is JSON. Throws when there are none. */
export function valuesOf(entries, payload) {
  const text = payload.toString('utf8').trim();
  const values = {};
  for (const { alias, field } of entries) {
    const value = field === undefined ? text : JSON.parse(text)[field];
    if (['string', 'number', 'boolean'].includes(typeof value)) values[alias] = value;
  }
  if (Object.keys(values).length === 0) throw new Error('it has none of the fields that are to be recorded');
  return values;
}
