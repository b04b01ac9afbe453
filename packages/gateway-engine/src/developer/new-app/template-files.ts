import { type TemplateName, templateList } from './template-list.ts';
import templates from './templates.json' with { type: 'json' };

/** A file of a new application. */
export interface AppFile {
  /** Relative to the application's folder. */
  readonly path: string;
  readonly text: string;
  readonly executable: boolean;
}

const all: Readonly<Record<TemplateName, readonly AppFile[]>> = templates;

/** The files of an application of this name: those of the example, with its name in the place of the example's. */
export function templateFiles(template: TemplateName, name: string): AppFile[] {
  const { example } = templateList[template];
  return all[template].map(({ path, text, executable }) => ({
    path: path.replaceAll(example, name),
    text: text.replaceAll(example, name),
    executable,
  }));
}
