import { join } from 'node:path';
import { formatTarballName, parseBuildFile, problemOfAppName } from '@gateway-engine/app-package';
import { UsageError } from '@gateway-engine/host';
import { Command, Option } from 'commander';
import { gweCommand } from '../../command-line/gwe-command.ts';
import { reservedNames } from '../../ota/reserved-names.ts';
import { engineApp } from '../../self-update/engine-steps.ts';
import { type AppFile, templateFiles } from './template-files.ts';
import { type TemplateName, templateList, templateNames } from './template-list.ts';
import { writeApp } from './write-app.ts';

interface NewOptions {
  readonly template: TemplateName;
  readonly folder?: string;
  readonly json?: true;
}

const width = Math.max(...templateNames.map((name) => name.length));
const help = `
Templates:
${templateNames.map((name) => `  ${name.padEnd(width)}  ${templateList[name].summary}`).join('\n')}

Examples:
  gwe new load-reporter                      a program in shell, in the new folder load-reporter
  gwe new pump-watch --template python
  gwe new meter --template modbus --folder apps/meter`;

const buildFile = 'gwe-buildfile.json';

/** `gwe new`: a folder with an application that can be built, to start from. */
export const newCommand = gweCommand((_layout, console) =>
  new Command('gwe new')
    .description('make a folder with a new application, which can be built as it is')
    .argument('<app>', 'name of the application')
    .addOption(
      new Option('-t, --template <name>', 'what it starts from').choices(templateNames).default('shell'),
    )
    .option('-f, --folder <dir>', 'the folder to make; one named as the application unless given')
    .option('--json', 'print what was made as JSON')
    .allowExcessArguments(false)
    .addHelpText('after', help)
    .action(async (name: string, { template, folder = name, json }: NewOptions) => {
      const problem = problemOfName(name);
      if (problem !== undefined) throw new UsageError(`${name}: ${problem}`);
      const files = templateFiles(template, name);
      await writeApp(folder, files);
      const next = nextCommands(folder, tarballOf(files));
      const paths = files.map(({ path }) => path);
      if (json) {
        return console.out(JSON.stringify({ app: name, template, folder, files: paths, next }, null, 2));
      }
      console.out(`${name} is in ${folder}, made from the template ${template}:`);
      for (const path of paths) console.out(`  ${join(folder, path)}`);
      console.out('Next:');
      for (const line of next) console.out(`  ${line}`);
      console.out('README.md there says what each file is for.');
    }),
);

function problemOfName(name: string): string | undefined {
  const problem = problemOfAppName(name);
  if (problem !== undefined) return problem;
  return reservedNames.has(name) || name === engineApp
    ? 'that is a part of Gateway Engine itself'
    : undefined;
}

function tarballOf(files: readonly AppFile[]): string {
  const text = files.find(({ path }) => path === buildFile)?.text ?? '';
  return formatTarballName(parseBuildFile(text, buildFile).buildFile);
}

function nextCommands(folder: string, tarball: string): string[] {
  return [
    `cd ${/^[\w./-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", `'\\''`)}'`}`,
    `gwe --build-app ${buildFile}`,
    `gwe publish --product PRODUCT ${tarball}`,
    `gwe-platform deploy PRODUCT SERIAL ${tarball}`,
  ];
}
