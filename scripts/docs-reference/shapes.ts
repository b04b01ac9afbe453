/** Tables of what the interfaces of a source file have, with their comments as meanings. */
import { type Comment, parseSync, type TSInterfaceDeclaration, Visitor } from 'oxc-parser';
import { table } from './table.ts';

export interface Shape {
  readonly name: string;
  readonly comment: string;
  readonly fields: readonly ShapeField[];
}

export interface ShapeField {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
  readonly comment: string;
}

/** The exported interfaces of a file, by name. */
export function shapesOf(path: string, text: string): ReadonlyMap<string, Shape> {
  const { program, comments, errors } = parseSync(path, text);
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`);
  const before = (start: number) => commentBefore(text, comments, start);
  const shapes = new Map<string, Shape>();
  const visit = (node: TSInterfaceDeclaration, start: number) => {
    const fields = node.body.body.flatMap((member) => {
      if (member.type !== 'TSPropertySignature' || member.key.type !== 'Identifier') return [];
      const type = member.typeAnnotation?.typeAnnotation;
      const written = type === undefined ? 'unknown' : text.slice(type.start, type.end);
      const { optional, key } = member;
      return [{ name: key.name, type: plainType(written), optional, comment: before(member.start) }];
    });
    shapes.set(node.id.name, { name: node.id.name, comment: before(start), fields });
  };
  new Visitor({
    ExportNamedDeclaration: ({ declaration, start }) => {
      if (declaration?.type === 'TSInterfaceDeclaration') visit(declaration, start);
    },
  }).visit(program);
  return shapes;
}

export function shapeTable({ fields }: Shape): string {
  const rows = fields.map(({ name, type, optional, comment }) => [
    `\`${name}\``,
    `\`${type}\``,
    optional ? 'may be left out' : '',
    comment,
  ]);
  return table(['Key', 'Type', '', 'Meaning'], rows);
}

/** What a reader of JSON sees: nothing is read-only there, and an object is one. */
function plainType(type: string): string {
  const plain = type
    .replace(/\/\*\*[\s\S]*?\*\//g, '')
    .replaceAll('readonly ', '')
    .replace(/Readonly<(.*)>/g, '$1')
    .replace(/Record<string, (\w+)>/g, '{ [name]: $1 }')
    .replace(/\s+/g, ' ');
  return plain.replace(/; \}/g, ' }').replaceAll('; ', ', ');
}

function commentBefore(text: string, comments: readonly Comment[], start: number): string {
  const found = comments.findLast(({ end }) => end <= start);
  if (found === undefined || text.slice(found.end, start).trim() !== '') return '';
  return found.value
    .replace(/^\s*\*\s?/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}
