/** `npm start`: installs what is missing, then runs the demo in the foreground. */
import { join } from 'node:path';
import { main, runScript, setUp } from './run.mjs';
import { root } from './set-up.mjs';

await main('npm start', async () => {
  setUp();
  return runScript(join(root, 'demo', 'src', 'main.ts'), process.argv.slice(2));
});
