/** Gathers from the sources of the packages which errors they throw, by the literal `code` of each class. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Class, type Expression, parseSync, type TSType, Visitor } from 'oxc-parser';

export interface ErrorCode {
  /** Workspace that it is of, such as `gmq`. */
  readonly workspace: string;
  readonly code: string;
  /** Names of the classes that have it; none for an error that is given its code where it is made. */
  readonly classes: readonly string[];
}

export interface GatheredCodes {
  readonly codes: readonly ErrorCode[];
  /** Classes of errors without a literal code, a line each. */
  readonly problems: readonly string[];
}

/** What one file tells: its classes of errors, its types that may name codes, and codes given to errors in passing. */
export interface FileErrors {
  readonly path: string;
  readonly workspace: string;
  readonly classes: readonly ErrorClass[];
  readonly types: ReadonlyMap<string, TSType>;
  readonly assigned: readonly string[];
}

interface ErrorClass {
  readonly name: string;
  readonly base: string;
  /** Undefined: it has no property of that name, and so that of its base. */
  readonly code: TSType | Expression | undefined;
}

export function errorsOf(path: string, text: string): FileErrors {
  const { program, errors } = parseSync(path, text);
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`);
  const classes: ErrorClass[] = [];
  const types = new Map<string, TSType>();
  const assigned: string[] = [];
  const visitClass = (node: Class) => {
    if (node.superClass?.type !== 'Identifier') return;
    classes.push({ name: node.id?.name ?? '', base: node.superClass.name, code: codeOf(node) });
  };
  new Visitor({
    ClassDeclaration: visitClass,
    ClassExpression: visitClass,
    TSTypeAliasDeclaration: (node) => void types.set(node.id.name, node.typeAnnotation),
    CallExpression: ({ callee, arguments: [made, given] }) => {
      if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return;
      if (callee.property.name !== 'assign' || given?.type !== 'ObjectExpression') return;
      if (
        made?.type !== 'NewExpression' ||
        made.callee.type !== 'Identifier' ||
        !/Error$/.test(made.callee.name)
      )
        return;
      for (const property of given.properties) {
        if (
          property.type !== 'Property' ||
          property.key.type !== 'Identifier' ||
          property.key.name !== 'code'
        )
          continue;
        if (property.value.type === 'Literal') assigned.push(String(property.value.value));
      }
    },
  }).visit(program);
  return { path, workspace: path.split('/')[1] ?? '', classes, types, assigned };
}

function codeOf(node: Class): TSType | Expression | undefined {
  for (const member of node.body.body) {
    if (member.type !== 'PropertyDefinition' || member.key.type !== 'Identifier') continue;
    if (member.key.name === 'code') return member.value ?? member.typeAnnotation?.typeAnnotation;
  }
  return undefined;
}

export function gather(files: readonly FileErrors[]): GatheredCodes {
  const all = files.flatMap(({ classes }) => classes);
  const isError = (name: string): boolean =>
    name === 'Error' || all.some((one) => one.name === name && one.base !== name && isError(one.base));
  const found = new Map<string, { workspace: string; code: string; classes: Set<string> }>();
  const problems: string[] = [];
  const add = (workspace: string, code: string, name?: string) => {
    const entry = found.get(`${workspace} ${code}`) ?? { workspace, code, classes: new Set() };
    if (name !== undefined) entry.classes.add(name);
    found.set(`${workspace} ${code}`, entry);
  };
  for (const { path, workspace, classes, types, assigned } of files) {
    for (const code of assigned) add(workspace, code);
    for (const { name, base, code } of classes.filter((one) => isError(one.base))) {
      if (code === undefined && base !== 'Error') continue;
      const literals = code === undefined ? [] : literalsOf(code, (type) => types.get(type));
      if (literals.length === 0) problems.push(`${path}: the class ${name} has no literal code`);
      for (const literal of literals) add(workspace, literal, name);
    }
  }
  const codes = [...found.values()].map((entry) => ({ ...entry, classes: [...entry.classes] }));
  return { codes: codes.sort((a, b) => (key(a) < key(b) ? -1 : 1)), problems };
}

const key = ({ workspace, code }: { workspace: string; code: string }) => `${workspace} ${code}`;

/** The texts that a type or value may be. */
function literalsOf(node: TSType | Expression, typeNamed: (name: string) => TSType | undefined): string[] {
  if (node.type === 'Literal') return typeof node.value === 'string' ? [node.value] : [];
  if (node.type === 'TSLiteralType') return literalsOf(node.literal as Expression, typeNamed);
  if (node.type === 'TSUnionType') return node.types.flatMap((one) => literalsOf(one, typeNamed));
  if (node.type !== 'TSTypeReference' || node.typeName.type !== 'Identifier') return [];
  const named = typeNamed(node.typeName.name);
  return named === undefined ? [] : literalsOf(named, typeNamed);
}

/** The errors of everything that is delivered. */
export function gatherRepository(root: string): GatheredCodes {
  const paths = globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root })
    .filter((path) => !path.startsWith('packages/testkit/'))
    .sort();
  return gather(paths.map((path) => errorsOf(path, readFileSync(join(root, path), 'utf8'))));
}
