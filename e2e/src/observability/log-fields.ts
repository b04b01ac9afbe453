import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

const levels: ReadonlySet<string> = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal']);

/** The fields that the sources give to log lines beside their text, by an object that is written there. */
export function loggedFields(root: string): Set<string> {
  const fields = new Set<string>();
  for (const path of globSync(
    'packages/{host,device-client,supervisor,gmq,gateway-engine,platform}/src/**/*.ts',
    { cwd: root },
  )) {
    const { program } = parseSync(path, readFileSync(join(root, path), 'utf8'));
    const visitor = new Visitor({
      CallExpression({ callee, arguments: [first, second] }) {
        if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return;
        const method = callee.property.name;
        const isLine = levels.has(method) && second !== undefined;
        if (!(isLine || method === 'child') || first?.type !== 'ObjectExpression') return;
        for (const property of first.properties) {
          if (property.type === 'Property' && property.key.type === 'Identifier')
            fields.add(property.key.name);
        }
      },
    });
    visitor.visit(program);
  }
  return fields;
}

/** The fields of lines of JSON; other lines, which programs print, are passed over. */
export function fieldsOfLines(text: string): Set<string> {
  const fields = new Set<string>();
  for (const line of text.split('\n')) {
    if (!line.startsWith('{"level":')) continue;
    for (const name of Object.keys(JSON.parse(line))) fields.add(name);
  }
  return fields;
}
