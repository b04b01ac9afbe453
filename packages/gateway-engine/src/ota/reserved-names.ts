/** Programs of the gateway itself, which an application must not take the place of. */
export const reservedNames: ReadonlySet<string> = new Set(['gwe', 'gmq', 'gdc', 'supervisor', 'supervisord']);
