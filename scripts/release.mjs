/** `npm run release`: installs and builds what is missing, then makes the release packages. */
import { main, runScript, setUp } from './run.mjs';
import { installDebianPackages } from './set-up.mjs';

await main('npm run release', async () => {
  installDebianPackages([
    { package: 'dpkg', commands: ['dpkg-deb'], for: 'the .deb' },
    { package: 'xz-utils', commands: ['xz'], for: 'compression' },
  ]);
  setUp();
  return runScript('release/src/main.ts', process.argv.slice(2));
});
